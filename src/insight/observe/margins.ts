/** What is known of a quantity: its extremes, its middle, and how often it lay on the extremes. */
export interface Spread {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly median: number
  /** Values with fractions were among them: measures, which may pass through zero. */
  readonly measure?: boolean
  /** Values on the bound and on its neighbour, when all distinct values are known. */
  readonly atMin: readonly [bound: number, neighbour: number] | null
  readonly atMax: readonly [bound: number, neighbour: number] | null
}

/**
 * The range that tomorrow's values will lie in, wider than what was seen: by how far the extremes are from the middle, more so after few
 * values, and by ratio where a long tail says that the next record will be a multiple of this one. A bound that many values lie on (a rating
 * of 5) is taken as it is: were there more behind it, the counts would fade out before it.
 */
export function widened(spread: Spread): { readonly low: number; readonly high: number } {
  const { min, max, median, count } = spread
  const share = count >= 1000 ? 0.75 : count >= 100 ? 1 : 2
  if (min === max) {
    const size = Math.max(Math.abs(max), 1)
    return { low: min >= 0 ? 0 : -niceUp(2 * size), high: max <= 0 && min < 0 ? 0 : niceUp(2 * size) }
  }
  const high = isEdge(spread.atMax, count) ? max : upper(min, max, median, share)
  if (isEdge(spread.atMin, count)) return { low: min, high }
  // A positive quantity whose values stay close together (years, temperatures) has a floor of its own; others begin at zero.
  // A measure as far below its middle as above it is no amount that ends at zero, but one that has not got there yet.
  const balanced = spread.measure === true && min > 0 && max - median < 1.6 * (median - min)
  if (min >= 0 && !balanced) return { low: max < 3 * min ? niceDown(Math.max(0, min - (max - min) * share)) : 0, high }
  return { low: 0 - upper(-max, -min, -median, share), high }
}

function upper(min: number, max: number, median: number, share: number): number {
  let high = max + Math.max(max - median, (max - min) / 2) * share
  if (min >= 0 && max > 4 * median && median > 0) high = Math.max(high, max * Math.min(100, Math.sqrt(max / median)))
  return high > 0 ? niceUp(high) : -niceDown(-high)
}

/** Counts that fade out toward the bound promise more behind it; counts that do not, do not. */
function isEdge(at: readonly [bound: number, neighbour: number] | null, count: number): boolean {
  return at !== null && at[0] >= 10 && at[0] >= 0.02 * count && at[0] >= 0.6 * at[1]
}

/** The next number ≥ it with two digits: nobody should read more precision into a bound than there is. */
export function niceUp(value: number): number {
  if (value <= 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return tidy(Math.ceil(value / unit - 1e-9) * unit)
}

function niceDown(value: number): number {
  if (value <= 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return tidy(Math.floor(value / unit + 1e-9) * unit)
}

/** Without the last digits that binary fractions leave. */
function tidy(value: number): number {
  return Number(value.toPrecision(12))
}
