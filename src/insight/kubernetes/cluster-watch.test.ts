import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { createAuthority } from '../../../test/support/certificates.ts'
import { type KubernetesApi, startKubernetesApi } from '../../../test/support/kubernetes-api.ts'
import { until } from '../../../test/support/until.ts'
import { Inventory } from '../inventory/inventory.ts'
import { type ClusterWatch, watchCluster } from './cluster-watch.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-cluster-'))
const authority = createAuthority()
const certificate = authority.issue({ san: 'IP:127.0.0.1' })
after(() => {
  authority.close()
  rmSync(folder, { recursive: true })
})
const caFile = path.join(folder, 'ca.crt')
const tokenFile = path.join(folder, 'token')
writeFileSync(caFile, authority.certificate)

const pods = '/api/v1/pods'
const start = Date.parse('2026-03-01T10:00:00Z')
const at = (minutes: number): string => new Date(start + minutes * 60_000).toISOString()

function pod(name: string, ip: string, minutes: number, more: object = {}) {
  return {
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { app: 'orders' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'orders-7f9c', controller: true }],
      ...more,
    },
    spec: {},
    status: { podIP: ip, startTime: at(minutes), phase: 'Running' },
  }
}

interface World extends AsyncDisposable {
  readonly api: KubernetesApi
  readonly inventory: Inventory
  readonly lines: string[]
  watch: ClusterWatch
  nowMinutes: number
  /** Who has the address at that minute, once it is as expected. */
  owner(address: string, minutes: number, expected: string | null): Promise<void>
}

