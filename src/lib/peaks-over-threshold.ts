/**
 * The upper tail of a distribution: beyond `above` lies the share `share` of all values, and by how much they lie beyond it follows a generalised
 * Pareto distribution with `shape` (0: exponential, above 0: heavier) and `scale` (unit of the values).
 */
export interface Tail {
  readonly above: number
  readonly share: number
  readonly shape: number
  readonly scale: number
}

/** A heavier tail than seen is the safer guess: as if so many excesses had been seen whose shape is `guessedShape`. */
const guessWeight = 10
const guessedShape = 0.1

/**
 * Shape and scale of excesses > 0 (any order; others are left out) by the quasi-Bayesian estimate of Zhang and Stephens (Technometrics 51, 2009), which
 * needs no search and never fails; the shape is drawn a little to a guess, which decides where there are few. `lightest`: the least shape
 * that is believed. null: there are none.
 */
export function fitExcesses(
  excesses: Iterable<number>,
  lightest = -1,
): { readonly shape: number; readonly scale: number } | null {
  const sorted = Float64Array.from(excesses)
    .filter(excess => excess > 0 && Number.isFinite(excess))
    .sort()
  const n = sorted.length
  if (n === 0) return null
  const largest = sorted[n - 1] as number
  const quartile = sorted[Math.max(0, Math.floor(n / 4 + 0.5) - 1)] as number
  let shape = 0
  if (n >= 5 && largest > quartile) {
    const steps = 30 + Math.floor(Math.sqrt(n))
    const thetas = new Float64Array(steps)
    const likelihoods = new Float64Array(steps)
    let best = Number.NEGATIVE_INFINITY
    for (let j = 0; j < steps; j++) {
      const theta = 1 / largest + (1 - Math.sqrt(steps / (j + 0.5))) / (3 * quartile)
      thetas[j] = theta
      const k = meanLog(theta, sorted)
      const likelihood = n * (Math.log(-theta / k) - k - 1)
      likelihoods[j] = Number.isFinite(likelihood) ? likelihood : Number.NEGATIVE_INFINITY
      if ((likelihoods[j] as number) > best) best = likelihoods[j] as number
    }
    let weights = 0
    let theta = 0
    for (let j = 0; j < steps; j++) {
      const weight = Math.exp((likelihoods[j] as number) - best)
      weights += weight
      theta += weight * (thetas[j] as number)
    }
    const fitted = meanLog(theta / weights, sorted)
    if (Number.isFinite(fitted)) shape = fitted
  }
  shape = (n * shape + guessWeight * guessedShape) / (n + guessWeight)
  // A tail without a mean cannot be extrapolated by anyone.
  shape = Math.min(0.9, Math.max(lightest, shape))
  let sum = 0
  for (const excess of sorted) sum += excess
  // With the shape held, the scale that gives the mean that was seen; a light tail must reach what was seen.
  const scale = Math.max((sum / n) * (1 - shape), shape < 0 ? -shape * largest * 1.001 : 0)
  return { shape, scale }
}

/**
 * The tail of values (any order) beyond their quantile `from` (0–1), by peaks over threshold (Siffer et al., KDD 2017). null: no value lies beyond
 * it, as with equal values.
 */
export function fitTail(values: Iterable<number>, from = 0.98, lightest = -1): Tail | null {
  const sorted = Float64Array.from(values)
    .filter(value => Number.isFinite(value))
    .sort()
  if (sorted.length === 0) return null
  const above = sorted[Math.min(sorted.length - 1, Math.floor(from * sorted.length))] as number
  const excesses = sorted.filter(value => value > above).map(value => value - above)
  const fitted = fitExcesses(excesses, lightest)
  return fitted === null ? null : { above, share: excesses.length / sorted.length, ...fitted }
}

/** The share (0–1) of values at or beyond `value`, which lies beyond `tail.above`. */
export function tailProbability({ above, share, shape, scale }: Tail, value: number): number {
  const excess = (value - above) / scale
  if (!(excess > 0)) return share
  if (Math.abs(shape) < 1e-9) return share * Math.exp(-excess)
  const base = 1 + shape * excess
  return base <= 0 ? 0 : share * base ** (-1 / shape)
}

/** The value that the share `probability` (0–1, below `tail.share`) of all values lies beyond. */
export function quantileFor({ above, share, shape, scale }: Tail, probability: number): number {
  const ratio = probability / share
  if (!(ratio < 1)) return above
  if (Math.abs(shape) < 1e-9) return above - scale * Math.log(ratio)
  return above + (scale / shape) * (ratio ** -shape - 1)
}

/** Mean of log(1 − theta x): minus the shape that belongs to theta, in the notation of the paper. */
function meanLog(theta: number, values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += Math.log1p(-theta * value)
  return sum / values.length
}
