// Hot path: once per span.
import { timeMs } from '../../lib/time-ms.ts'
import { createSpanFields } from '../ingest/spans/span-fields.ts'
import { spanOf } from '../ingest/spans/ndjson.ts'
import type { LearningPart } from '../learner.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Span } from '../model/span.ts'
import { RecentIds } from '../recent-ids.ts'
import { buildTrees, type CallTree } from './call-tree.ts'
import { ChangedRows } from './changed-rows.ts'
import { Coverage, type CoveragePair, type PairDump } from './coverage.ts'
import { type KeepReason, keepReasons, KeptTraces } from './kept-traces.ts'
import type { CompactCalls, EndedCall } from './compact-calls.ts'
import { type Ended, OpenTraces, type OpenTrace, spansOf } from './open-traces.ts'
import { callerOf, createCallFacts, gatewayService, isOwnCall, isOwnSpan, type OwnCall, wholeSpan } from './own-span.ts'
import { type EdgeDump, type ServiceEdge, ServiceMap, type ServiceUse } from './service-map.ts'
import { aliveOf, StoredCalls } from './stored-calls.ts'
import { createTreeHash, type TreeNames } from './tree-hash.ts'
import { type ShapeDump, TreeShapes } from './tree-shapes.ts'

export interface TracesOptions {
  /** A trace ends when event time has gone on by this much since its last span, ms. */
  readonly quietMs?: number
  /** … or this much since its first, ms. */
  readonly lifeMs?: number
  /** Spans of one trace that are looked at together. */
  readonly spansPerTraceMax?: number
  /** Spans of all open traces. */
  readonly openSpansMax?: number
  /** Spans of all kept traces. */
  readonly keptSpansMax?: number
  /** Kept traces of one tree shape, for each reason to keep one. */
  readonly keptPerShapeMax?: number
  /** Of the ordinary traces of a shape one in so many is kept. */
  readonly sampleOneIn?: number
  readonly shapesMax?: number
  /** Pairs of services. */
  readonly pairsMax?: number
}

const defaults: Required<TracesOptions> = {
  quietMs: 30_000,
  lifeMs: 600_000,
  spansPerTraceMax: 5_000,
  openSpansMax: 150_000,
  keptSpansMax: 60_000,
  keptPerShapeMax: 20,
  sampleOneIn: 100,
  shapesMax: 4_096,
  pairsMax: 4_096,
}

/**
 * For files that somebody asks about: every trace of up to some million spans stays, and spans of one request may lie ten minutes apart in
 * the order of the file.
 */
export const everyTrace: TracesOptions = {
  quietMs: 600_000,
  openSpansMax: 2_000_000,
  keptSpansMax: 4_000_000,
  keptPerShapeMax: Number.POSITIVE_INFINITY,
  sampleOneIn: 1,
}

/** What came in and what became of it, since the beginning. */
export interface TracesCounts {
  spans: number
  duplicates: number
  conflicts: number
  split: number
  endedEarly: number
  jumps: number
  traces: number
  trees: number
  /** Spans whose parent is present. */
  attached: number
  /** Spans that name a parent which never came. */
  orphans: number
  loops: number
  /** Calls through our gateway that name a parent which they cannot have. */
  strangers: number
  /** Trace ids that several callers used. */
  shared: number
  /** Spans that came after their trace had ended. */
  late: number
  /** Spans whose times were shifted into their caller's. */
  shifted: number
  /** Rows of the store that did not read. */
  unreadable: number
}

/** All that is known of one trace id. */
export interface TraceView {
  readonly traceId: string
  /** Why it is kept; null: it is still open. */
  readonly reason: KeepReason | null
  readonly strangers: boolean
  readonly trees: readonly NamedTree[]
}

export interface NamedTree extends CallTree, TreeNames {}

/** Ids of ended traces remembered, at least; at most twice as many. */
const endedMin = 32_768
const shapesOfNamesMax = 4096

/**
 * Call trees, service map and coverage from spans, whoever sent them, and from the events of our own data plane (each is a span).
 * Event time only; everything is bounded and what a bound does is counted. Spans may come late, twice, in any order and from liars.
 */
