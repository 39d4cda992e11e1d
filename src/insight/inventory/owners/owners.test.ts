import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenExchange } from '../../../../test/support/seen-exchange.ts'
import type { Span } from '../../model/span.ts'
import { Inventory } from '../inventory.ts'
import { readKubernetes } from './kubernetes.ts'
import { OwnerDirectory } from './owner-directory.ts'
import { addressOf, nobody, type Placement } from './placement.ts'
import { ownerOfSpiffe } from './self-told.ts'

const at = (time: string): number => Date.parse(`2026-01-05T${time}Z`)

const hour = (i: number): string => String(8 + i).padStart(2, '0')

interface PodSketch {
  readonly uid: string
  readonly ip: string
  readonly from: string
  readonly to?: string
  readonly replicaSet: string
  readonly spec?: object
  readonly labels?: object
}

function pod({ uid, ip, from, to, replicaSet, spec = {}, labels = {} }: PodSketch): object {
  return {
    kind: 'Pod',
    metadata: {
      name: `${replicaSet}-${uid}`,
      namespace: 'shop',
      uid,
      labels: { app: 'orders', 'pod-template-hash': replicaSet.split('-').at(-1), ...labels },
      ownerReferences: [{ kind: 'ReplicaSet', name: replicaSet, controller: true }],
      ...(to === undefined ? {} : { deletionTimestamp: `2026-01-05T${to}Z` }),
    },
    spec,
    status: { startTime: `2026-01-05T${from}Z`, podIP: ip, podIPs: [{ ip }, { ip: 'fd00::1' }] },
  }
}

const others = [
  {
    kind: 'ReplicaSet',
    metadata: {
      name: 'orders-a1',
      namespace: 'shop',
      ownerReferences: [{ kind: 'Deployment', name: 'orders', controller: true }],
    },
  },
  {
    kind: 'Deployment',
    metadata: { name: 'orders', namespace: 'shop', annotations: { 'a8r.io/owner': 'team-orders' } },
  },
  {
    kind: 'Service',
    metadata: { name: 'orders-api', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.1', selector: { app: 'orders' } },
  },
  {
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { tenant: 'retail', 'app.kubernetes.io/part-of': 'storefront' } },
  },
]

function placements(objects: readonly object[]) {
  const read = readKubernetes(JSON.stringify({ kind: 'List', items: objects }), 'test')
  assert.ok('placements' in read, JSON.stringify(read))
  return read.placements
}

test('a pod is followed over its workload and service to application, tenant and contact', () => {
  const directory = new OwnerDirectory()
  for (const placement of placements([
    pod({ uid: 'x', ip: '10.0.0.5', from: '08:00:00', replicaSet: 'orders-a1' }),
    ...others,
  ]))
    directory.place(placement)
  const owner = {
    pod: 'orders-a1-x',
    workload: 'Deployment/orders',
    service: 'orders-api',
    application: 'storefront',
    tenant: 'retail',
    contact: 'team-orders',
    source: 'kubernetes',
  }
  assert.deepEqual(directory.ownerAt('10.0.0.5', at('09:00:00')), owner)
  assert.deepEqual(directory.ownerAt('fd00::1', at('09:00:00')), owner)
  assert.equal(directory.ownerAt('10.0.0.5', at('07:59:59')), null)
  const any = { ...owner, pod: null, workload: null, contact: null }
  assert.deepEqual(directory.ownerAt('10.96.0.1', at('09:00:00')), any)
  assert.deepEqual(directory.ownerAt('orders-api.shop.svc.cluster.local', at('09:00:00')), any)
})

