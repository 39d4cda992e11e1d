// Hot path: once per axis of every judged item.
import { fitTail, type Tail, tailProbability } from '../../lib/peaks-over-threshold.ts'

/**
 * How often normal items are as strange as this on one axis: deviation → surprise, which is −log10 of the share of normal items that deviate at
 * least so much. The body is what was seen, the tail is extrapolated. Plain data.
 */
export interface AxisTail {
  /** Deviations that it stands on. */
  readonly count: number
  /** Deviations with the surprise of each, both ascending; between them it runs straight. */
  readonly deviations: readonly number[]
  readonly surprises: readonly number[]
  /** Beyond the last of them; null: nothing lay beyond, `scale` says how fast surprise grows. */
  readonly tail: Tail | null
  readonly scale: number
}

const knotsMax = 64
/** Finite, so that it stays a number whatever is done with it. */
const surpriseMax = 300

/** The tail of deviations of normal items, any order. `scale`: a deviation that is plainly strange, for an axis on which nothing deviated. */
export function axisTailOf(deviations: readonly number[], scale: number): AxisTail {
  const count = deviations.length
  const sorted = Float64Array.from(deviations).sort()
  // As many excesses as a shape needs, but only what is tail.
  const from = 1 - Math.min(0.1, Math.max(0.02, 50 / Math.max(1, count)))
  // A tail that ends is not believed: beyond its end everything would be infinitely strange.
  const tail = fitTail(sorted, from, 0)
  const knots: { readonly deviation: number; readonly surprise: number }[] = []
  const last = tail === null ? count - 1 : firstAtOrAbove(sorted, tail.above)
  for (const rank of ranks(count, last)) {
    const deviation = sorted[rank] as number
    const surprise = -Math.log10((count - firstAtOrAbove(sorted, deviation)) / (count + 1))
    if (knots.length === 0 || deviation > (knots.at(-1)?.deviation ?? 0)) knots.push({ deviation, surprise })
  }
  return {
    count,
    deviations: knots.map(knot => knot.deviation),
    surprises: knots.map(knot => knot.surprise),
    tail,
    scale,
  }
}

/** Surprise of a deviation ≥ 0: 0 to 300. */
export function surpriseOf({ count, deviations, surprises, tail, scale }: AxisTail, deviation: number): number {
  const last = deviations.length - 1
  if (last < 0) return beyond(0, deviation / scale)
  if (deviation <= (deviations[0] as number)) return surprises[0] as number
  const end = deviations[last] as number
  if (deviation > end) {
    if (tail === null) {
      const scales = (deviation - end) / scale
      const from = surprises[last] as number
      // Figures of the whole model differ a little from those of the folds that set the end: a hair beyond it is still the end.
      const near = Math.min(1, scales * 4)
      return beyond(from + (Math.log10(count + 1) - from) * near, scales)
    }
    const probability = tailProbability(tail, deviation)
    return probability > 0 ? Math.min(surpriseMax, -Math.log10(probability)) : surpriseMax
  }
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((deviations[middle] as number) < deviation) low = middle
    else high = middle
  }
  const [a, b] = [deviations[low] as number, deviations[high] as number]
  const [from, to] = [surprises[low] as number, surprises[high] as number]
  return b === a ? to : from + ((to - from) * (deviation - a)) / (b - a)
}

/** Nothing like it was seen: what never came in so many items, and exponentially rarer the farther it lies. */
function beyond(seen: number, scales: number): number {
  return Math.min(surpriseMax, seen + scales / Math.LN10)
}

/** Ranks from the lowest to `last`, closer together towards the upper end. */
function* ranks(count: number, last: number): Generator<number> {
  if (last < 0) return
  const atEnd = count - last
  for (let i = 0; i < knotsMax; i++) {
    const remaining = Math.round(count * (atEnd / count) ** (i / (knotsMax - 1)))
    yield Math.min(last, count - remaining)
  }
}

function firstAtOrAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
