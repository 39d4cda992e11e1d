import type { EventRecord } from './event-record.ts'
import type { Observation } from './observation.ts'

/** One exchange as the learner takes it, live or replayed. */
export interface ExchangeRecord {
  readonly event: EventRecord
  /** null: its route does not learn, or the source has no contents (an access log). */
  readonly observation: Observation | null
}

/**
 * An exchange with its contents, on its way from the data plane or a file of exchanges (HAR, NDJSON) to being reduced to an Observation.
 * Lives in memory for that moment only; never stored, never logged.
 */
export interface RawExchange {
  readonly event: EventRecord
  /** As sent, without `?`. */
  readonly query: string
  /** Names as sent, in order. */
  readonly requestFields: ReadonlyArray<readonly [name: string, value: string]>
  readonly responseFields: ReadonlyArray<readonly [name: string, value: string]>
  /** The first bytes of the bodies, up to the sender's cap; null when there was none. */
  readonly requestBody: Uint8Array | null
  readonly responseBody: Uint8Array | null
  /** null: unknown. */
  readonly encrypted: boolean | null
}
