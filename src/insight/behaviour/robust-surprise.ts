// Once per axis of every learnt item.

/**
 * How strange a deviation is by what the bulk of all deviations promises, whatever lies at their far end. A minority among the learnt items that
 * deviates much more than the others stretches `AxisTail`; it does not stretch this.
 */
export interface RobustTail {
  /** Deviations, ascending. */
  readonly sorted: Float64Array
  /** The share of all items of which none is believed. */
  readonly share: number
  /** The deviation that `share` lies beyond: from here on the tail is extrapolated, never counted. */
  readonly from: number
  /** Of a generalised Pareto distribution of what lies beyond `from`. */
  readonly scale: number
  readonly shape: number
}

/** The tail is extrapolated from what lies between this share of the farthest items and the one that is not believed. */
const windowShare = 0.1
/** A window of few items says little of a shape: as if so many had been seen whose shape is that of times in a busy system. */
const shapeWeight = 50
const usualShape = 0.2
const [shapeLeast, shapeMost] = [0.02, 0.6]

/** `scale`: a deviation that is plainly strange (`Axis`), which decides on an axis on which hardly anything deviates. */
export function robustTailOf(deviations: readonly number[], scale: number, share: number): RobustTail {
  const sorted = Float64Array.from(deviations).sort()
  const count = sorted.length
  const beyond = (part: number): number => sorted[Math.min(count - 1, Math.floor((1 - part) * count))] as number
  const ratio = windowShare / share
  const [low, middle, from] = [beyond(windowShare), beyond(Math.sqrt(windowShare * share)), beyond(share)]
  let shape = usualShape
  // Three quantiles give the shape of a tail (Pickands, Annals of Statistics 3, 1975).
  if (middle > low && from > middle) {
    const seen = Math.log((from - middle) / (middle - low)) / Math.log(Math.sqrt(ratio))
    const weight = share * count
    shape = (weight * seen + shapeWeight * usualShape) / (weight + shapeWeight)
  }
  shape = Math.min(shapeMost, Math.max(shapeLeast, shape))
  const spread = (((from - low) * shape) / (ratio ** shape - 1)) * ratio ** shape
  return { sorted, share, from, scale: from - low < scale / 8 ? Math.max(spread, scale / 2) : spread, shape }
}

/** −log10 of the share of items that deviate so much. */
export function robustSurprise({ sorted, share, from, scale, shape }: RobustTail, deviation: number): number {
  const count = sorted.length
  const trusted = -Math.log10(share)
  if (deviation > from) return trusted + Math.log10(1 + (shape * (deviation - from)) / scale) / shape
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < deviation) low = middle + 1
    else high = middle
  }
  return Math.min(trusted, -Math.log10((count - low) / (count + 1)))
}
