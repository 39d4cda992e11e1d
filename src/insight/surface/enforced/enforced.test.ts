import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { parseTarget } from '../../../config/address.ts'
import type { Target } from '../../../config/types.ts'
import { worldOf, type Made, type Who } from '../../../../test/support/surface-world.ts'
import { probeBypass } from './bypass-probe.ts'
import { enforcedAt } from './enforced-at.ts'
import { readEnforcement } from './read-enforcement.ts'

function target(url: string): Target {
  const parsed = parseTarget(url)
  assert.ok(typeof parsed !== 'string', String(parsed))
  return parsed
}

function observed(text: string | object, url: string, address: string | null = null) {
  const read = readEnforcement([{ file: 'f', address, text: typeof text === 'string' ? text : JSON.stringify(text) }])
  assert.ok('observers' in read, JSON.stringify(read))
  return read.observers.map(observe => observe(target(url))).find(one => one !== null) ?? null
}

const pod = (name: string, labels: Record<string, string>, ip: string) => ({
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }] },
  status: { podIP: ip },
})
const service = {
  kind: 'Service',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.7', selector: { app: 'orders' }, ports: [{ port: 80, targetPort: 'http' }] },
}
const orders = pod('orders-1', { app: 'orders' }, '10.1.0.4')
const policy = (spec: object) => ({
  kind: 'NetworkPolicy',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'orders' } }, policyTypes: ['Ingress'], ...spec },
})
const fromGateway = { from: [{ podSelector: { matchLabels: { app: 'portcullis' } } }], ports: [{ port: 'http' }] }
const other = {
  ...policy({ podSelector: { matchLabels: { app: 'other' } } }),
  metadata: { name: 'other', namespace: 'shop' },
}
const list = (...items: object[]) => ({ kind: 'List', items: [service, orders, ...items] })

describe('NetworkPolicy', () => {
  const cases: ReadonlyArray<readonly [name: string, object, reach: string, sources?: string]> = [
    ['none at all: nothing is known', list(), 'unknown'],
    ['for another pod: everybody', list({ ...policy({ podSelector: { matchLabels: { app: 'x' } } }) }), 'open'],
    ['of another namespace: everybody', list({ ...policy({}), metadata: { name: 'x', namespace: 'other' } }), 'open'],
    ['for egress only: everybody', list(policy({ policyTypes: ['Egress'] })), 'open'],
    ['without rules: nobody', list(policy({})), 'closed'],
    ['from the gateway', list(policy({ ingress: [fromGateway] })), 'limited', 'pods app=portcullis of namespace shop'],
    ['a rule without from: everybody', list(policy({ ingress: [{ ports: [{ port: 8080 }] }] })), 'open'],
    ['an empty rule: everybody', list(policy({ ingress: [{}] })), 'open'],
    ['another port: nobody', list(policy({ ingress: [{ ...fromGateway, ports: [{ port: 9090 }] }] })), 'closed'],
    [
      'a range of ports',
      list(policy({ ingress: [{ ...fromGateway, ports: [{ port: 8000, endPort: 9000 }] }] })),
      'limited',
    ],
    ['UDP alone: nobody', list(policy({ ingress: [{ ports: [{ port: 8080, protocol: 'UDP' }] }] })), 'closed'],
    ['every namespace: everybody', list(policy({ ingress: [{ from: [{ namespaceSelector: {} }] }] })), 'open'],
    ['all addresses: everybody', list(policy({ ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] })), 'open'],
    [
      'a second policy opens what the first one closes',
      list(policy({}), { ...policy({ ingress: [{}] }), metadata: { name: 'wide', namespace: 'shop' } }),
      'open',
    ],
    ['a selector that cannot be read does not hide a hole', list(policy({ podSelector: 7, ingress: [{}] })), 'open'],
  ]
  for (const [name, objects, reach, sources] of cases)
    it(name, () => {
      for (const url of ['http://orders.shop.svc.cluster.local:80', 'http://10.96.0.7', 'http://10.1.0.4:8080']) {
        const found = observed(objects, url)
        assert.equal(found?.reach, reach, url)
        if (sources !== undefined) assert.deepEqual(found?.sources, [sources])
      }
    })

  it('says nothing of targets that are not of the cluster', () => {
    assert.equal(observed(list(), 'http://192.0.2.1:80'), null)
  })

  it('reads YAML of several documents, and says what it cannot read', () => {
    const yaml = `${JSON.stringify(service)}\n---\n${JSON.stringify(orders)}\n---\n${JSON.stringify(policy({}))}\n`
    assert.equal(observed(yaml, 'http://10.1.0.4:8080')?.reach, 'closed')
    for (const text of ['', '{}', '[1]', 'a: [', '{"items":[null,7,{"kind":"Pod"}]}'])
      assert.ok('issues' in readEnforcement([{ file: 'f', address: null, text }]), text)
  })
})