test('a scenario is in force while a pod is there that names it, or whose workload or namespace does', () => {
  const label = { 'portcullis.io/scenario': 'rollout' }
  const times = (objects: readonly object[]) => {
    const directory = new OwnerDirectory()
    for (const placement of placements(objects)) directory.place(placement)
    const kept = new OwnerDirectory()
    for (const [key, row] of directory.changes()) kept.restore(key, row)
    return ['08:30:00', '09:30:00', '10:30:00'].map(time => {
      const names = [...directory.scenariosAt(at(time))]
      assert.deepEqual([...kept.scenariosAt(at(time))], names, 'over a restart')
      return names
    })
  }
  const one = { uid: 'x', ip: '10.0.0.5', from: '09:00:00', to: '10:00:00', replicaSet: 'orders-a1' }
  assert.deepEqual(times([pod({ ...one, labels: label }), ...others]), [[], ['rollout'], []])
  assert.deepEqual(times([pod(one), ...others]), [[], [], []])
  for (const kind of ['Deployment', 'Namespace']) {
    const marked = others.map(object =>
      object.kind === kind ? { ...object, metadata: { ...object.metadata, labels: label } } : object,
    )
    assert.deepEqual(times([pod(one), ...marked]), [[], ['rollout'], []], kind)
  }
})

test('an address that is used again belongs to whoever had it then, over three roll-outs', () => {
  const inventory = new Inventory()
  const pods = ['a1', 'b2', 'c3'].map((hash, i) =>
    pod({
      uid: String(i),
      ip: '10.0.0.5',
      from: `${hour(i)}:00:00`,
      to: `${hour(i)}:55:00`,
      replicaSet: `orders-${hash}`,
    }),
  )
  const stranger = pod({
    uid: '9',
    ip: '10.0.0.5',
    from: '11:00:00',
    replicaSet: 'billing-d4',
    labels: { app: 'billing' },
  })
  inventory.place(placements([...pods, stranger, ...others]))
  for (let minute = 0; minute < 230; minute++) inventory.take(seenExchange('GET', '/orders', minute * 60))
  assert.deepEqual(
    inventory.tenures('shop').map(tenure => [tenure.owner.pod, tenure.owner.workload, tenure.from.slice(11, 16)]),
    [
      ['orders-a1-0', 'Deployment/orders', '08:00'],
      ['orders-b2-1', 'Deployment/orders', '09:00'],
      ['orders-c3-2', 'Deployment/orders', '10:00'],
      ['billing-d4-9', 'Deployment/billing', '11:00'],
    ],
  )
  for (const [i, hash] of ['a1', 'b2', 'c3'].entries())
    assert.equal(inventory.owners.ownerAt('10.0.0.5', at(`${hour(i)}:30:00`))?.pod, `orders-${hash}-${i}`)
  // Between two pods it was nobody's.
  assert.equal(inventory.owners.ownerAt('10.0.0.5', at('08:57:00')), null)
  const [operation] = inventory.operations()
  assert.equal(operation?.owner?.pod, 'billing-d4-9')
})

test('pods on the network of their host have no address of their own', () => {
  const objects = [
    pod({ uid: 'x', ip: '10.0.0.5', from: '08:00:00', replicaSet: 'agent-1', spec: { hostNetwork: true } }),
  ]
  assert.deepEqual(readKubernetes(JSON.stringify({ items: objects }), 'test'), {
    issues: ['test: holds no pod or service with an address (expected a List of Kubernetes objects)'],
  })
})

test('objects that lie or are broken are nobody, and end nothing', () => {
  assert.ok('issues' in readKubernetes('{', 'test'))
  assert.ok('issues' in readKubernetes('[1, null, {"kind": 7}]', 'test'))
  const odd = [
    { kind: 'Pod', metadata: null },
    {
      kind: 'Pod',
      metadata: { name: 'x', labels: [], ownerReferences: 'me' },
      status: { podIP: '10.0.0.7', startTime: 'soon' },
    },
    { kind: 'Service', metadata: { name: 's' }, spec: { selector: {} } },
    {
      kind: 'Pod',
      metadata: JSON.parse('{"name":"p","labels":{"__proto__":{"tenant":"x"}}}'),
      status: { podIP: '10.0.0.8' },
    },
  ]
  const read = placements(odd)
  const [first] = read.filter(placement => placement.address === '10.0.0.7')
  assert.deepEqual(first?.owner, { ...nobody, pod: 'x', application: 'default' })
  assert.equal(read.find(placement => placement.address === '10.0.0.8')?.owner.tenant, null)
})

