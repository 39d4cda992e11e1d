import { type CrossFitted, crossFit } from './cross-fit.ts'
import type { Family, Judgement } from './model.ts'
import type { RobustTail } from './robust-surprise.ts'
import { type Row, type Scale, kindOf, ranked, rowOf, scaleOf, shownLeast, shownShare } from './strangeness.ts'

/** So much of what is judged is not believed when tails are extrapolated; no more than that may step out. */
const doubted = 0.02
/** The rank from which the number of strange items is promised lies deeper, so that a minority leaves most of the items there. */
const anchor = 0.04
/** Where so many times as many items lie as the others promise, most of them are something else. */
const excessLeast = 3
/** A tail with this mean excess leaves so wide a gap below its `k` farthest items with the probability exp(−3 k). */
const gapLeast = 3
/** Items in the same measure on an axis, to this ratio, are a habit of a few when there are more (a share of all, at least three). */
const [alikeRatio, alikeShare] = [1.1, 0.001]
/** Of an axis, so much at most may lie beyond a gap. */
const detachedShare = 0.01
/** More calls that are strange in the same measure on the same axis than this share of all are a mode of their own. */
const modeShare = 0.003
/** Each round shows what the ones before had vouched for; it ends by itself before, as a rule. */
const rounds = 6

/**
 * Where it is known that there is a minority among the items: the strangest step out, round by round, and all are judged by a model of those that stay. Only what
 * is strange while the likes of it are still learnt goes, so a mode of a few in a hundred, which a fixed share left out would take away whole, vouches for
 * itself and stays. Out go items that are more than three times as many as the others promise, all axes together, and those that a gap parts from all
 * others on one axis. Who went stays out; two in a hundred at most go.
 */
export function stepOut<Item>(
  family: Family<Item>,
  items: readonly Item[],
  { fitted, normal }: { readonly fitted: CrossFitted<Item>; readonly normal: ReadonlySet<Item> },
): { readonly fitted: CrossFitted<Item>; readonly setAside: readonly Item[] } {
  const most = Math.floor(doubted * items.length)
  let current = fitted
  let out: readonly Row<Item>[] = []
  for (let round = 0; round < rounds; round++) {
    const { model, judged } = current
    const scale = scaleOf(family, judged, doubted)
    const inside = ranked(scale, judged, normal)
    const gone = new Set(out.map(({ item }) => item))
    out = out.map(({ item }) => rowOf(scale, { item, judgement: model.judge(item) }))
    const line = lineOf(scale, inside, out)
    const gaps = gapsOf(family, scale, inside.length)
    const steps = ({ judgement, strangeness }: Row<Item>): boolean => strangeness >= line || isBeyond(gaps, judgement)
    const sampled = new Set(inside.map(({ item }) => item))
    const others = items
      .filter(item => !sampled.has(item) && !gone.has(item))
      .map(item => rowOf(scale, { item, judgement: model.judge(item) }))
    const strange = [...inside, ...others].filter(row => !normal.has(row.item) && steps(row))
    const next = withoutModes(scale, strange, items.length)
      .sort((a, b) => b.strangeness - a.strangeness)
      .slice(0, Math.max(0, most - out.length))
    if (next.length === 0) break
    out = [...out, ...next]
    const left = new Set(out.map(({ item }) => item))
    current = crossFit(
      family,
      items.filter(item => !left.has(item)),
    )
  }
  return {
    fitted: current,
    setAside: out.toSorted((a, b) => b.strangeness - a.strangeness).map(({ item }) => item),
  }
}

/** Without the calls that many others are alike: a rare operation, a rare answer. */
function withoutModes<Item>(scale: Scale, rows: readonly Row<Item>[], items: number): Row<Item>[] {
  const kinds = Map.groupBy(rows, ({ judgement }) => kindOf(scale, judgement).join(' '))
  return [...kinds.values()].filter(alike => alike.length <= Math.max(3, modeShare * items)).flat()
}

/** The strangeness from which on there are too many, those that went before counted; infinite: nowhere. */
function lineOf<Item>(scale: Scale, inside: readonly Row<Item>[], out: readonly Row<Item>[]): number {
  const from = Math.floor(anchor * inside.length)
  const least = inside[from]?.strangeness ?? 0
  const gone = new Set(out)
  const rows = [...inside.slice(0, from), ...out].sort((a, b) => b.strangeness - a.strangeness)
  let line = Number.POSITIVE_INFINITY
  let most = 0
  let among = 0
  // The tail of one axis may be longer than its bulk promises: no more of it counts than is evidence.
  const axisMost = Math.max(shownLeast, shownShare * inside.length)
  const byAxis = new Map<string, number>()
  let counted = 0
  for (const row of rows.slice(0, Math.floor(doubted * (inside.length + out.length)))) {
    if (!gone.has(row)) among++
    const [axis] = kindOf(scale, row.judgement)
    const ofAxis = byAxis.get(axis) ?? 0
    byAxis.set(axis, ofAxis + 1)
    if (ofAxis < axisMost) counted++
    // What is too much is none of those that promise.
    const excess = counted - excessLeast * Math.max(1, from - among) * 10 ** (least - row.strangeness)
    if (excess > most) [line, most] = [row.strangeness, excess]
  }
  return line
}

/** By axis, the least deviation beyond a gap that the tail below it does not explain; no entry: there is no gap. */
function gapsOf<Item>({ axes }: Family<Item>, scale: Scale, count: number): ReadonlyMap<string, number> {
  const gaps = new Map<string, number>()
  for (const axis of axes) {
    const tail = scale.get(axis.name)
    const gap = tail === undefined ? null : gapOf(tail, axis.scale, count)
    if (gap !== null) gaps.set(axis.name, gap)
  }
  return gaps
}

function gapOf({ sorted, from, scale, shape }: RobustTail, plainly: number, count: number): number | null {
  const alikeMost = Math.max(3, alikeShare * count)
  const alike = new Map<number, number>()
  let gap: number | null = null
  for (let i = sorted.length - 1; i > 0 && sorted.length - i <= detachedShare * count; i--) {
    const [deviation, below] = [sorted[i] as number, sorted[i - 1] as number]
    const kind = Math.round(Math.log(1e-9 + deviation) / Math.log(alikeRatio))
    const times = (alike.get(kind) ?? 0) + 1
    if (times > alikeMost) break
    alike.set(kind, times)
    const meanExcess = Math.max(plainly / 2, scale + shape * Math.max(0, below - from))
    if (deviation - below >= gapLeast * meanExcess) gap = deviation
  }
  return gap
}

function isBeyond(gaps: ReadonlyMap<string, number>, { deviation }: Judgement): boolean {
  for (const [axis, least] of gaps) if ((deviation[axis] ?? 0) >= least) return true
  return false
}
