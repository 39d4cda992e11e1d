import type { Span } from '../model/span.ts'

/** Why a trace is kept whole, the strongest reason first. */
export const keepReasons = ['error', 'rare', 'slow', 'sample'] as const
export type KeepReason = (typeof keepReasons)[number]

export interface KeptTrace {
  readonly traceId: string
  readonly reason: KeepReason
  /** Shape of its first tree. */
  readonly shape: string
  /** Several callers of our gateway used its trace id. */
  readonly strangers: boolean
  readonly spans: readonly Span[]
}

export interface KeptLimits {
  /** Spans of all kept traces together. */
  readonly spans: number
  /** Traces of one shape for one reason: a flood of one error pushes no other error out. */
  readonly perShape: number
}

const hintsMax = 65_536

/** Each reason has its own share of the room: a flood of errors pushes no rare tree out. */
const shares: Readonly<Record<KeepReason, number>> = { error: 0.35, rare: 0.35, slow: 0.15, sample: 0.15 }

interface Room {
  /** Oldest first. */
  readonly traces: Set<string>
  readonly byShape: Map<string, Set<string>>
  spans: number
}

/** The traces that are kept, whole, within bounds; the oldest go first. `changed` is told each id that came or went. */
export class KeptTraces {
  readonly #rooms: Readonly<Record<KeepReason, Room>>
  readonly #traces = new Map<string, KeptTrace>()
  readonly #limits: KeptLimits
  readonly #changed: (traceId: string) => void
  readonly #wordOf: (traceId: string) => number
  /** How many of the kept ones have a word that ends so. */
  readonly #hints = new Uint16Array(hintsMax)
  /** Kept once and pushed out since. */
  evicted = 0

  /** `wordOf`: 32 bits of a hash of an id. */
  constructor(limits: KeptLimits, wordOf: (traceId: string) => number, changed: (traceId: string) => void) {
    this.#limits = limits
    this.#wordOf = wordOf
    this.#changed = changed
    const room = (): Room => ({ traces: new Set(), byShape: new Map(), spans: 0 })
    this.#rooms = { error: room(), rare: room(), slow: room(), sample: room() }
  }

  get(traceId: string): KeptTrace | undefined {
    return this.#traces.get(traceId)
  }

  /** False: no trace whose id has this word is kept. */
  mayHold(word: number): boolean {
    return this.#hints[word & (hintsMax - 1)] !== 0
  }

  get size(): number {
    return this.#traces.size
  }

  get spans(): number {
    return keepReasons.reduce((sum, reason) => sum + this.#rooms[reason].spans, 0)
  }

  *values(): Iterable<KeptTrace> {
    for (const reason of keepReasons)
      for (const traceId of this.#rooms[reason].traces) yield this.#traces.get(traceId) as KeptTrace
  }

  put(trace: KeptTrace): void {
    this.delete(trace.traceId)
    const room = this.#rooms[trace.reason]
    room.traces.add(trace.traceId)
    this.#traces.set(trace.traceId, trace)
    this.#hint(trace.traceId, 1)
    room.spans += trace.spans.length
    let same = room.byShape.get(trace.shape)
    if (same === undefined) room.byShape.set(trace.shape, (same = new Set()))
    same.add(trace.traceId)
    this.#changed(trace.traceId)
    if (same.size > this.#limits.perShape) this.#evict(same)
    while (room.spans > shares[trace.reason] * this.#limits.spans && room.traces.size > 1) this.#evict(room.traces)
  }

  delete(traceId: string): void {
    const trace = this.#traces.get(traceId)
    if (trace === undefined) return
    this.#traces.delete(traceId)
    this.#hint(traceId, -1)
    const room = this.#rooms[trace.reason]
    room.traces.delete(traceId)
    room.spans -= trace.spans.length
    const same = room.byShape.get(trace.shape)
    same?.delete(traceId)
    if (same?.size === 0) room.byShape.delete(trace.shape)
    this.#changed(traceId)
  }

  #hint(traceId: string, more: number): void {
    const at = this.#wordOf(traceId) & (hintsMax - 1)
    this.#hints[at] = (this.#hints[at] as number) + more
  }

  #evict(ids: Iterable<string>): void {
    for (const oldest of ids) {
      this.evicted++
      this.delete(oldest)
      return
    }
  }
}
