import { visible } from '../insight/posture/report/visible.ts'
import type { BlastRadius } from '../insight/surface/blast-radius.ts'
import type { RoutePlan } from '../insight/surface/plan.ts'
import type { Part } from '../insight/surface/parts.ts'
import { isSurplus, type Privilege } from '../insight/surface/privileges.ts'
import type { Surface } from '../insight/surface/surface.ts'
import { counted } from './fail.ts'
import { table } from './table.ts'

const namesShown = 4
const rowsShown = 40

/** The surface for a terminal. Nothing that traffic wrote reaches the terminal as it is. */
export function surfaceInWords(surface: Surface, callers: boolean): string {
  const { plan, privileges, reasons, blast, notes, unreached, surplus, surplusAfter } = surface
  const changed = plan.routes.filter(one => one.changed)
  const sections = [
    zonesInWords(surface),
    callers ? matrix(privileges.list) : overExposed(privileges.list),
    changed.length === 0 ? '' : `Routes after the patch\n${table(shown(changed.flatMap(planRows)))}`,
    reasons.usedWithoutReason.length === 0
      ? ''
      : `Used without a reason (reason: on the route)\n  ${named(reasons.usedWithoutReason.map(({ route }) => route))}`,
    reasons.reasonedButUnused.length === 0
      ? ''
      : `Reasoned, but unused\n${table(reasons.reasonedButUnused.map(({ route, reason, owner }) => [`  ${visible(route)}`, visible(owner ?? '', 60), visible(reason ?? '', 120)]))}`,
    surplus === 0 ? '' : blastInWords(blast),
    unreached.length === 0 ? '' : `No route reaches\n  ${named(unreached)}`,
    notes.length === 0 ? '' : `Notes\n${shown(notes.map(note => [`  ${visible(note, 300)}`])).join('\n')}`,
    surplus === 0
      ? 'Every permission is used.'
      : `${counted(surplus, 'permission')} never used; the patch closes ${surplus - surplusAfter}. --patch prints it, --callers shows each caller with each operation.`,
  ]
  return sections.filter(text => text !== '').join('\n\n')
}

function zonesInWords({ exposure }: Surface): string {
  const rows = exposure.map(({ zone, reachable, used, reachableAfter, openEnds, openEndsAfter }) => [
    `  ${zone}`,
    String(reachable.length),
    String(used.length),
    String(reachable.length - used.length),
    String(reachableAfter.length),
    openEnds.length === 0 ? '' : `${openEnds.length} → ${openEndsAfter.length}: ${named(openEnds)}`,
  ])
  return rows.length === 0
    ? 'Nothing is reachable.'
    : `Reached from\n${table([['  zone', 'operations', 'used', 'surplus', 'after', 'open ends (/**)'], ...rows])}`
}

/** Callers with what they never use, the widest first. */
function overExposed(list: readonly Privilege[]): string {
  const byCaller = new Map<string, Privilege[]>()
  for (const one of list) if (one.granted !== 'no') byCaller.set(one.caller, [...(byCaller.get(one.caller) ?? []), one])
  const rows = [...byCaller]
    .map(([caller, all]) => ({ caller, all, never: all.filter(isSurplus) }))
    .filter(({ never }) => never.length > 0)
    .sort((a, b) => b.never.length - a.never.length || (a.caller < b.caller ? -1 : 1))
    .map(({ caller, all, never }) => [
      `  ${visible(caller, 80)}`,
      String(all.length),
      String(all.length - never.length),
      `${never.some(({ granted }) => granted === 'yes') ? '' : 'perhaps '}${named(never.map(({ operation }) => operation))}`,
    ])
  return rows.length === 0 ? '' : `May, and never did\n${table([['  caller', 'may', 'uses', 'never'], ...shown(rows)])}`
}

function matrix(list: readonly Privilege[]): string {
  const rows = list.map(({ caller, operation, granted, used, denied, refused, lastUse, grantedAfter }) => [
    `  ${visible(caller, 80)}`,
    visible(operation, 100),
    { yes: 'may', unknown: 'perhaps', no: 'may not' }[granted],
    String(used),
    String(denied),
    String(refused),
    lastUse.slice(0, 10),
    granted !== 'no' && grantedAfter === 'no' ? 'closed' : '',
  ])
  return `Callers\n${table([['  caller', 'operation', '', 'used', 'denied', 'refused', 'last use', 'patch'], ...rows])}`
}

function planRows({ route, parts }: RoutePlan): string[][] {
  if (parts.length === 0) return [[`  ${route.name}`, 'goes: nothing of it is used']]
  return parts.map(part => [`  ${part.name}`, partWords(part)])
}

function partWords({ path, methods, principals, locked }: Part): string {
  const what = `${methods.length === 0 ? 'any' : methods.join(',')} ${visible(path, 100)}`
  if (locked) return `${what}  for nobody`
  if (principals === null) return what
  return `${what}  for ${named(principals.map(({ method, subject }) => subject ?? `everybody by ${method}`))}`
}

function blastInWords({ calls, callers, deniedBefore, toNothing, known, confidence, because }: BlastRadius): string {
  const young = known.filter(one => one.young)
  return [
    `Blast radius: ${counted(calls, 'call')} of the past would have been refused; confidence ${confidence.toFixed(2)}`,
    ...callers
      .slice(0, rowsShown)
      .map(one => `  ${visible(one.caller, 80)}  ${counted(one.calls, 'call')}, last ${one.lastUse.slice(0, 10)}`),
    ...because.map(words => `  ${words}`),
    ...(deniedBefore > 0
      ? [`  ${counted(deniedBefore, 'call')} that the service sent away itself would stop at the gateway`]
      : []),
    ...(toNothing > 0 ? [`  ${counted(toNothing, 'call')} went to what the service never answered`] : []),
    ...(young.length > 0
      ? [`  known too short to be sure of: ${named(young.map(({ caller, days }) => `${caller} (${days} d)`))}`]
      : []),
  ].join('\n')
}

function named(all: readonly string[]): string {
  const first = all.slice(0, namesShown).map(name => visible(name, 80))
  return all.length > namesShown ? `${first.join(', ')} and ${all.length - namesShown} more` : first.join(', ')
}

function shown(rows: string[][]): string[][] {
  return rows.length <= rowsShown
    ? rows
    : [...rows.slice(0, rowsShown), [`  and ${rows.length - rowsShown} more (--json)`]]
}
