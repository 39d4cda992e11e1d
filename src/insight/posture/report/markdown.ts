import type { Finding } from '../../../core/finding.ts'
import { severities, type Assessment } from '../assess.ts'
import { headingOf } from '../catalogue.ts'
import { headings, type Heading } from '../input.ts'
import { arithmetic } from './arithmetic.ts'
import { visible } from './visible.ts'

/** Scores whose arithmetic is shown, lowest first. */
const SCORES_SHOWN = 50

/** The assessment for people, as GitHub-flavoured Markdown. Everything that traffic could have written is escaped. */
export function markdownReport(assessment: Assessment): string {
  const { findings, suppressed, expiredSuppressions, scores, dropped } = assessment
  const sections = (Object.keys(headings) as Heading[]).flatMap(heading => {
    const own = findings.filter(({ rule }) => headingOf(rule) === heading)
    return own.length === 0 ? [] : [`## ${headings[heading]}`, ...own.map(section)]
  })
  const lowest = scores.operations.toSorted((a, b) => a.score - b.score).slice(0, SCORES_SHOWN)
  return `${[
    '# Posture',
    scores.overall === null
      ? 'No operation and no route is known.'
      : `Score ${scores.overall} of 100 over ${scores.operations.length} operations; ${severities.map(one => `${findings.filter(({ severity }) => severity === one).length} ${one}`).join(', ')}.`,
    ...(dropped > 0 ? [`${dropped} more findings are left out.`] : []),
    ...(scores.services.length === 0
      ? []
      : [
          table(
            ['service', 'score', 'operations', 'lowest'],
            scores.services.map(one => [
              code(one.name),
              String(one.score),
              String(one.operations),
              `${code(one.lowest.subject)} ${one.lowest.score}`,
            ]),
          ),
        ]),
    ...(scores.tenants.length === 0
      ? []
      : [
          table(
            ['tenant', 'score', 'operations'],
            scores.tenants.map(one => [code(one.name), String(one.score), String(one.operations)]),
          ),
        ]),
    ...sections,
    ...(lowest.length === 0
      ? []
      : [
          '## Scores',
          table(
            ['operation', 'arithmetic'],
            lowest.map(one => [code(one.subject), plain(arithmetic(one))]),
          ),
        ]),
    ...(suppressed.length === 0
      ? []
      : [
          '## Accepted',
          table(
            ['finding', 'subject', 'reason', 'until'],
            suppressed.map(({ finding, reason, until }) => [
              code(finding.rule),
              code(finding.subject),
              plain(reason),
              dayOf(until),
            ]),
          ),
        ]),
    ...(expiredSuppressions.length === 0
      ? []
      : [
          '## Accepted no longer',
          table(
            ['rule', 'subject', 'reason', 'ended'],
            expiredSuppressions.map(({ rule, subject, reason, until }) => [
              code(rule),
              subject === null ? 'every' : code(subject),
              plain(reason),
              dayOf(until),
            ]),
          ),
        ]),
  ].join('\n\n')}\n`
}

function section({ rule, severity, subject, message, evidence, confidence, fix, references }: Finding): string {
  return [
    `### ${severity}: ${plain(message)}`,
    `${code(rule)} on ${code(subject)}, confidence ${confidence}. ${plain(references.join(', '))}`,
    evidence.map(line => `- ${plain(line)}`).join('\n'),
    `**What to do.** ${plain(fix.advice)}`,
    ...(fix.patch === undefined ? [] : [block(fix.patch)]),
  ].join('\n\n')
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** Text as text: no markup, link, HTML, mention or table cell can begin in it. */
function plain(text: string): string {
  return visible(text, 2_000)
    .replace(/[\\`*_{}[\]()#+!|~>-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('@', '&#64;')
    .replace(/(?<=\w):(?=\/\/)/g, '&#58;')
}

/** A code span that its own text cannot end. */
function code(text: string): string {
  const shown = visible(text).replaceAll('|', '\\|')
  const fence = '`'.repeat(longest(shown) + 1)
  return `${fence} ${shown} ${fence}`
}

function block(text: string): string {
  const fence = '`'.repeat(Math.max(3, longest(text) + 1))
  return `${fence}yaml\n${text.trimEnd()}\n${fence}`
}

function longest(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(run => run.length))
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