test('what is configured outweighs the cluster, that spans, that a certificate; field by field', () => {
  const directory = new OwnerDirectory()
  directory.seen('10.0.0.5', at('08:00:00'), { ...nobody, service: 'by-certificate', application: 'cert' }, 'mtls')
  directory.seen('10.0.0.5', at('08:00:00'), { ...nobody, pod: 'by-span', service: 'by-span' }, 'span')
  directory.ofService('orders', { ...nobody, application: 'written' }, 'configuration')
  assert.deepEqual(directory.ownerOf('orders', '10.0.0.5', at('09:00:00')), {
    ...nobody,
    pod: 'by-span',
    service: 'by-span',
    application: 'written',
    source: 'configuration, span',
  })
  directory.forget('configuration')
  assert.equal(directory.ownerOf('orders', '10.0.0.5', at('09:00:00'))?.application, 'cert')
  assert.equal(directory.ownerOf('orders', null, at('09:00:00')), null)
})

test('identities that show themselves begin a placement only when they change, in any order', () => {
  const directory = new OwnerDirectory()
  const one = { ...nobody, pod: 'one' }
  const two = { ...nobody, pod: 'two' }
  for (const [time, owner] of [
    ['09:00:00', two],
    ['08:30:00', one],
    ['09:30:00', two],
    ['08:00:00', one],
    ['08:45:00', two],
  ] as const)
    directory.seen('10.0.0.5', at(time), owner, 'span')
  assert.deepEqual(directory.takeovers('10.0.0.5', 0, at('12:00:00')), [at('08:00:00'), at('08:45:00')])
  assert.equal(directory.ownerAt('10.0.0.5', at('08:40:00'))?.pod, 'one')
  assert.equal(directory.ownerAt('10.0.0.5', at('08:50:00'))?.pod, 'two')
})

test('a flood of addresses and of takeovers is bounded and counted', () => {
  const directory = new OwnerDirectory()
  for (let i = 0; i < 21_000; i++)
    directory.seen(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i, { ...nobody, pod: 'p' }, 'span')
  assert.equal(directory.dropped, 1000)
  for (let i = 0; i < 100; i++) directory.seen('10.0.0.0', i + 1, { ...nobody, pod: `p${i}` }, 'span')
  assert.ok(directory.takeovers('10.0.0.0', -1, 1e9).length <= 64)
})

test('owners come from spans and from the certificates of callers', () => {
  const inventory = new Inventory()
  const span: Span = {
    traceId: 't',
    spanId: 's',
    parentId: null,
    service: 'shop',
    name: 'GET',
    kind: 'server',
    startUs: at('08:00:00') * 1000,
    durationUs: 1,
    error: false,
    resource: { 'k8s.pod.name': 'shop-1', 'k8s.deployment.name': 'shop', 'service.namespace': 'storefront' },
    attributes: {},
  }
  inventory.takeSpan(span)
  const spiffe = 'spiffe://cluster.local/ns/billing/sa/invoices'
  inventory.take(
    seenExchange('GET', '/orders', 0, {
      event: { client: '10.0.0.77', principal: { subject: spiffe, method: 'mtls', issuer: 'ca' } },
    }),
  )
  const [operation] = inventory.operations()
  assert.deepEqual(operation?.owner, {
    ...nobody,
    pod: 'shop-1',
    workload: 'Deployment/shop',
    service: 'shop',
    application: 'storefront',
    source: 'span',
  })
  assert.equal(inventory.owners.ownerAt('10.0.0.77', at('09:00:00'))?.service, 'invoices')
  const rows = [...inventory.changes()].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))
  assert.deepEqual(
    rows.map(([key]) => key).filter(key => key.startsWith('owner/')),
    ['owner/service/shop', 'owner/address/10.0.0.77'],
  )
  inventory.takeSpan(span)
  assert.deepEqual([...inventory.changes()], [], 'what was known is not written again')
  const again = new Inventory()
  again.restore([...rows, ['owner/service/x', '[{"source":"configuration","owner":{}}]'], ['owner/pod/x', '[]']])
  assert.equal(again.lost, 2)
  assert.deepEqual(again.operations(), inventory.operations())
  assert.equal(again.owners.ownerAt('10.0.0.77', at('09:00:00'))?.service, 'invoices')
  assert.deepEqual([...again.changes()], [])
  for (const wrong of ['spiffe://x/ns/a', 'https://x/ns/a/sa/b', `spiffe://x/ns/${'a'.repeat(300)}/sa/b`])
    assert.equal(ownerOfSpiffe(wrong), null)
})

