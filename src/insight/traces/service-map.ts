// Hot path: once per span when its trace ends.
import { QuantileSketch, type QuantileDump } from '../../lib/quantile-sketch.ts'
import type { CallNode, CallTree } from './call-tree.ts'
import { calledPeer } from './peer.ts'
import { requireNumbers } from './stored-numbers.ts'

/** Calls of one service by another. */
export interface ServiceEdge {
  /** null: from outside, no caller is known. */
  readonly from: string | null
  readonly to: string
  readonly calls: number
  readonly errors: number
  /** ms, of the called service's side where it has spans, else of the caller's. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
  /** Mean time that the called service itself worked on a call, without what it called in turn, ms. */
  readonly selfMs: number
  /** Calls seen by the caller alone. */
  readonly withoutSpans: number
  /** RFC 3339 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** Calls a minute, over the minutes in which there were any. */
  readonly perMinute: number
}

/** One service as it was called, by whomever. Times in ms. */
export interface ServiceUse {
  readonly service: string
  readonly calls: number
  readonly errors: number
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
  readonly selfMs: number
  /** It never sent a span itself. */
  readonly silent: boolean
}

export interface EdgeDump {
  readonly from: string | null
  readonly to: string
  readonly calls: number
  readonly errors: number
  readonly withoutSpans: number
  readonly selfUs: number
  readonly firstUs: number
  readonly lastUs: number
  readonly minutes: number
  readonly minute: number
  readonly minuteBefore: number
  readonly latency: QuantileDump
}

interface Edge {
  /** Of its row. */
  readonly key: string
  readonly from: string | null
  readonly to: string
  calls: number
  errors: number
  withoutSpans: number
  selfUs: number
  firstUs: number
  lastUs: number
  /** Minutes with calls, and the two latest seen: traces end a little out of order. */
  minutes: number
  minute: number
  minuteBefore: number
  readonly latency: QuantileSketch
  /** Changed since it was last written down. */
  changed: boolean
}

/** One call as the map counts it. */
export interface CountedCall {
  readonly startUs: number
  readonly durationUs: number
  readonly error: boolean
}

/** Who calls whom, how often, how long, how well. Bounded: pairs beyond the cap are counted, not kept. */
export class ServiceMap {
  readonly #edges = new Map<string, Edge>()
  /** The same edges by caller and called: no key is put together for a call. */
  readonly #byPair = new Map<string | null, Map<string, Edge>>()
  readonly #max: number
  readonly #changed: (key: string) => void
  /** Calls of pairs that had no room. */
  dropped = 0

  constructor(max: number, changed: (key: string) => void) {
    this.#max = max
    this.#changed = changed
  }

  get size(): number {
    return this.#edges.size
  }

  take(tree: CallTree): void {
    // Where a service begins to work on a call, and how long it did in all its spans of that call.
    const entries = new Map<CallNode, CallNode>()
    const work = new Map<CallNode, number>()
    for (const node of tree.nodes) {
      const { parent } = node
      const own = parent !== null && parent.span.service === node.span.service
      const entry = own ? (entries.get(parent) as CallNode) : node
      entries.set(node, entry)
      work.set(entry, (work.get(entry) ?? 0) + node.selfUs)
    }
    for (const node of tree.nodes) {
      const { parent, span } = node
      if (entries.get(node) === node) {
        const from = parent === null ? null : parent.span.service
        this.count(from, span.service, span, work.get(node) as number, false)
      }
      const peer = calledPeer(node)
      if (peer !== null) this.count(span.service, peer, span, node.selfUs, true)
    }
  }

