// Hot path: once per span.
import type { EventRecord } from '../model/event-record.ts'
import type { RecentIds } from '../recent-ids.ts'
import { CompactCalls } from './compact-calls.ts'
import { type Arrived, type CallFacts, ownCall } from './own-span.ts'
import { TraceSlots } from './trace-slots.ts'

/** What came for one trace id, while more may come. */
export interface OpenTrace {
  readonly traceId: string
  /** Mostly the only one. */
  first: Arrived
  /** All of them by span id, the first too; null while there is only that. */
  spans: Map<string, Arrived> | null
}

/** Who is told of traces that end. `stored`: it was written down while it was open. `first`, `second`: words of its id (RecentIds). */
export interface TraceEnds {
  trace(trace: OpenTrace, ended: Ended): void
  /** A trace of one own call: it stands in this slot of `calls` for the moment. */
  call(calls: CompactCalls, slot: number, ended: Ended): void
  /** A trace that was one own call, and was written down as such, has another span now. */
  joined(calls: CompactCalls, slot: number): void
}

export interface Ended {
  readonly stored: boolean
  readonly first: number
  readonly second: number
}

export interface OpenTracesLimits {
  /** A trace ends when event time has gone on by this much since its last span, µs. */
  readonly quietUs: number
  /** … or this much since its first, however busy it is, µs. */
  readonly lifeUs: number
  readonly spansPerTrace: number
  /** Over all open traces; the one that was quiet longest then ends early. */
  readonly spans: number
}

export function spansOf(trace: OpenTrace): Iterable<Arrived> {
  return trace.spans === null ? [trace.first] : trace.spans.values()
}

function sizeOf(trace: OpenTrace | null): number {
  return trace === null || trace.spans === null ? 1 : trace.spans.size
}

/** What could not be taken, or not as it was meant. Counts since the beginning. */
export interface OpenTracesCounts {
  spans: number
  /** Sent twice; counts once. */
  duplicates: number
  /** One span id with different contents: the earlier one stays. */
  conflicts: number
  /** Traces that ended because they held as many spans as a trace may; what comes after begins a new one. */
  split: number
  /** Traces that ended before their time because too many spans were open. */
  endedEarly: number
  /** Times that event time was believed to have jumped. */
  jumps: number
}

/** Time that moves by more than this at once must be believed by several traces first, µs. */
const jumpUs = 600_000_000
const believers = 32

/**
 * Traces that are still open, by event time alone. The watermark is the latest start seen. A span far from it (10 minutes) does not move
 * it, since one forged time would end every open trace; when 32 traces in a row say so, time has jumped (another file, a repaired clock)
 * and whatever was open ends. Bounded: spans per trace, spans overall; what is beyond a bound ends
 * a trace early and is never thrown away, or a flood under one id would hide what comes behind it.
 */
export class OpenTraces {
  readonly #limits: OpenTracesLimits
  readonly #ends: TraceEnds
  readonly #ids: RecentIds
  readonly #slots = new TraceSlots()
  readonly #calls = new CompactCalls()
  /** By slot; null: one own call, which stands in `#calls`. */
  readonly #traces: Array<OpenTrace | null> = []
  readonly counts: OpenTracesCounts = { spans: 0, duplicates: 0, conflicts: 0, split: 0, endedEarly: 0, jumps: 0 }
  #watermark = Number.NaN
  #spans = 0
  #jumping = new Set<string>()
  #jumpTo = 0

  /** `ids`: gives the words that ids are found by. */
  constructor(limits: OpenTracesLimits, ids: RecentIds, ends: TraceEnds) {
    this.#limits = limits
    this.#ids = ids
    this.#ends = ends
  }

  /** Latest event time, µs; NaN before the first span. */
  get watermarkUs(): number {
    return this.#watermark
  }

  get size(): number {
    return this.#slots.size
  }

  get spans(): number {
    return this.#spans
  }

