import type { Finding, Severity } from '../../core/finding.ts'
import { estateOf } from './estate.ts'
import { mergeImported } from './import/merge.ts'
import type { PostureInput, Weakness } from './input.ts'
import { patchText } from './patch.ts'
import type { Rule } from './rule.ts'
import { rules } from './rules/index.ts'
import { scoresOf, type Scores } from './score.ts'
import { applySuppressions, type Suppressed, type Suppression } from './suppressions.ts'

/** What posture says of an estate. */
export interface Assessment {
  /** Worst first, then by subject and rule: the same input gives the same order. */
  readonly findings: readonly Finding[]
  /** Accepted by the operator. They cost no points; reports name them. */
  readonly suppressed: readonly Suppressed[]
  readonly expiredSuppressions: readonly Suppression[]
  readonly unusedSuppressions: readonly Suppression[]
  readonly scores: Scores
  /** Findings above the cap, left out. */
  readonly dropped: number
}

/** An estate with more is told by its first ones. */
export const FINDINGS_MAX = 20_000

/** Lines of evidence of one finding; what is beyond is counted in words. */
const EVIDENCE_MAX = 12

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const satisfies readonly Severity[]

/** Judges by every rule. Pure; a rule that throws is a bug and throws here. */
export function assess(input: PostureInput, list: readonly Rule[] = rules): Assessment {
  const estate = estateOf(input)
  const all: Finding[] = []
  let dropped = 0
  for (const rule of list) {
    for (const weakness of rule.judge(estate)) {
      if (all.length < FINDINGS_MAX) all.push(findingOf(rule, weakness))
      else dropped++
    }
  }
  const merged = mergeImported(all, input.imported, estate)
  const { findings, suppressed, expired, unused } = applySuppressions(merged, input.suppressions, input.now)
  return {
    findings: findings.sort(worstFirst),
    suppressed,
    expiredSuppressions: expired,
    unusedSuppressions: unused,
    scores: scoresOf(estate, findings),
    dropped,
  }
}

function findingOf(rule: Rule, weakness: Weakness): Finding {
  const { subject, message, evidence, confidence, advice, patch } = weakness
  return {
    rule: rule.id,
    severity: weakness.severity ?? rule.severity,
    subject,
    message,
    evidence:
      evidence.length <= EVIDENCE_MAX
        ? evidence
        : [...evidence.slice(0, EVIDENCE_MAX), `and ${evidence.length - EVIDENCE_MAX} more`],
    confidence: Math.round(Math.min(1, Math.max(0, confidence)) * 100) / 100,
    fix: { advice, ...(patch === undefined ? {} : { patch: patchText(patch) }) },
    references: rule.references,
  }
}

function worstFirst(a: Finding, b: Finding): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    b.confidence - a.confidence ||
    compare(a.subject, b.subject) ||
    compare(a.rule, b.rule)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