test('targets are read as addresses or names', () => {
  const cases = {
    'http://10.0.0.5:8080': '10.0.0.5',
    'https://Orders.shop.svc/': 'orders.shop.svc',
    '10.0.0.5:8080': '10.0.0.5',
    'http://[2001:DB8::1]:80': '2001:db8::1',
    '2001:db8::1': '2001:db8::1',
    'unix:/run/app.sock': 'unix:/run/app.sock',
  }
  for (const [target, address] of Object.entries(cases)) assert.equal(addressOf(target), address)
})

test('a workload that calls from this machine is not the owner of every service on it', () => {
  const owners = new OwnerDirectory()
  const payments = { ...nobody, service: 'payments', application: 'fulfilment' }
  for (const address of ['127.0.0.1', '::1', 'localhost', '10.0.0.5']) owners.seen(address, 1000, payments, 'mtls')
  assert.equal(owners.ownerOf('shop', '127.0.0.1', 2000), null)
  assert.equal(owners.ownerAt('::1', 2000), null)
  assert.equal(owners.ownerAt('10.0.0.5', 2000)?.service, 'payments')
})

test('what a cluster said outlives the process, addresses that were given back make room, and nothing is written twice', () => {
  const placed = (address: string, pod: string, fromMs: number, toMs: number | null = null): Placement => ({
    address,
    fromMs,
    toMs,
    owner: { ...nobody, pod, tenant: 'retail' },
    source: 'kubernetes',
  })
  const first = new OwnerDirectory()
  const all = [placed('10.0.0.1', 'a', 1000), placed('10.0.0.2', 'b', 1000, 5000)]
  first.placeAll('kubernetes', all, 2000)
  const rows = first.changes()
  assert.equal(rows.length, 2)
  first.placeAll('kubernetes', all, 3000)
  assert.deepEqual(first.changes(), [], 'the same said again is no change')

  const second = new OwnerDirectory()
  for (const [key, row] of rows) second.restore(key, row)
  assert.equal(second.ownerAt('10.0.0.2', 4000)?.pod, 'b')
  // Gone while this process was away.
  second.placeAll('kubernetes', [placed('10.0.0.1', 'c', 8000)], 9000)
  assert.equal(second.ownerAt('10.0.0.1', 7999)?.pod, 'a')
  assert.equal(second.ownerAt('10.0.0.1', 9500)?.pod, 'c')

  const full = new OwnerDirectory()
  for (let i = 0; i < 20_000; i++)
    full.place(placed(`10.1.${i >> 8}.${i & 255}`, `p${i}`, 0, i === 7000 ? 10 : i === 7 ? 20 : null))
  full.changes()
  full.place(placed('10.9.9.9', 'new', 30))
  assert.equal(full.ownerAt('10.9.9.9', 31)?.pod, 'new')
  assert.equal(full.ownerAt('10.1.27.88', 5), null, 'the one that was given back first is forgotten')
  assert.equal(full.ownerAt('10.1.0.7', 5)?.pod, 'p7')
  assert.deepEqual(
    full.changes().map(([key, row]) => [key, row.length]),
    [
      ['address/10.1.27.88', 0],
      ['address/10.9.9.9', 1],
    ],
  )
  full.place(placed('10.9.9.10', 'another', 30))
  full.place(placed('10.9.9.11', 'no room', 30))
  assert.equal(full.ownerAt('10.9.9.11', 31), null)
  assert.equal(full.dropped, 1)
})