  get(traceId: string): OpenTrace | undefined {
    const slot = this.#find(traceId)
    return slot < 0 ? undefined : (this.#traces[slot] ?? this.#alone(slot))
  }

  /** The one that was quiet longest first. */
  *traceIds(): Iterable<string> {
    for (const slot of this.#slots.all()) yield this.#idOf(slot)
  }

  /**
   * Those that took something since the last call; they count as written down from then on: ids of traces, and slots of calls that are alone, whose
   * places in the store the caller sets.
   */
  takeChanged(): {
    readonly traceIds: readonly string[]
    readonly slots: readonly number[]
    readonly calls: CompactCalls
  } {
    const traceIds: string[] = []
    const slots: number[] = []
    for (const slot of this.#slots.all()) {
      if (this.#slots.isChanged(slot)) {
        const trace = this.#traces[slot] ?? null
        if (trace === null) slots.push(slot)
        else traceIds.push(trace.traceId)
      }
      this.#slots.setStored(slot)
    }
    return { traceIds, slots, calls: this.#calls }
  }

  /** After a restart: the watermark that was, before any span is taken again. */
  resume(watermarkUs: number): void {
    this.#watermark = watermarkUs
  }

  take(span: Arrived): void {
    this.counts.spans++
    this.#advance(span.traceId, span.startUs)
    const slot = this.#find(span.traceId)
    if (slot < 0) this.#begin({ traceId: span.traceId, first: span, spans: null })
    else this.#join(slot, span)
  }

  /** An exchange through our gateway, which has a trace id and a span id. */
  takeCall(event: EventRecord, facts: CallFacts): void {
    const traceId = event.traceId ?? ''
    this.counts.spans++
    this.#advance(traceId, facts.startUs)
    const slot = this.#find(traceId)
    if (slot >= 0) return this.#join(slot, ownCall(event, facts))
    const made = this.#make()
    this.#traces[made] = this.#calls.put(made, event, facts)
      ? null
      : { traceId, first: ownCall(event, facts), spans: null }
    this.#checkSize(made)
  }

  /** Ends everything that is open, oldest first: the input is at its end. */
  flush(): void {
    for (const slot of this.#slots.all()) this.#end(slot)
  }

  #idOf(slot: number): string {
    return this.#traces[slot]?.traceId ?? this.#calls.traceId(slot)
  }

  #alone(slot: number): OpenTrace {
    const first = this.#calls.whole(slot)
    return { traceId: first.traceId, first, spans: null }
  }

  /** The slot of a trace; -1: it is not open. The words of the id stand in `#ids` from then on. */
  #find(traceId: string): number {
    const ids = this.#ids
    ids.hash(traceId, '')
    let slot = this.#slots.find(ids.first, ids.second)
    // That two of them meet is all but impossible; that they are taken for one must be impossible.
    while (slot >= 0 && !this.#isTrace(slot, traceId)) slot = this.#slots.findNext()
    return slot
  }

  #isTrace(slot: number, traceId: string): boolean {
    const trace = this.#traces[slot] ?? null
    return trace === null ? this.#calls.isTrace(slot, traceId) : trace.traceId === traceId
  }

  #begin(trace: OpenTrace): void {
    const slot = this.#make()
    this.#traces[slot] = trace
    this.#checkSize(slot)
  }

  /** A slot for the trace whose id was looked for last. */
  #make(): number {
    const slot = this.#slots.add(this.#ids.first, this.#ids.second, this.#watermark)
    if (slot >= this.#traces.length) {
      const { capacity } = this.#slots
      this.#calls.grow(capacity)
      while (this.#traces.length < capacity) this.#traces.push(null)
    }
    this.#spans++
    return slot
  }

  #join(slot: number, span: Arrived): void {
    const slots = this.#slots
    // The order is by last touch, to the second: whoever stands first has been quiet longest.
    if (this.#watermark - slots.touchedUs(slot) > 1_000_000) slots.touch(slot, this.#watermark)
    let trace = this.#traces[slot] ?? null
    if (trace === null) {
      trace = this.#alone(slot)
      this.#traces[slot] = trace
      if (slots.isStored(slot)) this.#ends.joined(this.#calls, slot)
    }
    this.#put(trace, span)
    slots.setChanged(slot)
    this.#checkSize(slot)
  }

