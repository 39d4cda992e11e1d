import type { Exchange } from '../core/exchange.ts'
import type { Clock, Log } from '../core/host.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Contents } from '../events/stream/frame-encoder.ts'
import type { Budget } from '../net/budget.ts'
import type { Snapshot } from './snapshot.ts'
import type { Tracer } from './trace.ts'

/** What every exchange of a worker needs; one per worker. */
export interface Plane {
  /** The committed snapshot; null until the first commit, and then nothing is answered but 503. */
  snapshot: Snapshot | null
  readonly clock: Clock
  readonly log: Log
  readonly budget: Budget
  /** Insight runs, so exchanges of learning routes are gathered for it. */
  readonly learns: boolean
  /** One serialization: event line, metrics, insight. */
  readonly record: (x: Exchange, outcome: Outcome, contents: Contents | null) => void
  /** Counts failures toward a service by kind. */
  readonly upstreamError: (service: string, kind: string) => void
  readonly requestId: () => string
  /** Continues or starts the exchange's trace (W3C trace context). */
  readonly tracer: Tracer
  /** Exchanges in flight: +1 and -1. */
  readonly inFlight: (delta: number) => void
}

/** What a listener adds to each exchange. */
export interface ListenerFacts {
  readonly name: string
  /** Complete header lines for every answer: HSTS on TLS, else ''. */
  fields: string
}
