import type { Finding } from '../core/finding.ts'
import { severities, type Assessment } from '../insight/posture/assess.ts'
import { headingOf } from '../insight/posture/catalogue.ts'
import { headings, type Heading } from '../insight/posture/input.ts'
import { arithmetic } from '../insight/posture/report/arithmetic.ts'
import { visible } from '../insight/posture/report/visible.ts'
import { counted } from './fail.ts'
import { table } from './table.ts'

/** Operations whose arithmetic is shown, lowest first. */
const LOWEST_SHOWN = 5

/** The assessment for a terminal: findings by heading, then scores. Nothing that traffic wrote reaches the terminal as it is. */
export function postureInWords({
  findings,
  suppressed,
  expiredSuppressions,
  unusedSuppressions,
  scores,
  dropped,
}: Assessment): string {
  const sections = (Object.keys(headings) as Heading[]).flatMap(heading => {
    const own = findings.filter(({ rule }) => headingOf(rule) === heading)
    return own.length === 0 ? [] : [`${headings[heading]}\n${table(own.map(row))}`]
  })
  const lowest = scores.operations
    .toSorted((a, b) => a.score - b.score)
    .filter(({ score }) => score < 100)
    .slice(0, LOWEST_SHOWN)
  const notes = [
    ...(dropped > 0 ? [`${dropped} more findings are left out`] : []),
    ...(suppressed.length > 0 ? [`${counted(suppressed.length, 'finding')} accepted`] : []),
    ...expiredSuppressions.map(
      ({ rule, subject }) => `accepted no longer: ${visible(rule)}${subject === null ? '' : ` on ${visible(subject)}`}`,
    ),
    ...unusedSuppressions.map(
      ({ rule, subject }) =>
        `accepted, and not found: ${visible(rule)}${subject === null ? '' : ` on ${visible(subject)}`}`,
    ),
  ]
  return `${[
    ...sections,
    ...(scores.services.length === 0
      ? []
      : [
          `Scores\n${table(scores.services.map(one => [`  ${visible(one.name, 60)}`, String(one.score), counted(one.operations, 'operation'), `lowest ${one.lowest.score}: ${visible(one.lowest.subject, 80)}`]))}`,
        ]),
    ...(lowest.length === 0
      ? []
      : [
          `Lowest\n${lowest.map(one => `  ${visible(one.subject, 100)}\n    ${visible(arithmetic(one), 1_000)}`).join('\n')}`,
        ]),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    scores.overall === null
      ? 'No operation and no route is known.'
      : `Score ${scores.overall} of 100; ${severities.map(one => `${findings.filter(({ severity }) => severity === one).length} ${one}`).join(', ')}. --format markdown shows evidence, advice and patches.`,
  ].join('\n\n')}\n`
}

function row({ severity, rule, message, confidence, fix }: Finding): readonly string[] {
  return [
    `  ${severity}`,
    confidence.toFixed(2),
    fix.patch === undefined ? '' : 'patch',
    visible(rule, 60),
    visible(message, 160),
  ]
}
