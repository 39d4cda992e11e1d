import type { Severity } from '../../core/finding.ts'
import type { Estate } from './estate.ts'
import type { Heading, Weakness } from './input.ts'

/** A kind of weakness. One folder and one line in rules/index.ts. */
export interface Rule {
  /** = folder; never renamed or reused. */
  readonly id: string
  readonly heading: Heading
  /** The weakness in a few words. */
  readonly title: string
  readonly severity: Severity
  /** Clauses: `API1:2023`, `CWE-306`, `NIST SP 800-204 MS-SS-4`, `NIST SP 800-228 REC-API-11`. */
  readonly references: readonly string[]
  /** Pure; silent about what the estate does not show. */
  judge(estate: Estate): Iterable<Weakness>
}
