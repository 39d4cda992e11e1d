import type { Clock, Log } from '../../core/host.ts'
import { Cluster } from '../inventory/owners/cluster.ts'
import { type ClusterObject, clusterObject } from '../inventory/owners/cluster-object.ts'
import type { Placement } from '../inventory/owners/placement.ts'
import { type ClusterTerms, createApiServer } from './api-server.ts'
import { reflect } from './reflector.ts'

/** A cluster that is watched. */
export interface ClusterWatch {
  status(): ClusterStatus
  close(): Promise<void>
}

export interface ClusterStatus {
  /** Kinds that were listed at least once, of all. */
  readonly listed: number
  readonly kinds: number
  readonly objects: number
  /** Objects for which there was no room. */
  readonly dropped: number
}

const collections = [
  ['Pod', '/api/v1', 'pods'],
  ['Service', '/api/v1', 'services'],
  ['ReplicaSet', '/apis/apps/v1', 'replicasets'],
  ['Deployment', '/apis/apps/v1', 'deployments'],
  ['StatefulSet', '/apis/apps/v1', 'statefulsets'],
  ['DaemonSet', '/apis/apps/v1', 'daemonsets'],
  ['Job', '/apis/batch/v1', 'jobs'],
] as const

const objectsMax = 100_000
/** Changes of a roll-out come in bursts. */
const gatherMs = 500

/**
 * Watches who has which address in a cluster and tells `place` all of it, some half a second after anything changed. A pod that is gone is told once more,
 * with its end. What an account may not list (403) is left out and asked for again now and then; pods and services without it are named all the same.
 */
export function watchCluster(
  terms: ClusterTerms,
  place: (placements: readonly Placement[], nowMs: number) => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): ClusterWatch {
  const server = createApiServer(terms)
  const cluster = new Cluster()
  const gone: ClusterObject[] = []
  const kinds = collectionsOf(terms.namespaces)
  const tried = new Set<string>()
  const listed = new Set<string>()
  const closing = new AbortController()
  let dropped = 0
  let full = false
  let telling: NodeJS.Timeout | undefined

  function tell(): void {
    // Half of the kinds would name half of the owner.
    if (tried.size < kinds.length || closing.signal.aborted) return
    telling ??= setTimeout(() => {
      telling = undefined
      const now = clock.now()
      for (const pod of gone) cluster.add(pod)
      place(cluster.placements(), now)
      for (const { key } of gone.splice(0)) cluster.remove(key)
    }, gatherMs)
  }

  function put(object: ClusterObject): void {
    if (cluster.size >= objectsMax && !cluster.has(object.key)) {
      dropped++
      if (!full) log.warn(`insight watches ${objectsMax} objects of the cluster; the others are left out`)
      full = true
      return
    }
    cluster.add(object)
  }

  function remove(object: ClusterObject): void {
    cluster.remove(object.key)
    // Its address is free from then on; without a time of its own that is now.
    if (object.kind === 'Pod') gone.push({ ...object, toMs: object.toMs ?? clock.now() })
  }

  function pause(ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const over = (): void => {
      clearTimeout(timer)
      reject(new Error('it is over'))
    }
    const timer = setTimeout(() => {
      closing.signal.removeEventListener('abort', over)
      resolve()
    }, ms)
    if (closing.signal.aborted) over()
    else closing.signal.addEventListener('abort', over, { once: true })
    return promise
  }

  const running = kinds.map(async ({ kind, path, fields }) => {
    const own = new Map<string, ClusterObject>()
    let coming = new Map<string, ClusterObject>()
    const begin = (): void => {
      if (!tried.has(path + fields)) {
        tried.add(path + fields)
        tell()
      }
    }
    await reflect({
      server,
      path,
      fields,
      log,
      onItem(item) {
        const object = clusterObject(item, kind)
        if (object !== null && coming.size < objectsMax) coming.set(object.key, object)
      },
      onListed() {
        for (const [key, object] of own) if (!coming.has(key)) remove(object)
        own.clear()
        for (const [key, object] of coming) {
          own.set(key, object)
          put(object)
        }
        coming = new Map()
        listed.add(path + fields)
        begin()
        tell()
      },
      onChange(type, item) {
        const object = clusterObject(item, kind)
        if (object === null) return
        if (type === 'put') {
          own.set(object.key, object)
          put(object)
        } else {
          own.delete(object.key)
          remove(object)
        }
        tell()
      },
      async pause(ms) {
        coming = new Map()
        begin()
        await pause(ms)
      },
    }).catch((error: unknown) => {
      if (!closing.signal.aborted) log.error(`insight stopped watching ${path}`, { cause: String(error) })
    })
  })

  return {
    status: () => ({ listed: listed.size, kinds: kinds.length, objects: cluster.size, dropped }),
    async close() {
      closing.abort()
      clearTimeout(telling)
      server.close()
      await Promise.all(running)
    },
  }
}

/** Whole collections, or those of some namespaces. */
function collectionsOf(
  namespaces: readonly string[],
): Array<{ readonly kind: string; readonly path: string; readonly fields: string }> {
  const whole = { kind: 'Namespace', path: '/api/v1/namespaces' }
  if (namespaces.length === 0)
    return [
      { ...whole, fields: '' },
      ...collections.map(([kind, group, name]) => ({ kind, path: `${group}/${name}`, fields: '' })),
    ]
  return namespaces.flatMap(namespace => [
    { ...whole, fields: `metadata.name=${namespace}` },
    ...collections.map(([kind, group, name]) => ({
      kind,
      path: `${group}/namespaces/${namespace}/${name}`,
      fields: '',
    })),
  ])
}
