/** What one foreign suite found. */
export interface SuiteResult {
  readonly suite: string
  readonly run: number
  readonly failed: number
  /** Cases whose different outcome is written down with a reason; part of `run`. */
  readonly excepted: number
  readonly failures: readonly string[]
}