  edges(): ServiceEdge[] {
    return [...this.#edges.values()].map(edge => {
      const { from, to, calls, errors, withoutSpans, selfUs, firstUs, lastUs, minutes, latency } = edge
      return {
        from,
        to,
        calls,
        errors,
        latency: quantiles(latency),
        selfMs: selfUs / calls / 1000,
        withoutSpans,
        firstSeen: new Date(firstUs / 1000).toISOString(),
        lastSeen: new Date(lastUs / 1000).toISOString(),
        perMinute: calls / Math.max(1, minutes),
      }
    })
  }

  services(): ServiceUse[] {
    const services = new Map<
      string,
      { calls: number; errors: number; silent: number; selfUs: number; latency: QuantileSketch }
    >()
    for (const { to, calls, errors, withoutSpans, selfUs, latency } of this.#edges.values()) {
      let use = services.get(to)
      if (use === undefined)
        services.set(to, (use = { calls: 0, errors: 0, silent: 0, selfUs: 0, latency: new QuantileSketch() }))
      use.calls += calls
      use.errors += errors
      use.silent += withoutSpans
      use.selfUs += selfUs
      use.latency.merge(latency)
    }
    return [...services].map(([service, { calls, errors, silent, selfUs, latency }]) => ({
      service,
      calls,
      errors,
      latency: quantiles(latency),
      selfMs: selfUs / calls / 1000,
      silent: silent === calls,
    }))
  }

  dump(key: string): EdgeDump | null {
    const edge = this.#edges.get(key)
    if (edge === undefined) return null
    edge.changed = false
    const { from, to, calls, errors, withoutSpans, selfUs, firstUs, lastUs, minutes, minute, minuteBefore } = edge
    const numbers = { calls, errors, withoutSpans, selfUs, firstUs, lastUs, minutes, minute, minuteBefore }
    return { from, to, ...numbers, latency: edge.latency.dump() }
  }

  /** Throws when it is none. */
  restore(key: string, dump: EdgeDump): void {
    requireNumbers(dump, [
      'calls',
      'errors',
      'withoutSpans',
      'selfUs',
      'firstUs',
      'lastUs',
      'minutes',
      'minute',
      'minuteBefore',
    ])
    if (this.#edges.size < this.#max && !this.#edges.has(key))
      this.#add({ ...dump, key, latency: QuantileSketch.restore(dump.latency), changed: false })
  }

  /** Counts one call. `selfUs`: what the called service worked on it itself; `alone`: only its caller sent a span. */
  count(from: string | null, to: string, call: CountedCall, selfUs: number, alone: boolean): void {
    const { startUs, durationUs, error } = call
    let edge = this.#byPair.get(from)?.get(to)
    if (edge === undefined) {
      if (this.#edges.size >= this.#max) {
        this.dropped++
        return
      }
      const key = JSON.stringify([from, to])
      const latency = new QuantileSketch()
      const none = { calls: 0, errors: 0, withoutSpans: 0, selfUs: 0, minutes: 0, minute: 0, minuteBefore: 0 }
      edge = { key, from, to, ...none, firstUs: startUs, lastUs: startUs, latency, changed: false }
      this.#add(edge)
    }
    edge.calls++
    if (error) edge.errors++
    if (alone) edge.withoutSpans++
    edge.selfUs += selfUs
    if (startUs < edge.firstUs) edge.firstUs = startUs
    if (startUs > edge.lastUs) edge.lastUs = startUs
    edge.latency.add(durationUs)
    const minute = Math.floor(startUs / 60_000_000)
    if (minute !== edge.minute && minute !== edge.minuteBefore) {
      edge.minutes++
      edge.minuteBefore = edge.minute
      edge.minute = minute
    }
    if (edge.changed) return
    edge.changed = true
    this.#changed(edge.key)
  }

  #add(edge: Edge): void {
    this.#edges.set(edge.key, edge)
    const pairs = this.#byPair.get(edge.from)
    if (pairs === undefined) this.#byPair.set(edge.from, new Map([[edge.to, edge]]))
    else pairs.set(edge.to, edge)
  }
}

function quantiles(latency: QuantileSketch): ServiceEdge['latency'] {
  const ms = (q: number): number => latency.quantile(q) / 1000
  return { p50: ms(0.5), p95: ms(0.95), p99: ms(0.99), max: latency.max / 1000 }
}
