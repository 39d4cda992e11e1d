// Hot path: `take` once per event.
import { EventOrder } from './event-order.ts'
import type { Durable } from './model/durable.ts'
import type { ExchangeRecord } from './model/exchange.ts'
import type { Span } from './model/span.ts'
import { RecentIds } from './recent-ids.ts'

/** A part of the learner: takes what it learns from, and keeps what it learnt in rows of the store. */
export interface LearningPart extends Durable {
  take?(record: ExchangeRecord): void
  takeSpan?(span: Span): void
}

/** What became of the items so far. */
export interface LearnerCounts {
  readonly events: number
  readonly observations: number
  readonly spans: number
  /** Same id and time as one of the latest: dropped. */
  readonly duplicates: number
  /** More than 5 minutes behind the newest: taken. */
  readonly late: number
  /** More than 7 days ahead of all others, and contradicted by what came next: dropped. */
  readonly clockJumps: number
  /** A part of the learner threw at them: a fault of ours, told once. */
  readonly failed: number
}

export interface LearnerOptions {
  readonly parts: readonly LearningPart[]
  /** Every record that is taken, in the order in which it is: for the history and the recording. */
  readonly onTaken?: (record: ExchangeRecord) => void
  readonly onSpan?: (span: Span) => void
  readonly onFault?: (part: string, error: unknown) => void
}

/** Ids remembered to tell duplicates, at least; at most twice as many. */
const duplicateWindow = 65_536
/** Items ahead of time that agree, until they are believed. */
const agreeing = 3

/**
 * The one way into all that is learnt, live and replayed. Event time only (docs/formats.md "Order and time"): the same items in the same order
 * leave the same state.
 */
export class Learner {
  readonly #parts: readonly LearningPart[]
  readonly #takers: readonly (LearningPart & Required<Pick<LearningPart, 'take'>>)[]
  readonly #spanTakers: readonly (LearningPart & Required<Pick<LearningPart, 'takeSpan'>>)[]
  readonly #options: LearnerOptions
  readonly #order = new EventOrder()
  readonly #recent = new RecentIds(duplicateWindow)
  #waiting: ExchangeRecord[] = []
  #events = 0
  #observations = 0
  #spans = 0
  #duplicates = 0
  #late = 0
  #clockJumps = 0
  #failed = 0

  constructor(options: LearnerOptions) {
    this.#options = options
    this.#parts = options.parts
    this.#takers = options.parts.filter(part => hasMethod(part, 'take'))
    this.#spanTakers = options.parts.filter(part => hasMethod(part, 'takeSpan'))
  }

  get parts(): readonly Durable[] {
    return this.#parts
  }

  get counts(): LearnerCounts {
    return {
      events: this.#events,
      observations: this.#observations,
      spans: this.#spans,
      duplicates: this.#duplicates,
      late: this.#late,
      clockJumps: this.#clockJumps,
      failed: this.#failed,
    }
  }

  /** Time of the newest event that is believed, RFC 3339 UTC, ms; '' before the first. */
  get newest(): string {
    return this.#order.newest
  }

  take(record: ExchangeRecord): void {
    const { id, time } = record.event
    // An id may come from a client (request ids in foreign logs): with its time it cannot hide another call.
    if (!this.#recent.add(id, time)) {
      this.#duplicates++
      return
    }
    const standing = this.#order.judge(time)
    if (standing === 'ahead') {
      this.#waiting.push(record)
      if (this.#waiting.length === agreeing) this.settle()
      return
    }
    if (this.#waiting.length > 0) {
      this.#clockJumps += this.#waiting.length
      this.#waiting = []
    }
    if (standing === 'late') this.#late++
    this.#learn(record)
  }

  /** Believes what waits for others that agree: at the end of a file, and when the process ends. */
  settle(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const record of waiting) this.#learn(record)
  }

  takeSpan(span: Span): void {
    this.#spans++
    for (const part of this.#spanTakers) {
      try {
        part.takeSpan(span)
      } catch (error) {
        this.#fault(part, error)
      }
    }
    this.#options.onSpan?.(span)
  }

  #learn(record: ExchangeRecord): void {
    this.#order.follow(record.event.time)
    this.#events++
    if (record.observation !== null) this.#observations++
    for (const part of this.#takers) {
      try {
        part.take(record)
      } catch (error) {
        this.#fault(part, error)
      }
    }
    this.#options.onTaken?.(record)
  }

  /** One item that a part cannot take must not end the stream. */
  #fault(part: LearningPart, error: unknown): void {
    this.#failed++
    this.#options.onFault?.(part.part, error)
  }
}

function hasMethod<K extends 'take' | 'takeSpan'>(
  part: LearningPart,
  method: K,
): part is LearningPart & Required<Pick<LearningPart, K>> {
  return part[method] !== undefined
}