export class Traces implements LearningPart {
  readonly part = 'traces'
  /** Told of every tree when its trace ends, but not of a call through our gateway that nothing else is known of. */
  onTree: ((tree: CallTree) => void) | null = null
  readonly #options: Required<TracesOptions>
  readonly #rows = new ChangedRows()
  readonly #hash = createTreeHash()
  readonly #open: OpenTraces
  readonly #stored = new StoredCalls()
  readonly #kept: KeptTraces
  readonly #shapes: TreeShapes
  readonly #map: ServiceMap
  readonly #coverage: Coverage
  /** Ids of traces that ended lately: what still comes for them is late. */
  readonly #ended = new RecentIds(endedMin)
  readonly #factsOf = createCallFacts()
  /** Of trees that are one call through our gateway, by its span's name. */
  readonly #shapesOfNames = new Map<string, { readonly shape: string; readonly entry: string }>()
  #restoring = false
  readonly #counts = {
    traces: 0,
    trees: 0,
    attached: 0,
    orphans: 0,
    loops: 0,
    strangers: 0,
    shared: 0,
    late: 0,
    shifted: 0,
    unreadable: 0,
  }

  constructor(options: TracesOptions = {}) {
    const { quietMs, lifeMs, spansPerTraceMax, openSpansMax, keptSpansMax, keptPerShapeMax, shapesMax, pairsMax } =
      (this.#options = { ...defaults, ...options })
    const limits = {
      quietUs: quietMs * 1000,
      lifeUs: lifeMs * 1000,
      spansPerTrace: spansPerTraceMax,
      spans: openSpansMax,
    }
    this.#open = new OpenTraces(limits, this.#ended, {
      trace: (trace, ended) => this.#end(trace, ended),
      call: (calls, slot, ended) => this.#endAlone(calls, slot, ended),
      joined: (calls, slot) => this.#stored.gone(calls.segmentOf(slot), calls.placeOf(slot)),
    })
    const rows = this.#rows
    this.#kept = new KeptTraces(
      { spans: keptSpansMax, perShape: keptPerShapeMax },
      id => this.#wordOf(id),
      id => (this.#kept.get(id) === undefined ? rows.gone(`trace ${id}`) : rows.changed(`trace ${id}`)),
    )
    this.#shapes = new TreeShapes(shapesMax, shape =>
      this.#shapes.get(shape) === undefined ? rows.gone(`shape ${shape}`) : rows.changed(`shape ${shape}`),
    )
    this.#map = new ServiceMap(pairsMax, key => rows.changed(`edge ${key}`))
    this.#coverage = new Coverage(pairsMax, key => rows.changed(`pair ${key}`))
  }

  takeSpan(span: Span): void {
    this.#open.take(span)
  }

  /** The span of an exchange through our own gateway; without trace ids (an access log) the pair of services still counts. */
  take({ event }: Pick<ExchangeRecord, 'event'>): void {
    const facts = this.#factsOf(event)
    if (facts !== null) this.#open.takeCall(event, facts)
    else if (event.service !== null && event.target !== null) {
      const at = timeMs(event.time) * 1000
      if (Number.isFinite(at)) this.#coverage.untraced(gatewayService, event.service, at)
    }
  }

  /** The input is at its end: every open trace ends now. */
  flush(): void {
    this.#open.flush()
  }

  /** What is known of a trace, open or kept; null: nothing. */
  tree(traceId: string): TraceView | null {
    const open = this.#open.get(traceId)
    const kept = this.#kept.get(traceId)
    if (open === undefined && kept === undefined) return null
    const spans = new Map(kept?.spans.map(span => [span.spanId, span]))
    for (const span of open === undefined ? [] : spansOf(open)) spans.set(span.spanId, wholeSpan(span))
    return {
      traceId,
      reason: kept?.reason ?? null,
      strangers: kept?.strangers ?? false,
      trees: buildTrees([...spans.values()], isOwnSpan).map(tree => ({ ...tree, ...this.#hash.of(tree.nodes) })),
    }
  }

  /** Ids of the traces that `tree` knows, kept ones first. */
  *ids(): Iterable<string> {
    for (const { traceId } of this.#kept.values()) yield traceId
    for (const traceId of this.#open.traceIds()) if (this.#kept.get(traceId) === undefined) yield traceId
  }

  /** Trees by shape, the most frequent first. */
  shapes(): Array<
    { readonly shape: string } & Omit<ShapeDump, 'duration'> & { readonly p50Us: number; readonly p99Us: number }
  > {
    return [...this.#shapes.values()]
      .map(({ shape, entry, count, errors, firstUs, lastUs, duration }) => ({
        shape,
        entry,
        count,
        errors,
        firstUs,
        lastUs,
        p50Us: duration.quantile(0.5),
        p99Us: duration.quantile(0.99),
      }))
      .sort((a, b) => b.count - a.count)
  }

  serviceMap(): { readonly services: readonly ServiceUse[]; readonly edges: readonly ServiceEdge[] } {
    return { services: this.#map.services(), edges: this.#map.edges() }
  }

  coverage(): readonly CoveragePair[] {
    return this.#coverage.pairs()
  }

  counts(): TracesCounts {
    return { ...this.#open.counts, ...this.#counts }
  }

  /** How full the bounded parts are, and what they let go. */
  occupancy(): Readonly<Record<string, number>> {
    return {
      openTraces: this.#open.size,
      openSpans: this.#open.spans,
      keptTraces: this.#kept.size,
      keptSpans: this.#kept.spans,
      keptEvicted: this.#kept.evicted,
      shapes: this.#shapes.size,
      shapesForgotten: this.#shapes.forgotten,
      edges: this.#map.size,
      edgeCallsDropped: this.#map.dropped,
      pairs: this.#coverage.size,
      pairCallsDropped: this.#coverage.dropped,
    }
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    const { traceIds, slots, calls } = this.#open.takeChanged()
    for (const traceId of traceIds) this.#rows.changed(`open ${traceId}`)
    this.#rows.changed('counts')
    yield* this.#rows.take(key => this.#dump(key))
    yield* this.#stored.changes()
    const [first] = slots
    if (first === undefined) return
    const { number, key } = this.#stored.add(calls.traceId(first), slots.length)
    for (const [place, slot] of slots.entries()) calls.setStored(slot, number, place)
    yield [`calls ${key}`, JSON.stringify(slots.map(slot => wholeSpan(calls.whole(slot))))]
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const fields = createSpanFields('stored')
    const open: Span[] = []
    const alone: Span[] = []
    const written = new Map<string, Span[]>()
    const alive = new Map<string, unknown>()
    const readSpans = (list: unknown): Span[] =>
      (list as unknown[]).map(one => {
        const span = spanOf(one, fields)
        if (typeof span === 'string') throw new Error(span)
        return span
      })
    for (const [key, text] of rows) {
      const kind = key.slice(0, key.indexOf(' ') < 0 ? undefined : key.indexOf(' '))
      const name = key.slice(kind.length + 1)
      try {
        const value = JSON.parse(text) as Record<string, unknown>
        if (kind === 'counts') this.#restoreCounts(value)
        else if (kind === 'open') open.push(...readSpans(value['spans']))
        else if (kind === 'calls') written.set(name, readSpans(value))
        else if (kind === 'alive') alive.set(name, value)
        else if (kind === 'edge') this.#map.restore(name, value as unknown as EdgeDump)
        else if (kind === 'pair') this.#coverage.restore(name, value as unknown as PairDump)
        else if (kind === 'shape') this.#shapes.restore(name, value as unknown as ShapeDump)
        else if (kind === 'trace') {
          const reason = keepReasons.find(one => one === value['reason']) ?? 'sample'
          const shape = String(value['shape'])
          const strangers = value['strangers'] === true
          this.#kept.put({ traceId: name, reason, shape, strangers, spans: readSpans(value['spans']) })
        } else throw new Error('unknown row')
        this.#rows.stored(key)
      } catch {
        this.#counts.unreadable++
      }
    }
    for (const [name, calls] of written) alone.push(...aliveOf(calls, alive.get(name)))
    const { spans } = this.#open.counts
    this.#restoring = true
    for (const span of [...open, ...alone].sort((a, b) => a.startUs - b.startUs)) this.#open.take(span)
    this.#restoring = false
    this.#open.takeChanged()
    // From now on each has a row of its own.
    for (const { traceId } of alone) this.#rows.changed(`open ${traceId}`)
    for (const name of written.keys()) this.#rows.gone(`calls ${name}`)
    for (const name of alive.keys()) this.#rows.gone(`alive ${name}`)
    this.#open.counts.spans = spans
  }

  #restoreCounts(value: Record<string, unknown>): void {
    for (const counts of [this.#open.counts, this.#counts] as Array<Record<string, number>>) {
      for (const key of Object.keys(counts)) if (typeof value[key] === 'number') counts[key] = value[key]
    }
    if (typeof value['watermarkUs'] === 'number') this.#open.resume(value['watermarkUs'])
  }

  #dump(key: string): string | null {
    const kind = key.slice(0, key.indexOf(' ') < 0 ? undefined : key.indexOf(' '))
    const name = key.slice(kind.length + 1)
    let value: unknown = null
    if (kind === 'counts') value = { ...this.counts(), watermarkUs: this.#open.watermarkUs }
    else if (kind === 'trace') value = this.#kept.get(name) ?? null
    else if (kind === 'edge') value = this.#map.dump(name)
    else if (kind === 'pair') value = this.#coverage.dump(name)
    else if (kind === 'shape') value = this.#shapes.dump(name)
    else if (kind === 'open') {
      const open = this.#open.get(name)
      if (open !== undefined) value = { spans: Array.from(spansOf(open), wholeSpan) }
    }
    return value === null ? null : JSON.stringify(value)
  }

  #wordOf(traceId: string): number {
    this.#ended.hash(traceId, '')
    return this.#ended.first
  }

  /** A trace of which only our own hop is known, as most are. */
  #endAlone(calls: CompactCalls, slot: number, { stored, first, second }: Ended): void {
    if (stored) this.#stored.gone(calls.segmentOf(slot), calls.placeOf(slot))
    this.#ended.addHashed(first, second, true)
    this.#endCall(calls.ended(slot), first, () => calls.whole(slot))
  }

  #end(trace: OpenTrace, { stored, first, second }: Ended): void {
    // Most traces end before anybody writes them down.
    if (stored || this.#restoring) this.#rows.gone(`open ${trace.traceId}`)
    const again = !this.#ended.addHashed(first, second, true)
    const { first: call } = trace
    if (trace.spans === null && isOwnCall(call))
      return this.#endCall({ ...call, origin: originOf(call) }, first, () => call)
    const counts = this.#counts
    const arrived = [...spansOf(trace)]
    const calls = new Map(arrived.filter(isOwnCall).map(call => [call.spanId, call]))
    const spans = arrived.map(wholeSpan)
    const trees = buildTrees(spans, isOwnSpan)
    let reason: KeepReason | null = null
    let shape = ''
    let fresh = 0
    let callers: Set<string> | null = null
    for (const tree of trees) {
      const { root, nodes, origin } = tree
      counts.attached += nodes.length - 1
      for (const node of nodes) if (node.offsetUs !== 0) counts.shifted++
      if (again && origin === 'orphan') {
        // A piece of a tree that was counted before; it only makes that one whole, if it is kept.
        counts.late += nodes.length
        continue
      }
      fresh++
      counts.trees++
      if (origin === 'orphan') counts.orphans++
      else if (origin === 'loop') counts.loops++
      else if (origin === 'stranger') counts.strangers++
      const own = calls.get(root.span.spanId)
      if (own !== undefined) (callers ??= new Set()).add(callerOf(own))
      this.#map.take(tree)
      this.#coverage.take(tree)
      this.onTree?.(tree)
      const judged = this.#judge(tree)
      if (reason === null || (judged.reason !== null && stronger(judged.reason, reason))) reason = judged.reason
      if (shape === '') shape = judged.shape
    }
    if (fresh > 0) counts.traces++
    const strangers = callers !== null && callers.size > 1
    if (strangers) counts.shared++
    this.#keep({ traceId: trace.traceId, reason, shape, strangers }, spans)
  }

  /** Ends a trace of which only our own hop is known, as `#end` does for all others, without making a tree of it. `word`: of its id. */
  #endCall(call: EndedCall, word: number, whole: () => OwnCall): void {
    const { name, durationUs, forwarded, origin } = call
    const counts = this.#counts
    counts.traces++
    counts.trees++
    if (origin === 'loop') counts.loops++
    this.#map.count(null, gatewayService, call, durationUs, false)
    if (forwarded !== null) {
      if (forwarded !== '') this.#map.count(gatewayService, forwarded, call, durationUs, true)
      this.#coverage.untraced(gatewayService, forwarded, call.startUs)
    }
    let known = this.#shapesOfNames.get(name)
    if (known === undefined) {
      known = this.#hash.alone(wholeSpan(whole()))
      if (this.#shapesOfNames.size >= shapesOfNamesMax) this.#shapesOfNames.clear()
      this.#shapesOfNames.set(name, known)
    }
    const reason = this.#weigh(known, call, call.error, origin)
    if (reason === null && !this.#kept.mayHold(word)) return
    const span = wholeSpan(whole())
    const { traceId } = span
    if (reason !== null || this.#kept.get(traceId) !== undefined)
      this.#keep({ traceId, reason, shape: known.shape, strangers: false }, [span])
  }

  /** Counts a tree's shape and says why its trace should be kept. */
  #judge(tree: CallTree): { readonly reason: KeepReason | null; readonly shape: string } {
    const { shape } = this.#hash.of(tree.nodes)
    const { root, nodes, origin } = tree
    const error = nodes.some(node => node.span.error)
    const { sampleOneIn } = this.#options
    // A tree without its beginning is of no shape: each lost span would make new ones.
    if (origin === 'orphan') {
      const sampled = this.#counts.orphans % sampleOneIn === 0
      return { reason: error ? 'error' : sampled ? 'sample' : null, shape }
    }
    return { reason: this.#weigh({ shape, entry: this.#hash.operation(root.span) }, root.span, error, origin), shape }
  }

  #weigh(
    { shape, entry }: { readonly shape: string; readonly entry: string },
    { startUs, durationUs }: Pick<Span, 'startUs' | 'durationUs'>,
    error: boolean,
    origin: CallTree['origin'],
  ): KeepReason | null {
    const { rare, slow, count } = this.#shapes.take({ shape, entry, atUs: startUs, durationUs, error })
    if (error) return 'error'
    if (rare || origin === 'loop') return 'rare'
    if (slow) return 'slow'
    return count % this.#options.sampleOneIn === 0 ? 'sample' : null
  }

  #keep(
    trace: { traceId: string; reason: KeepReason | null; shape: string; strangers: boolean },
    own: readonly Span[],
  ): void {
    const { traceId, reason, shape, strangers } = trace
    const known = this.#kept.get(traceId)
    if (known === undefined) {
      if (reason !== null) this.#kept.put({ traceId, reason, shape, strangers, spans: own })
      return
    }
    const spans = new Map(known.spans.map(span => [span.spanId, span]))
    for (const span of own) {
      if (spans.size >= this.#options.spansPerTraceMax) break
      if (!spans.has(span.spanId)) spans.set(span.spanId, span)
    }
    const kept = reason !== null && stronger(reason, known.reason) ? reason : known.reason
    this.#kept.put({ ...known, reason: kept, strangers: known.strangers || strangers, spans: [...spans.values()] })
  }
}

function originOf({ spanId, parentId }: OwnCall): EndedCall['origin'] {
  return parentId === null ? 'root' : parentId === spanId ? 'loop' : 'entry'
}

function stronger(a: KeepReason, b: KeepReason): boolean {
  return keepReasons.indexOf(a) < keepReasons.indexOf(b)
}
