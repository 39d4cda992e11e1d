import type { Severity } from '../core/finding.ts'
import type { IncidentReport } from '../response/incidents/report.ts'
import type { WouldRefuseReport } from '../response/would-refuse.ts'
import { table } from './table.ts'

/** Incidents as a table. */
export function listInWords(reports: readonly IncidentReport[]): string {
  if (reports.length === 0) return 'no incidents'
  const head = ['', 'severity', 'state', 'first seen (UTC)', 'last seen', 'who', 'about', 'what']
  const rows = reports.map(report => [
    String(report.number),
    report.severity,
    report.state === 'open' ? (report.running ? 'running' : 'over') : report.state,
    report.firstSeen.slice(0, 16).replace('T', ' '),
    report.lastSeen.slice(11, 19),
    and([...report.principals, ...report.actors]),
    and(report.operations),
    report.accounts.map(({ title }) => title).join('; '),
  ])
  return table([head, ...rows])
}

/** All of one incident. */
export function incidentInWords(report: IncidentReport): string {
  const { number, severity, state, running, summary, accounts, references, addresses, history, events } = report
  const lines = (title: string, texts: readonly string[]): readonly string[] =>
    texts.length === 0 ? [] : ['', title, ...texts.map(text => `  ${text}`)]
  return [
    `incident ${number}  ${severity}  ${state === 'open' ? (running ? 'running' : 'over') : state}`,
    '',
    summary,
    ...accounts.flatMap(({ code, title, evidence, normal, deviation, threshold }) =>
      lines(`${title} (${code}; ${figure(deviation)} where ${figure(threshold)} is allowed)`, [
        ...evidence,
        ...(normal === '' ? [] : [`normal: ${normal}`]),
      ]),
    ),
    ...lines('who', [...report.principals, ...report.actors]),
    ...lines(
      'from',
      addresses.map(
        ({ address, internal, owner }) =>
          `${address}${owner === null ? '' : `  ${owner}`}${internal ? '  internal' : ''}`,
      ),
    ),
    ...lines('about', report.operations),
    ...lines('what it is called elsewhere', [references.join(', ')]),
    ...lines('events', events),
    ...lines(
      'what was done',
      history.map(({ action, author, reason, at }) => `${at.slice(0, 19)}Z  ${action} by ${author}: ${reason}`),
    ),
  ].join('\n')
}

/** What the policy `behaviour` would have done, had it stood on every route. */
export function wouldRefuseInWords(
  { passed, since, callers, forgotten }: WouldRefuseReport,
  severity: Severity,
): string {
  if (passed === 0) return 'no calls yet'
  const calls = callers.reduce((sum, one) => sum + one.calls, 0)
  const head = `policy behaviour with { action: block, severity: ${severity} } on every route would have refused ${calls} of ${passed} calls that passed since ${time(since)}`
  if (callers.length === 0) return head
  const rows = callers.map(({ caller, ...one }) => [
    String(one.calls),
    caller,
    one.severity,
    time(one.first),
    time(one.last),
    and(
      Object.entries(one.routes)
        .sort(([, a], [, b]) => b - a)
        .map(([route]) => route),
    ),
    one.incidents.join(', '),
  ])
  return [
    `${head}:`,
    '',
    table([['calls', 'who', 'severity', 'first (UTC)', 'last', 'route', 'incidents'], ...rows]),
    ...(forgotten === 0 ? [] : ['', `${forgotten} more callers were forgotten for want of room`]),
    '',
    'Whoever should not be refused: `portcullis incidents show NUMBER` says why it would be, `portcullis incidents accept NUMBER` that it is normal.',
  ].join('\n')
}

function time(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

function and(names: readonly string[]): string {
  const [first = '–'] = names
  return names.length > 1 ? `${first} and ${names.length - 1} more` : first
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