async function world(more: { namespaces?: string[]; forbidden?: string[]; ca?: string } = {}): Promise<World> {
  writeFileSync(tokenFile, 'first\n')
  const api = await startKubernetesApi(certificate, 'first')
  for (const one of more.forbidden ?? []) api.forbidden.add(one)
  const group = more.namespaces === undefined ? '' : `/namespaces/${more.namespaces[0]}`
  api.put('/api/v1/namespaces', { kind: 'Namespace', metadata: { name: 'shop', labels: { tenant: 'retail' } } })
  api.put(`/apis/apps/v1${group}/deployments`, {
    kind: 'Deployment',
    metadata: { name: 'orders', namespace: 'shop', annotations: { 'a8r.io/owner': 'orders-team' } },
  })
  api.put(`/apis/apps/v1${group}/replicasets`, {
    kind: 'ReplicaSet',
    metadata: {
      name: 'orders-7f9c',
      namespace: 'shop',
      ownerReferences: [{ kind: 'Deployment', name: 'orders', controller: true }],
    },
  })
  api.put(`/api/v1${group}/services`, {
    kind: 'Service',
    metadata: { name: 'orders-api', namespace: 'shop', creationTimestamp: at(0) },
    spec: { selector: { app: 'orders' }, clusterIP: '10.96.0.7' },
  })
  for (let i = 0; i < 5; i++) api.put(`/api/v1${group}/pods`, pod(`orders-${i}`, `10.0.0.${i}`, 0))
  const inventory = new Inventory()
  const lines: string[] = []
  const write = (message: string): void => void lines.push(message)
  const here: World = {
    api,
    inventory,
    lines,
    nowMinutes: 0,
    watch: watchCluster(
      { server: api.url, tokenFile, caFile: more.ca ?? caFile, namespaces: more.namespaces ?? [] },
      (placements, now) => inventory.placeCluster(placements, now),
      {
        clock: { now: () => start + here.nowMinutes * 60_000, monotonic: () => performance.now() },
        log: { info: write, warn: write, error: write },
      },
    ),
    async owner(address, minutes, expected) {
      let last: string | null = null
      await until(`${address} is ${expected}`, 30_000, () => {
        const owner = inventory.owners.ownerAt(address, start + minutes * 60_000)
        last =
          owner === null
            ? null
            : [owner.tenant, owner.application, owner.service, owner.workload, owner.pod, owner.contact].join(' ')
        return last === expected
      }).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; it is ${last}; ${lines.join('; ')}`)
      })
    },
    async [Symbol.asyncDispose]() {
      await here.watch.close()
      await api.close()
    },
  }
  return here
}

const orders = (name: string): string => `retail shop orders-api Deployment/orders ${name} orders-team`

describe('owners from the API server of a cluster', () => {
  it('are told whole, over pages, and follow what comes, changes and goes, by time', async () => {
    await using here = await world()
    const { api } = here
    await here.owner('10.0.0.4', 1, orders('orders-4'))
    await here.owner('10.96.0.7', 1, 'retail shop orders-api   ')
    await until('all kinds are watched', 30_000, () => here.watch.status().listed === 8 && api.watching(pods) === 1)

    // A roll-out: the address goes on to another pod, and belongs to whoever had it then.
    here.nowMinutes = 30
    api.delete(pods, 'shop/orders-4', { metadata: { deletionTimestamp: at(20) } })
    await here.owner('10.0.0.4', 25, null)
    api.put(pods, pod('orders-new', '10.0.0.4', 40))
    await here.owner('10.0.0.4', 45, orders('orders-new'))
    await here.owner('10.0.0.4', 10, orders('orders-4'))
    await here.owner('10.0.0.4', 25, null)

    // A change of the namespace is one of all its pods.
    api.put('/api/v1/namespaces', { kind: 'Namespace', metadata: { name: 'shop', labels: { tenant: 'wholesale' } } })
    await here.owner('10.0.0.1', 1, orders('orders-1').replace('retail', 'wholesale'))
    assert.ok(
      here.api.requests.every(line => line.startsWith('GET ')),
      'reads only',
    )
    assert.ok(here.api.requests.some(line => /continue=/.test(line)))
    assert.ok(here.api.requests.some(line => /watch=1&allowWatchBookmarks=true&resourceVersion=\d+/.test(line)))
  })

  it('go on from a bookmark when a watch ends, and are listed again when the server has forgotten (410)', async () => {
    await using here = await world()
    const { api } = here
    await until('pods are watched', 30_000, () => api.watching(pods) === 1)
    await here.owner('10.0.0.1', 1, orders('orders-1'))
    const lists = (): number =>
      api.requests.filter(line => line.startsWith(`GET ${pods}?limit`) && !line.includes('continue=')).length
    api.bookmark()
    const marked = new Set(api.requests)
    api.endWatches()
    const watches = (): string[] => api.requests.filter(line => line.startsWith(`GET ${pods}?watch`))
    await until('pods are watched again', 30_000, () => watches().length === 2)
    assert.ok(!marked.has(watches()[1] as string), 'from the version of the bookmark')
    assert.equal(lists(), 1)

    here.nowMinutes = 60
    api.compact(() => {
      api.delete(pods, 'shop/orders-1')
      api.put(pods, pod('orders-late', '10.0.0.9', 50))
    })
    await here.owner('10.0.0.9', 55, orders('orders-late'))
    // Gone while nobody looked: it ended when that was seen.
    await here.owner('10.0.0.1', 61, null)
    await here.owner('10.0.0.1', 30, orders('orders-1'))
    assert.equal(lists(), 2)
  })

  it('come with a token that was renewed, and without what the account may not see', async () => {
    await using here = await world({ forbidden: ['/apis/batch/v1/jobs', '/api/v1/namespaces'] })
    const { api } = here
    await here.owner('10.0.0.2', 1, orders('orders-2').replace('retail', ''))
    assert.ok(here.lines.some(line => /cannot watch \/api\/v1\/namespaces: the API server answered 403/.test(line)))
    api.token = 'second'
    api.endWatches()
    await until('it was refused', 30_000, () => here.lines.some(line => /answered 401 to \/api\/v1\/pods/.test(line)))
    writeFileSync(tokenFile, 'second')
    api.put(pods, pod('orders-5', '10.0.0.5', 2))
    await here.owner('10.0.0.5', 3, orders('orders-5').replace('retail', ''))
    assert.ok(here.lines.every(line => !line.includes('first') && !line.includes('second')))
  })

  it('of some namespaces are asked for there alone', async () => {
    await using here = await world({ namespaces: ['shop'] })
    await here.owner('10.0.0.2', 1, orders('orders-2'))
    assert.ok(
      here.api.requests.every(line =>
        /\/namespaces\/shop\/|\/namespaces\?.*fieldSelector=metadata\.name%3Dshop/.test(line),
      ),
      here.api.requests.join('\n'),
    )
  })

  it('are not taken from a server that the CA does not vouch for: it gets no token', async () => {
    const other = createAuthority('Other CA')
    const ca = path.join(folder, 'other.crt')
    writeFileSync(ca, other.certificate)
    other.close()
    await using here = await world({ ca })
    await until('it is said', 30_000, () => here.lines.some(line => /cannot watch \/api\/v1\/pods: /.test(line)))
    assert.deepEqual(here.api.requests, [])
    assert.equal(here.inventory.owners.ownerAt('10.0.0.1', start + 1), null)
  })
})
