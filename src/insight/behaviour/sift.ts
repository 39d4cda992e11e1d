import { type CrossFitted, crossFit } from './cross-fit.ts'
import type { Family } from './model.ts'
import { stepOut } from './step-out.ts'
import { type Row, type Scale, kindOf, ranked, rowOf, scaleOf, shownLeast, shownShare } from './strangeness.ts'

/** A model of the items that were kept, and the others. */
export interface Sifted<Item> {
  readonly fitted: CrossFitted<Item>
  /** Like nothing that was kept, and too many to be the far end of what is normal: neither learnt nor part of any baseline. The strangest first. */
  readonly setAside: readonly Item[]
}

export interface SiftOptions<Item> {
  /** Somebody said that there are attacks among the items; else their scores must show it. */
  readonly attacked?: boolean
  /** Stay, whatever they look like. */
  readonly normal?: ReadonlySet<Item>
}

/** Where so many times as many items lie as the bulk promises, most of them are something else. */
const excessLeast = 4
/** What shows that there is something else at all must be plainer, since nothing is set aside otherwise. */
const excessShown = 6
/**
 * Items that are strange in the same measure on the same axis are one observation made often, as are a rare mode or a new name now and then: beyond so
 * many (a share of all, at least three) they show nothing more.
 */
const alikeShare = 0.001
/** Fewer items have no bulk. */
const itemsLeast = 1_000
/** What a minority of so many items does is not believed: to see whether there is one, and, when there is, to tell all of it. */
const shares = { doubted: 0.02, leftOut: 0.03 } as const
/** After some fits what is left of a minority supports itself no more. */
const refits = 3
/**
 * Learns items, all of them as normal, but for a minority (three in a hundred at most) that is like nothing else. What is far out on a scale that the bulk sets is
 * not proof: times have heavy tails, and rare things are normal. Far more items there than the bulk promises, of several kinds, are. Then the strangest three
 * in a hundred are left out and all are judged anew by a model of the rest, three times (concentration steps; Rousseeuw and Van Driessen,
 * Technometrics 41, 1999), since items of a minority vouch for each other; those stay out that are more than four times as many as promised.
 */
export function sift<Item>(
  family: Family<Item>,
  items: readonly Item[],
  { attacked = false, normal = new Set() }: SiftOptions<Item> = {},
): Sifted<Item> {
  const fitted = crossFit(family, items)
  const kept = { fitted, setAside: [] }
  if (items.length < itemsLeast) return kept
  let scale = scaleOf(family, fitted.judged, shares.doubted)
  let rows = ranked(scale, fitted.judged, normal)
  if (!attacked && (family.motley === true || !showsMinority(family, scale, rows))) return kept
  if (family.manyModes === true) return stepOut(family, items, { fitted, normal })
  let { model } = fitted
  for (let refit = 0; refit < refits; refit++) {
    const out = Math.floor(shares.leftOut * rows.length)
    const next = crossFit(
      family,
      rows.slice(out).map(({ item }) => item),
    )
    model = next.model
    const judged = [
      ...next.judged,
      ...rows.slice(0, out).map(({ item }) => ({ item, judgement: next.model.judge(item) })),
    ]
    scale = scaleOf(family, judged, shares.leftOut)
    rows = ranked(scale, judged, normal)
  }
  const line = lineOf(rows)
  if (line === null) return kept
  const sampled = new Set(rows.map(({ item }) => item))
  const others = items
    .filter(item => !sampled.has(item) && !normal.has(item))
    .map(item => rowOf(scale, { item, judgement: model.judge(item) }))
  const setAside = [...rows, ...others]
    .filter(({ strangeness }) => strangeness >= line)
    .sort((a, b) => b.strangeness - a.strangeness)
    .map(({ item }) => item)
  const gone = new Set(setAside)
  return {
    fitted: crossFit(
      family,
      items.filter(item => !gone.has(item)),
    ),
    setAside,
  }
}

/** How many items the bulk promises as strange as each of the strangest. */
function promised<Item>(rows: readonly Row<Item>[], share: number): (strangeness: number) => number {
  const trusted = Math.floor(share * rows.length)
  const from = rows[trusted]?.strangeness ?? 0
  return strangeness => share * rows.length * 10 ** (from - strangeness)
}

function showsMinority<Item>({ manyModes }: Family<Item>, scale: Scale, rows: readonly Row<Item>[]): boolean {
  const least = Math.max(shownLeast, shownShare * rows.length)
  const alikeMost = Math.max(3, alikeShare * rows.length)
  const expected = promised(rows, shares.doubted)
  const alike = new Map<string, number>()
  let shown = 0
  for (const { judgement, strangeness } of rows.slice(0, Math.floor(shares.doubted * rows.length))) {
    const [axis, measure] = kindOf(scale, judgement)
    // One way to be normal can be strange in many measures, hardly on many axes.
    const kind = manyModes === true ? axis : `${axis} ${measure}`
    const times = (alike.get(kind) ?? 0) + 1
    alike.set(kind, times)
    if (times <= alikeMost) shown++
    if (shown >= least && shown >= excessShown * expected(strangeness)) return true
  }
  return false
}

/** The strangeness from which on most items are too many, down to where a step further would add no more than chance does; null: nowhere. */
function lineOf<Item>(rows: readonly Row<Item>[]): number | null {
  const expected = promised(rows, shares.leftOut)
  let line: number | null = null
  let most = 0
  for (const [i, { strangeness }] of rows.slice(0, Math.floor(shares.leftOut * rows.length)).entries()) {
    const excess = i + 1 - excessLeast * expected(strangeness)
    if (excess > most) [line, most] = [strangeness, excess]
  }
  return line
}
