import { visible } from '../insight/posture/report/visible.ts'
import type { EnforcedAt } from '../insight/surface/enforced/enforced-at.ts'
import type { Privilege } from '../insight/surface/privileges.ts'
import { table } from './table.ts'

const rowsShown = 40

/** Who stops whom, for a terminal: ways around the gateway first, then what was never used and who would stop it. */
export function enforcedInWords({ list, targets, findings }: EnforcedAt, privileges: readonly Privilege[]): string {
  const used = new Set(privileges.filter(one => one.used > 0).map(({ caller, operation }) => `${caller} ${operation}`))
  const unused = list.filter(({ caller, operation }) => !used.has(`${caller} ${operation}`))
  const rows = unused
    .toSorted((a, b) => Number(stopped(a)) - Number(stopped(b)))
    .slice(0, rowsShown)
    .map(({ caller, operation, through, around }) => [
      `  ${visible(caller, 80)}`,
      visible(operation, 100),
      through,
      around,
    ])
  const sections = [
    `Around the gateway\n${table(targets.map(({ service, target, reach, by, sources }) => [`  ${service}`, visible(target, 100), reach, by ?? '', visible(sources.slice(0, 4).join(', '), 160)]))}`,
    rows.length === 0
      ? ''
      : `Who would stop what was never used\n${table([['  caller', 'operation', 'through the gateway', 'around it'], ...rows])}${unused.length > rowsShown ? `\n  and ${unused.length - rowsShown} more (--json)` : ''}`,
    ...findings.map(
      ({ severity, message, evidence }) =>
        `${severity}  ${visible(message, 300)}\n${evidence
          .slice(0, 4)
          .map(line => `  ${visible(line, 300)}`)
          .join('\n')}`,
    ),
  ]
  return sections.filter(text => text !== '').join('\n\n')
}

/** On both ways. */
function stopped({ through, around }: EnforcedAt['list'][number]): boolean {
  return through !== 'nobody' && around !== 'nobody'
}
