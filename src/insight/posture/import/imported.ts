import type { Severity } from '../../../core/finding.ts'

/** What another scanner found, as far as it can be laid beside an operation. Texts are the scanner's: escape them. */
export interface ImportedFinding {
  /** Scanner: `ZAP`, `Schemathesis`, the driver's name of a SARIF run … */
  readonly tool: string
  readonly rule: string
  readonly severity: Severity
  readonly message: string
  /** null: the finding names none. */
  readonly method: string | null
  /** Path, path template or URL as the scanner wrote it; null: the finding names none. */
  readonly path: string | null
  /** `CWE-89` … */
  readonly references: readonly string[]
  /** What it is about, where the source knows our words for it; else it is found by method and path. */
  readonly subject?: string
  /** Lines in place of the message. */
  readonly evidence?: readonly string[]
  /** 0–1, where the source says. */
  readonly confidence?: number
  readonly advice?: string
}
