// Hot path: once per span.
import type { Arrived } from './own-span.ts'

/** What came for one trace id, while more may come. */
export interface OpenTrace {
  readonly traceId: string
  /** Mostly the only one. */
  first: Arrived
  /** All of them by span id, the first too; null while there is only that. */
  spans: Map<string, Arrived> | null
  /** It took something since it was last written down, and it was written down before. */
  changed: boolean
  stored: boolean
  /** Watermark at the first and the last span, µs. */
  openedUs: number
  touchedUs: number
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

function sizeOf(trace: OpenTrace): number {
  return trace.spans === null ? 1 : trace.spans.size
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
  readonly #traces = new Map<string, OpenTrace>()
  readonly #limits: OpenTracesLimits
  readonly #ended: (trace: OpenTrace) => void
  readonly counts: OpenTracesCounts = { spans: 0, duplicates: 0, conflicts: 0, split: 0, endedEarly: 0, jumps: 0 }
  #watermark = Number.NaN
  #spans = 0
  #jumping = new Set<string>()
  #jumpTo = 0

  constructor(limits: OpenTracesLimits, ended: (trace: OpenTrace) => void) {
    this.#limits = limits
    this.#ended = ended
  }

  /** Latest event time, µs; NaN before the first span. */
  get watermarkUs(): number {
    return this.#watermark
  }

  get size(): number {
    return this.#traces.size
  }

  get spans(): number {
    return this.#spans
  }

  get(traceId: string): OpenTrace | undefined {
    return this.#traces.get(traceId)
  }

  values(): Iterable<OpenTrace> {
    return this.#traces.values()
  }

  /** After a restart: the watermark that was, before any span is taken again. */
  resume(watermarkUs: number): void {
    this.#watermark = watermarkUs
  }

  take(span: Arrived): void {
    this.counts.spans++
    this.#advance(span)
    const known = this.#traces.get(span.traceId)
    const trace = known ?? {
      traceId: span.traceId,
      first: span,
      spans: null,
      changed: true,
      stored: false,
      openedUs: this.#watermark,
      touchedUs: this.#watermark,
    }
    if (known === undefined) {
      this.#traces.set(span.traceId, trace)
      this.#spans++
    } else {
      if (this.#watermark - trace.touchedUs > 1_000_000) {
        // The map's order is by last touch, to the second: whoever stands first has been quiet longest.
        this.#traces.delete(span.traceId)
        this.#traces.set(span.traceId, trace)
        trace.touchedUs = this.#watermark
      }
      this.#put(trace, span)
      trace.changed = true
    }
    if (sizeOf(trace) >= this.#limits.spansPerTrace) {
      this.counts.split++
      this.#end(trace)
    } else if (this.#spans > this.#limits.spans) this.#endOldest()
  }

  /** Ends everything that is open, oldest first: the input is at its end. */
  flush(): void {
    for (const trace of this.#traces.values()) this.#end(trace)
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

  #advance(span: Arrived): void {
    const at = span.startUs
    const ahead = at - this.#watermark
    if (Number.isNaN(ahead)) this.#watermark = at
    else if (ahead > jumpUs || ahead < -jumpUs) this.#doubt(span.traceId, at)
    else {
      if (this.#jumping.size > 0 && !this.#jumping.has(span.traceId)) this.#jumping.clear()
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
    for (const trace of this.#traces.values()) {
      if (!this.#jumping.has(trace.traceId)) this.#end(trace)
      else trace.openedUs = trace.touchedUs = this.#jumpTo
    }
    this.#jumping.clear()
    this.#watermark = this.#jumpTo
  }

  #endQuiet(): void {
    const { quietUs, lifeUs } = this.#limits
    for (const trace of this.#traces.values()) {
      if (this.#watermark - trace.touchedUs > quietUs) this.#end(trace)
      else if (this.#watermark - trace.openedUs > lifeUs) this.#end(trace)
      else break
    }
  }

  /** Some at once: a Map is slow to find its first entry when many before it are gone. */
  #endOldest(): void {
    const enough = 0.98 * this.#limits.spans
    for (const trace of this.#traces.values()) {
      if (this.#spans <= enough) return
      this.counts.endedEarly++
      this.#end(trace)
    }
  }

  #end(trace: OpenTrace): void {
    this.#traces.delete(trace.traceId)
    this.#spans -= sizeOf(trace)
    this.#ended(trace)
  }
}

function same(known: Arrived, span: Arrived): Arrived | undefined {
  return known.spanId === span.spanId ? known : undefined
}

function before(a: Arrived, b: Arrived): boolean {
  if (a.startUs !== b.startUs) return a.startUs < b.startUs
  return a.service === b.service ? a.name < b.name : a.service < b.service
}
