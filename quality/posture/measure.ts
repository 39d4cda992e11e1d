import type { Assessment } from '../../src/insight/posture/assess.ts'
import type { QualityFigure } from '../quality-case.ts'

export const foundMust = 0.95
/** False findings for each 20 sound operations. */
export const falseMust = 1

/** A weakness that is known to be there: what the seeding of any world, made up or really running, hands over. */
export interface Truth {
  readonly name: string
  readonly heading: string
  /** Rules and subjects, any pair of which says it. */
  readonly rules: readonly string[]
  readonly subjects: readonly string[]
}

/** One assessed world with what is known of it; made up or really running. */
export interface Judged {
  readonly truths: readonly Truth[]
  readonly assessment: Assessment
  /** Subjects about which anything may be said. */
  readonly touched: ReadonlySet<string>
  readonly soundOperations: number
}

/** How many weaknesses were found, and how much was said of what is sound. */
export function measure(worlds: readonly Judged[]): QualityFigure {
  const found = worlds.flatMap(({ truths, assessment }) =>
    truths.map(truth => ({ truth, hit: isFound(truth, assessment) })),
  )
  const hits = found.filter(({ hit }) => hit).length
  const wrong = worlds.flatMap(falseFindings)
  const operations = worlds.reduce((sum, one) => sum + one.soundOperations, 0)
  const perTwenty = operations === 0 ? wrong.length : (wrong.length / operations) * 20
  const value = found.length === 0 ? 1 : hits / found.length
  const missed = found.filter(({ hit }) => !hit).map(({ truth }) => truth.name)
  const notes = [
    `${hits} of ${found.length} (${headingWords(found)})`,
    `${wrong.length} false findings over ${operations} sound operations, ${perTwenty.toFixed(2)} per 20`,
    ...(missed.length === 0 ? [] : [`missed: ${missed.join(', ')}`]),
    ...(wrong.length === 0 ? [] : [`false: ${[...new Set(wrong)].slice(0, 8).join(', ')}`]),
  ]
  return {
    value: Math.round(value * 10_000) / 10_000,
    of: found.length,
    holds: value >= foundMust && perTwenty <= falseMust,
    note: notes.join('; '),
  }
}

function isFound({ rules, subjects }: Truth, { findings }: Assessment): boolean {
  return findings.some(({ rule, subject }) => rules.includes(rule) && subjects.includes(subject))
}

function falseFindings({ assessment, touched }: Judged): string[] {
  return assessment.findings
    .filter(({ subject }) => !touched.has(subject))
    .map(({ rule, subject }) => `${rule} (${subject})`)
}

function headingWords(found: ReadonlyArray<{ readonly truth: Truth; readonly hit: boolean }>): string {
  return [...Map.groupBy(found, ({ truth }) => truth.heading)]
    .map(([heading, all]) => `${heading} ${all.filter(({ hit }) => hit).length}/${all.length}`)
    .join(', ')
}