describe('nftables', () => {
  const port = (value: unknown) => ({
    match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: value },
  })
  const from = (value: unknown, op = '==') => ({
    match: { op, left: { payload: { protocol: 'ip', field: 'saddr' } }, right: value },
  })
  const iif = (value: unknown) => ({ match: { op: '==', left: { meta: { key: 'iifname' } }, right: value } })
  const state = (value: unknown) => ({ match: { op: 'in', left: { ct: { key: 'state' } }, right: value } })
  const accept = { accept: null }
  const drop = { drop: null }
  const chain = (name: string, base: object) => ({ chain: { family: 'inet', table: 't', name, ...base } })
  const rule = (chainName: string, ...expr: object[]) => ({
    rule: { family: 'inet', table: 't', chain: chainName, expr },
  })
  const input = (policyWord: string) => chain('input', { type: 'filter', hook: 'input', prio: 0, policy: policyWord })
  const own = [rule('input', iif('lo'), accept), rule('input', state(['established', 'related']), accept)]
  const gateway = rule('input', from('10.0.0.1'), port(8443), accept)
  const cases: ReadonlyArray<readonly [name: string, items: object[], reach: string, sources?: string[]]> = [
    ['no chain at the input hook: everybody', [chain('x', {})], 'open'],
    ['policy accept: everybody', [input('accept'), ...own], 'open'],
    ['policy drop: nobody', [input('drop'), ...own], 'closed'],
    ['the gateway alone', [input('drop'), ...own, gateway], 'limited', ['10.0.0.1']],
    ['the port for everybody', [input('drop'), ...own, rule('input', port(8443), accept)], 'open'],
    ['ports in a set', [input('drop'), rule('input', port({ set: [22, 8443] }), accept)], 'open'],
    ['ports in a range', [input('drop'), rule('input', port({ set: [{ range: [8000, 9000] }] }), accept)], 'open'],
    ['another port', [input('drop'), rule('input', port(22), accept)], 'closed'],
    [
      'every address written out',
      [input('drop'), rule('input', from({ prefix: { addr: '0.0.0.0', len: 0 } }), accept)],
      'open',
    ],
    [
      'accepted from the gateway, then dropped',
      [input('accept'), gateway, rule('input', port(8443), drop)],
      'limited',
      ['10.0.0.1'],
    ],
    ['dropped only from some: the others may', [input('accept'), rule('input', from('203.0.113.9'), drop)], 'open'],
    [
      'a drop behind a condition is not relied on',
      [input('accept'), rule('input', port(8443), { limit: {} }, drop)],
      'open',
    ],
    ['by an interface', [input('drop'), rule('input', iif('wg0'), accept)], 'limited', ['whoever comes by wg0']],
    [
      'by a named set',
      [
        { set: { family: 'inet', table: 't', name: 'good', elem: [{ prefix: { addr: '10.9.0.0', len: 24 } }] } },
        input('drop'),
        rule('input', from('@good'), port(8443), accept),
      ],
      'limited',
      ['10.9.0.0/24'],
    ],
    [
      'in a chain that is jumped to',
      [
        input('drop'),
        chain('api', {}),
        rule('input', { jump: { target: 'api' } }),
        rule('api', from('10.0.0.1'), accept),
      ],
      'limited',
      ['10.0.0.1'],
    ],
    [
      'two chains: the strict one decides',
      [input('accept'), chain('second', { type: 'filter', hook: 'input', prio: 10, policy: 'drop' })],
      'closed',
    ],
  ]
  for (const [name, items, reach, sources] of cases)
    it(name, () => {
      const found = observed({ nftables: [{ metainfo: {} }, ...items] }, 'https://10.0.0.5:8443')
      assert.equal(found?.reach, reach)
      if (sources !== undefined) assert.deepEqual(found?.sources, sources)
    })

  it('is of one machine when an address is given', () => {
    const closed = { nftables: [input('drop')] }
    assert.equal(observed(closed, 'https://10.0.0.5:8443', '10.0.0.5')?.reach, 'closed')
    assert.equal(observed(closed, 'https://10.0.0.6:8443', '10.0.0.5'), null)
  })

  it('ends on chains that jump in circles, and on what is no ruleset', () => {
    const circle = [
      input('drop'),
      chain('a', {}),
      rule('input', { jump: { target: 'a' } }),
      rule('a', { jump: { target: 'a' } }),
      rule('a', { jump: { target: 'a' } }),
    ]
    assert.equal(observed({ nftables: circle }, 'https://10.0.0.5:8443')?.reach, 'closed')
    observed({ nftables: [null, 7, { rule: { expr: [null, { match: 7 }] } }, { chain: {} }] }, 'https://10.0.0.5:8443')
  })
})

const caller = (name: string): Who => ({
  method: 'mtls',
  issuer: 'CN=Mesh',
  subject: `spiffe://cluster.local/ns/shop/sa/${name}`,
})
const mtls = { use: 'mtls', with: { allow: [{ spiffe: 'spiffe://cluster.local/**' }] } }

