import { makeUuid } from './person.ts'
import type { Random } from './random.ts'
import type { BedService } from './service.ts'

const HOUR = 3_600_000

/** A pod with the stretch of time in which it had its address. */
export interface Pod {
  readonly name: string
  readonly uid: string
  readonly service: string
  readonly namespace: string
  readonly replicaSet: string
  readonly hash: string
  readonly address: string
  readonly fromMs: number
  /** null: still there. */
  readonly toMs: number | null
  /** Number of the release that it runs. */
  readonly release: number
}

export interface Cluster {
  readonly pods: readonly Pod[]
  /** Pods that answer then. */
  at(service: string, timeMs: number): readonly Pod[]
  /** Objects as `kubectl get … -o json` shows them, with those that have ended. */
  objects(): unknown
}

/** A few more than pods need at once, so that none stays free for long. */
const addressCount = 27

/** Roll-outs in a day: each brings a new release; addresses that are given back are soon used by other pods. */
export const rollouts = 3

export function createCluster(
  services: readonly BedService[],
  span: { readonly startMs: number; readonly days: number; readonly firstRelease: number },
  random: Random,
): Cluster {
  const pods: Pod[] = []
  const free: string[] = Array.from(
    { length: addressCount },
    (_, i) => `10.20.${1 + Math.floor(i / 20)}.${10 + (i % 20)}`,
  )
  /** Pods to come and to go, in the order of time. */
  const moves: Array<{ readonly timeMs: number; readonly service: BedService; readonly release: number }> = []
  for (const [i, service] of services.entries()) {
    moves.push({ timeMs: span.startMs - 30 * HOUR, service, release: span.firstRelease })
    for (let day = 0; day < span.days; day++)
      for (let n = 0; n < rollouts; n++)
        moves.push({
          // One service after the other, so that an address wanders from service to service.
          timeMs: span.startMs + day * 24 * HOUR + (5 + 6 * n) * HOUR + i * 1_900_000 + random.below(600_000),
          service,
          release: span.firstRelease + day * rollouts + n + 1,
        })
  }
  moves.sort((a, b) => a.timeMs - b.timeMs)
  const standing = new Map<string, Array<{ pod: Pod; index: number }>>()
  for (const { timeMs, service, release } of moves) {
    const { name, application } = service
    const hash = random.hex(9)
    const replicaSet = `${name}-${hash}`
    const old = standing.get(name) ?? []
    const fresh: Array<{ pod: Pod; index: number }> = []
    for (let replica = 0; replica < service.replicas; replica++) {
      const address = free.shift()
      if (address === undefined) throw new Error('the bed has no addresses left')
      const pod: Pod = {
        name: `${replicaSet}-${random.hex(5)}`,
        uid: makeUuid(random),
        service: name,
        namespace: application,
        replicaSet,
        hash,
        address,
        fromMs: timeMs + replica * 20_000,
        toMs: null,
        release,
      }
      fresh.push({ pod, index: pods.push(pod) - 1 })
    }
    // The new ones stand before the old ones go.
    for (const [n, { pod, index }] of old.entries()) {
      pods[index] = { ...pod, toMs: timeMs + service.replicas * 20_000 + 30_000 + n * 10_000 }
      free.push(pod.address)
    }
    standing.set(name, fresh)
  }
  const byService = new Map([...Map.groupBy(pods, pod => pod.service)].map(([name, own]) => [name, shiftsOf(own)]))
  return {
    pods,
    at(service, timeMs) {
      const shifts = byService.get(service) ?? []
      let [low, high] = [0, shifts.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((shifts[middle] as Shift).fromMs <= timeMs) low = middle + 1
        else high = middle
      }
      return shifts[low - 1]?.pods ?? []
    },
    objects: () => objectsOf(services, pods),
  }
}

/** From a moment on until the next one, the same pods of a service answer. */
interface Shift {
  readonly fromMs: number
  readonly pods: readonly Pod[]
}

/** A pod takes calls once it is ready and until it is told to end. */
function shiftsOf(pods: readonly Pod[]): Shift[] {
  const serving = pods.map(pod => ({
    pod,
    fromMs: pod.fromMs + 10_000,
    toMs: pod.toMs === null ? Number.POSITIVE_INFINITY : pod.toMs - 15_000,
  }))
  const moments = new Set(serving.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))
  return [...moments]
    .sort((a, b) => a - b)
    .map(moment => ({
      fromMs: moment,
      pods: serving.filter(({ fromMs, toMs }) => fromMs <= moment && moment < toMs).map(({ pod }) => pod),
    }))
}

function objectsOf(services: readonly BedService[], pods: readonly Pod[]): unknown {
  const namespaces = [...new Map(services.map(({ application, tenant }) => [application, tenant]))]
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...namespaces.map(([name, tenant]) => ({ kind: 'Namespace', metadata: { name, labels: { tenant } } })),
      ...services.flatMap(({ name, application, contact }, i) => [
        {
          kind: 'Service',
          metadata: { name, namespace: application },
          spec: { clusterIP: `10.96.0.${20 + i}`, selector: { app: name } },
        },
        {
          kind: 'Deployment',
          metadata: {
            name,
            namespace: application,
            labels: { 'app.kubernetes.io/part-of': application },
            annotations: { 'a8r.io/owner': contact },
          },
        },
      ]),
      ...[...new Map(pods.map(pod => [pod.replicaSet, pod])).values()].map(pod => ({
        kind: 'ReplicaSet',
        metadata: {
          name: pod.replicaSet,
          namespace: pod.namespace,
          ownerReferences: [{ kind: 'Deployment', name: pod.service, controller: true }],
        },
      })),
      ...pods.map(pod => ({
        kind: 'Pod',
        metadata: {
          name: pod.name,
          namespace: pod.namespace,
          uid: pod.uid,
          labels: { app: pod.service, 'pod-template-hash': pod.hash },
          ...(pod.toMs === null ? {} : { deletionTimestamp: new Date(pod.toMs).toISOString() }),
          ownerReferences: [{ kind: 'ReplicaSet', name: pod.replicaSet, controller: true }],
        },
        status: { startTime: new Date(pod.fromMs).toISOString(), podIP: pod.address, phase: 'Running' },
      })),
    ],
  }
}