  #checkSize(slot: number): void {
    if (sizeOf(this.#traces[slot] ?? null) >= this.#limits.spansPerTrace) {
      this.counts.split++
      this.#end(slot)
    } else if (this.#spans > this.#limits.spans) this.#endOldest()
  }

  #put(trace: OpenTrace, span: Arrived): void {
    const { first } = trace
    const known = trace.spans === null ? same(first, span) : trace.spans.get(span.spanId)
    if (known === undefined) {
      trace.spans ??= new Map([[first.spanId, first]])
      trace.spans.set(span.spanId, span)
      this.#spans++
      return
    }
    if (known.startUs === span.startUs && known.service === span.service && known.name === span.name) {
      this.counts.duplicates++
      return
    }
    this.counts.conflicts++
    // The same choice in whatever order they come.
    if (!before(span, known)) return
    if (known === first) trace.first = span
    trace.spans?.set(span.spanId, span)
  }

  #advance(traceId: string, at: number): void {
    const ahead = at - this.#watermark
    if (Number.isNaN(ahead)) this.#watermark = at
    else if (ahead > jumpUs || ahead < -jumpUs) this.#doubt(traceId, at)
    else {
      if (this.#jumping.size > 0 && !this.#jumping.has(traceId)) this.#jumping.clear()
      if (ahead > 0) {
        const second = Math.floor(this.#watermark / 1_000_000)
        this.#watermark = at
        if (Math.floor(at / 1_000_000) !== second) this.#endQuiet()
      }
    }
  }

  /** A time that differs much from all others: believed when enough traces in a row agree with it. */
  #doubt(traceId: string, at: number): void {
    if (this.#jumping.size > 0 && Math.abs(at - this.#jumpTo) > jumpUs) this.#jumping.clear()
    if (this.#jumping.size === 0) this.#jumpTo = at
    this.#jumping.add(traceId)
    this.#jumpTo = Math.max(this.#jumpTo, at)
    if (this.#jumping.size < believers) return
    this.counts.jumps++
    for (const slot of this.#slots.all()) {
      if (!this.#jumping.has(this.#idOf(slot))) this.#end(slot)
      else this.#slots.setTimes(slot, this.#jumpTo)
    }
    this.#jumping.clear()
    this.#watermark = this.#jumpTo
  }

  #endQuiet(): void {
    const { quietUs, lifeUs } = this.#limits
    const slots = this.#slots
    for (let slot = slots.oldest; slot >= 0; slot = slots.oldest) {
      const quiet = this.#watermark - slots.touchedUs(slot) > quietUs
      if (!quiet && this.#watermark - slots.openedUs(slot) <= lifeUs) break
      this.#end(slot)
    }
  }

  /** Some at once, so that a flood is told apart from the one span too many. */
  #endOldest(): void {
    const enough = 0.98 * this.#limits.spans
    for (let slot = this.#slots.oldest; slot >= 0 && this.#spans > enough; slot = this.#slots.oldest) {
      this.counts.endedEarly++
      this.#end(slot)
    }
  }

  #end(slot: number): void {
    const trace = this.#traces[slot] ?? null
    this.#spans -= sizeOf(trace)
    const ended = this.#slots.remove(slot)
    if (trace === null) this.#ends.call(this.#calls, slot, ended)
    else this.#ends.trace(trace, ended)
    this.#traces[slot] = null
  }
}

function same(known: Arrived, span: Arrived): Arrived | undefined {
  return known.spanId === span.spanId ? known : undefined
}

function before(a: Arrived, b: Arrived): boolean {
  if (a.startUs !== b.startUs) return a.startUs < b.startUs
  return a.service === b.service ? a.name < b.name : a.service < b.service
}