function configuration(url: string) {
  return {
    version: 1,
    listeners: [{ name: 'mesh', address: '127.0.0.1:8443' }],
    services: { shop: { targets: [url] } },
    routes: [{ name: 'orders', match: { path: '/orders/**' }, service: 'shop', policies: [mtls] }],
  }
}

async function enforcedIn(url: string, made: readonly Made[], objects: object[]) {
  const { before, surface } = await worldOf(configuration(url), made)
  const read = readEnforcement([{ file: 'f', address: null, text: JSON.stringify(list(...objects)) }])
  assert.ok('observers' in read)
  const found = enforcedAt({ config: before.config, surface, ...read, probed: [] })
  return {
    ...found,
    of: (name: string, operation: string) => {
      const row = found.list.find(one => one.caller.endsWith(`/${name}`) && one.operation === `shop ${operation}`)
      return row === undefined ? null : `${row.through}/${row.around}`
    },
  }
}

describe('enforced at', () => {
  const made: Made[] = [
    { who: caller('carts'), call: 'GET /orders/{}' },
    { who: caller('carts'), call: 'POST /orders' },
    { who: caller('search'), call: 'GET /orders/{}' },
    { who: caller('search'), call: 'POST /orders', status: 403 },
    { who: caller('mail'), call: 'GET /orders/{}' },
  ]
  const allow = (rules: object[]) => ({
    kind: 'AuthorizationPolicy',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'orders' } }, rules },
  })

  it('tells the application from nobody, and a way around is critical', async () => {
    const { of, findings } = await enforcedIn('http://10.1.0.4:8080', made, [other])
    assert.equal(of('search', 'POST /orders'), 'application/application')
    assert.equal(of('mail', 'POST /orders'), 'nobody/nobody')
    assert.deepEqual(
      findings.map(({ rule, severity, subject }) => [rule, severity, subject]),
      [['gateway-bypass', 'critical', 'service shop']],
    )
  })

  it('the network closes the way around', async () => {
    const { of, findings } = await enforcedIn('http://10.1.0.4:8080', made, [policy({ ingress: [fromGateway] })])
    assert.equal(of('mail', 'POST /orders'), 'nobody/network')
    assert.deepEqual(findings, [])
  })

  it('a sidecar stops by name and method', async () => {
    const rules = [
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/carts'] } }] },
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/*'] } }], to: [{ operation: { methods: ['GET'] } }] },
    ]
    const { of } = await enforcedIn('http://10.1.0.4:8080', made, [other, allow(rules)])
    assert.equal(of('mail', 'POST /orders'), 'nobody/sidecar')
    assert.equal(of('mail', 'GET /orders/{id}'), 'nobody/nobody')
    assert.equal(of('carts', 'POST /orders'), 'nobody/nobody')
  })

  it('a sidecar whose policy asks what is not known is not relied on', async () => {
    const rules = [{ from: [{ source: { principals: ['*'] } }], when: [{ key: 'request.headers[x]', values: ['1'] }] }]
    const { of } = await enforcedIn('http://10.1.0.4:8080', made, [other, allow(rules)])
    assert.equal(of('mail', 'POST /orders'), 'nobody/nobody')
  })
})

describe('the probe', () => {
  it('finds a service that answers around the gateway, and one that does not', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
      response.writeHead(401).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    const { before, surface } = await worldOf(configuration(url), [{ who: caller('carts'), call: 'GET /orders/{}' }])
    const pauses: number[] = []
    const options = { wait: async (ms: number) => void pauses.push(ms) }
    const probed = await probeBypass(before.config, options)
    assert.deepEqual(seen, ['HEAD / -'])
    assert.equal(probed[0]?.status, 401)
    server.close()
    server.closeAllConnections()
    const [gone] = await probeBypass(before.config, options)
    assert.equal(gone?.status, null)
    assert.equal(gone?.connected, false)
    // Loopback answers to programs of this machine alone: that is no way around for others.
    const local = enforcedAt({ config: before.config, surface, cluster: null, observers: [], probed })
    assert.equal(local.targets[0]?.reach, 'limited')
    const remote = {
      ...before.config,
      services: before.config.services.map(one => ({ ...one, targets: [{ ...target('http://10.0.0.5'), url }] })),
    }
    const open = enforcedAt({ config: remote, surface, cluster: null, observers: [], probed })
    assert.equal(open.findings[0]?.severity, 'critical')
    assert.equal(open.findings[0]?.confidence, 1)
  })

  it('pauses between tries, and makes no more than it may', async () => {
    const urls = Array.from({ length: 5 }, (_, i) => `http://127.0.0.1:${i + 1}`)
    const { before } = await worldOf(
      { ...configuration('http://127.0.0.1:1'), services: { shop: { targets: urls } } },
      [],
    )
    const pauses: number[] = []
    const probed = await probeBypass(before.config, {
      triesMax: 3,
      pauseMs: 250,
      wait: async ms => void pauses.push(ms),
    })
    assert.equal(probed.length, 3)
    assert.deepEqual(pauses, [250, 250])
  })
})
