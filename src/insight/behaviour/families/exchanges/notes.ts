import type { NamesJudgement } from '../../../profiles/names-profile.ts'
import type { AxisName } from './axes.ts'

export type Deviation = Partial<Record<AxisName, number>>

/** Clauses of an explanation are added here as they are found; null when nobody reads them. */
export type Notes = { axis: string; text: string }[] | null

/** Bits, and standard deviations, below which nothing is worth a word. */
export const noted = 6
export const notedDistance = 4

/** What is new or missing among names; safe names alone. */
export function noteNames(notes: Notes, axis: AxisName, names: NamesJudgement, place: string, count: number): void {
  if (notes === null || names.bits < noted) return
  if (names.unknown.length > 0)
    notes.push({ axis, text: `${listed(names.unknown)} never came in ${count} calls (${place})` })
  else if (names.missing.length > 0) notes.push({ axis, text: `${listed(names.missing)} is missing (${place})` })
  else notes.push({ axis, text: `these names never came together in ${count} calls (${place})` })
}

function listed(names: readonly string[]): string {
  return names.map(name => `\`${name}\``).join(', ')
}
