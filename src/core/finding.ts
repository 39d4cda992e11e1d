export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info'

/** A statement about an operation, a service or a principal, with its evidence: a posture weakness or an anomaly (DESIGN §1). */
export interface Finding {
  /** Rule or detector, such as `missing-authentication`. */
  readonly rule: string
  readonly severity: Severity
  /** What it is about: an operation id, `service NAME`, `listener NAME`, `route NAME`, `principal …`. */
  readonly subject: string
  /** One sentence for people. */
  readonly message: string
  /** What was seen, each with a figure or a place. */
  readonly evidence: readonly string[]
  /** 0–1. */
  readonly confidence: number
  /** What to do, and as a patch to our configuration where that is possible. */
  readonly fix: { readonly advice: string; readonly patch?: string }
  /** Clauses: `API1:2023`, `CWE-306`, `NIST SP 800-204 MS-SS-4`, `NIST SP 800-228 REC-API-11`. */
  readonly references: readonly string[]
}
