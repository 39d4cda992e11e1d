/**
 * A part of what was learnt that survives the process. The store takes the changed rows about once a second, in one transaction over all
 * parts, so that kill -9 loses at most that second and never half of one.
 */
export interface Durable {
  /** Names its rows in the store. */
  readonly part: string
  /** Rows changed since the last call, as JSON text; null: the row is gone. */
  changes(): Iterable<readonly [key: string, value: string | null]>
  /** At start, before anything is taken. Rows that do not read are skipped and counted, never thrown. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void
}
