import type { Judged } from './cross-fit.ts'
import type { Family, Judgement } from './model.ts'
import { type RobustTail, robustSurprise, robustTailOf } from './robust-surprise.ts'

/** Of what nothing is comparable with. */
const incomparable = 1000
const norm = 4
/** So few are never enough, nor is a smaller share: it would not move a baseline that anybody asks for. */
export const shownLeast = 12
export const shownShare = 0.002
/** Deviations to this ratio are one measure. */
const alikeRatio = 1.5

/** An item with how strange it is on a scale that the bulk of all items sets, all axes together. */
export interface Row<Item> {
  readonly item: Item
  readonly judgement: Judgement
  readonly strangeness: number
}

/** By axis. */
export type Scale = ReadonlyMap<string, RobustTail>

export function scaleOf<Item>({ axes }: Family<Item>, judged: readonly Judged<Item>[], share: number): Scale {
  const tails = new Map<string, RobustTail>()
  for (const { name, scale } of axes) {
    const deviations = judged.flatMap(({ judgement }) => judgement.deviation[name] ?? [])
    if (deviations.length > 0) tails.set(name, robustTailOf(deviations, scale, share))
  }
  return tails
}

export function rowOf<Item>(scale: Scale, { item, judgement }: Judged<Item>): Row<Item> {
  let sum = 0
  for (const axis in judgement.deviation) sum += surpriseOn(scale, axis, judgement) ** norm
  return { item, judgement, strangeness: judgement.signature === null ? incomparable : sum ** (1 / norm) }
}

export function surpriseOn(scale: Scale, axis: string, { deviation }: Judgement): number {
  const tail = scale.get(axis)
  return tail === undefined ? 0 : robustSurprise(tail, deviation[axis] as number)
}

/** The strangest first; equals in the order of their keys, in which they are judged. */
export function ranked<Item>(scale: Scale, judged: readonly Judged<Item>[], normal: ReadonlySet<Item>): Row<Item>[] {
  return judged
    .map(one => (normal.has(one.item) ? { ...one, strangeness: 0 } : rowOf(scale, one)))
    .sort((a, b) => b.strangeness - a.strangeness)
}

/** The axis that is strangest, and how far on it, roughly. */
export function kindOf(scale: Scale, judgement: Judgement): readonly [axis: string, measure: number] {
  let [worst, most] = ['', -1]
  for (const axis in judgement.deviation) {
    const surprise = surpriseOn(scale, axis, judgement)
    if (surprise > most) [worst, most] = [axis, surprise]
  }
  return [worst, Math.round(Math.log(1e-9 + (judgement.deviation[worst] ?? 0)) / Math.log(alikeRatio))]
}
