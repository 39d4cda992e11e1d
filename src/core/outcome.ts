/** How an exchange ended, in one word. */
export type VerdictWord = 'pass' | 'refuse' | 'reply' | 'error'

/** How one exchange ended: what the event adds to the Exchange. Known exactly once, when the last byte is gone or lost. */
export interface Outcome {
  verdict: VerdictWord
  /** Sent to the client; 0 when nothing could be sent. */
  status: number
  /** From the service; 0 when it was not asked or did not answer. */
  upstreamStatus: number
  /** The policy that refused or replied; '' for the gateway itself. */
  policy: string
  /** Problem code; '' when there is none. */
  code: string
  /** Private words of the refusal; ''. */
  reason: string
  /** The upstream address that served it, e.g. `http://10.0.0.5:8080`; ''. */
  target: string
  /** Body bytes, as they crossed the wire without framing. */
  requestBytes: number
  responseBytes: number
  durationMs: number
  /** From the first byte sent upstream to the end of the answer's head; -1 when it was not asked. */
  upstreamMs: number
  /** Version of the snapshot that decided. */
  configVersion: number
}
