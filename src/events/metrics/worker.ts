// Hot path: `exchange` once per exchange.
import type { Exchange } from '../../core/exchange.ts'
import type { Counter } from '../../core/host.ts'
import type { Outcome } from '../../core/outcome.ts'
import {
  type HandshakeReason,
  handshakeReasons,
  latencyBoundsMs,
  listenerBlock,
  routeBlock,
  serviceBlock,
  statusCodes,
  type UpstreamErrorKind,
  upstreamErrorKinds,
  verdictWords,
  workerBlock,
} from './layout.ts'
import { type MetricsMemory, workerCells } from './memory.ts'
import type { MetricsPlan } from './plan.ts'

/** The counters of one worker. Every method is a few additions into memory that main reads. */
export interface WorkerMetrics {
  /** Once per exchange, when it ended: requests, latency, bytes, refusals. */
  exchange(x: Exchange, outcome: Outcome): void
  /** +1 when an exchange begins, -1 when it ended. */
  inFlight(delta: number): void
  connectionOpened(listener: string): void
  connectionClosed(listener: string): void
  handshakeFailed(listener: string, reason: HandshakeReason): void
  upstreamError(service: string, kind: UpstreamErrorKind): void
  upstreamConnections(service: string, delta: number): void
  /** The event of an exchange found no room in the ring. */
  eventDropped(): void
  /** An exchange was not told to insight: it is away or behind. */
  streamDropped(): void
  /** Bytes that this worker holds in buffers now. */
  budget(bytes: number): void
  /** A counter of a policy; one that was not announced in its `counters` counts nowhere. */
  policyCounter(policy: string, name: string): Counter
  /** After a reload: the new plan. Places that the old one gave are the same in it. */
  replan(plan: MetricsPlan): void
}

/** Opens the part of worker `workerIndex`; a successor goes on in the same cells (main calls resetGauges between the two). */
export function openWorkerMetrics(memory: MetricsMemory, workerIndex: number, firstPlan: MetricsPlan): WorkerMetrics {
  const cells = workerCells(memory, workerIndex)
  const statusIndex = new Uint8Array(1024).fill(statusCodes.length)
  for (const [index, status] of statusCodes.entries()) statusIndex[status] = index
  const bounds = Float64Array.from(latencyBoundsMs)
  const verdictIndex = new Map<string, number>(verdictWords.map((word, index) => [word, index * routeBlock.statuses]))
  // A misspelt word of a caller must not be a silent pass in the figures.
  const errorIndex = verdictIndex.get('error') as number

  let plan = firstPlan
  let routes = new Map<string, number>()
  let listeners = new Map<string, number>()
  let services = new Map<string, number>()
  let refusals = new Map<string, Map<string, number>>()

  function add(at: number, amount: number): void {
    cells[at] = (cells[at] as number) + amount
  }

  function observeLatency(at: number, ms: number): void {
    let bucket = 0
    while (bucket < bounds.length && ms > (bounds[bucket] as number)) bucket++
    add(at + bucket, 1)
    add(at + routeBlock.sum, ms)
  }

  function refused(policy: string, code: string, offset: number): void {
    const codes = refusals.get(policy) ?? refusals.get('')
    const at = codes?.get(code) ?? codes?.get('*')
    if (at !== undefined) add(at + offset, 1)
  }

  function replan(next: MetricsPlan): void {
    plan = next
    routes = new Map(Object.entries(plan.routes))
    listeners = new Map(Object.entries(plan.listeners))
    services = new Map(Object.entries(plan.services))
    refusals = new Map(Object.entries(plan.refusals).map(([policy, codes]) => [policy, new Map(Object.entries(codes))]))
  }
  replan(firstPlan)

  return {
    exchange(x, o) {
      const at = x.route === null ? plan.noRoute : (routes.get(x.route.name) ?? plan.otherRoutes)
      add(at + (verdictIndex.get(o.verdict) ?? errorIndex) + (statusIndex[o.status] ?? statusCodes.length), 1)
      observeLatency(at + routeBlock.total, o.durationMs)
      if (o.upstreamMs >= 0) observeLatency(at + routeBlock.upstream, o.upstreamMs)
      if (o.requestBytes > 0) add(at + routeBlock.requestBytes, o.requestBytes)
      if (o.responseBytes > 0) add(at + routeBlock.responseBytes, o.responseBytes)
      if (o.verdict !== 'pass' && o.verdict !== 'reply') refused(o.policy, o.code, 0)
      if (x.observed !== null) for (const seen of x.observed) refused(seen.policy, seen.code, 1)
      add(workerBlock.events, 1)
    },
    inFlight(delta) {
      add(workerBlock.inFlight, delta)
    },
    connectionOpened(listener) {
      const at = listeners.get(listener)
      if (at === undefined) return
      add(at + listenerBlock.open, 1)
      add(at + listenerBlock.opened, 1)
    },
    connectionClosed(listener) {
      const at = listeners.get(listener)
      if (at !== undefined) add(at + listenerBlock.open, -1)
    },
    handshakeFailed(listener, reason) {
      const at = listeners.get(listener)
      const index = handshakeReasons.indexOf(reason)
      if (at !== undefined) add(at + listenerBlock.handshakes + (index < 0 ? handshakeReasons.length - 1 : index), 1)
    },
    upstreamError(service, kind) {
      const at = services.get(service)
      const index = upstreamErrorKinds.indexOf(kind)
      if (at !== undefined) add(at + serviceBlock.errors + (index < 0 ? upstreamErrorKinds.length - 1 : index), 1)
    },
    upstreamConnections(service, delta) {
      const at = services.get(service)
      if (at !== undefined) add(at + serviceBlock.connections, delta)
    },
    eventDropped() {
      add(workerBlock.eventsDropped, 1)
    },
    streamDropped() {
      add(workerBlock.streamDropped, 1)
    },
    budget(bytes) {
      cells[workerBlock.buffered] = bytes
      if (bytes > (cells[workerBlock.bufferedPeak] as number)) cells[workerBlock.bufferedPeak] = bytes
    },
    policyCounter(policy, name) {
      const at = plan.counters[policy]?.[name]
      if (at === undefined) return { add() {} }
      return { add: amount => add(at, amount) }
    },
    replan,
  }
}
