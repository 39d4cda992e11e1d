/** One line of the event log, read back (DESIGN §4 "Event"; docs/reference/events.md). Absent things are null. */
export interface EventRecord {
  /** RFC 3339 UTC, ms. Event time is the only clock of the learner. */
  readonly time: string
  readonly id: string
  readonly traceId: string | null
  readonly spanId: string | null
  readonly parentId: string | null
  readonly listener: string
  readonly protocol: string
  readonly client: string
  readonly method: string
  readonly host: string
  /** Canonical path without query; segments of a personal or secret class are masked as class and keyed hash. */
  readonly path: string
  readonly query: readonly { readonly name: string; readonly type: string }[]
  readonly route: string | null
  readonly service: string | null
  readonly target: string | null
  readonly status: number
  readonly upstreamStatus: number | null
  readonly requestBytes: number
  readonly responseBytes: number
  readonly durationMs: number
  readonly upstreamMs: number | null
  readonly principal: { readonly subject: string; readonly method: string; readonly issuer: string | null } | null
  readonly verdict: 'pass' | 'refuse' | 'reply' | 'error'
  readonly policy: string | null
  readonly code: string | null
  readonly reason: string | null
}
