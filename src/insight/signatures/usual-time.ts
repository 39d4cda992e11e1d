// Hot path: `timeDeviation` once per call of every judged trace.
import { longestMs, type TimeModel } from './time-model.ts'

/** What is usual for one call of one signature: times compare with it as (time − mean) ÷ spread. */
export interface UsualTime {
  readonly mean: number
  /** Of one more call, ms, > 0: the less was seen, the wider. */
  readonly spread: number
}

/** What the calls of a model have in common: stands in where little was seen. */
export interface CommonSpread {
  /** Standard deviation as a share of the mean. */
  readonly ratio: number
}

/** A call that was seen nowhere else is compared as if the common spread had been measured on so many. */
const commonWeight = 5
/** And one of a signature as if it had been seen so often in others. */
const poolWeight = 3
/** Of a normal distribution. */
const usual99 = 2.326
/** So many calls tell what the far end of their times is like. */
const tailWeight = 50
/** A clock of whole ms rounds: less than half of one is no spread. Finer clocks: a µs. */
const leastSpread = { whole: 0.5, fine: 1e-3 }

/**
 * The usual time of a call: what its signature shows, joined with `pool` (the same call in all signatures) as if that had been seen a few times here
 * (an empirical Bayes estimate; variance between the two counts too). The spread is widened where the far end of the times is farther than a normal
 * distribution has it, so that a deviation means about the same for every call whatever its distribution. On heavy-tailed times of TrainTicket's kind
 * deviations of time itself tell faults better than those of its logarithm.
 */
export function usualTime(own: TimeModel | null, pool: TimeModel, common: CommonSpread): UsualTime {
  const least = pool.whole ? leastSpread.whole : leastSpread.fine
  const prior = (common.ratio * pool.mean) ** 2 + least ** 2
  const poolVariance = (pool.squares + commonWeight * prior) / (Math.max(0, pool.count - 1) + commonWeight)
  const count = own?.count ?? 0
  const ownMean = own?.mean ?? 0
  const weight = count + poolWeight
  const mean = (count * ownMean + poolWeight * pool.mean) / weight
  const between = ((count * poolWeight) / weight ** 2) * (ownMean - pool.mean) ** 2
  const within = ((own?.squares ?? 0) + poolWeight * poolVariance) / Math.max(1, weight - 1)
  const known = count + Math.min(poolWeight, pool.count)
  const spread = Math.sqrt(Math.max(within + between, least ** 2) * (1 + 1 / Math.max(1, known)))
  return { mean, spread: spread * tailFactor(count >= tailWeight ? (own as TimeModel) : pool, mean, spread) }
}

/** How much farther than normal the 99 % quantile lies, ≥ 1. */
function tailFactor(times: TimeModel, mean: number, spread: number): number {
  // Within a bucket or two nothing can be told apart.
  if (times.count < 10 || spread < 0.1 * mean) return 1
  const far = Math.max(0, (times.quantile(0.99) - mean) / spread)
  const shrunk = (far * times.count + usual99 * tailWeight) / (times.count + tailWeight)
  return Math.max(1, shrunk / usual99)
}

/** The middle of the spreads of calls that were seen often enough, as shares of their means. */
export function commonSpread(models: Iterable<TimeModel>): CommonSpread {
  const ratios: number[] = []
  for (const { count, mean, squares } of models)
    if (count >= 10 && mean > 0) ratios.push(Math.sqrt(squares / (count - 1)) / mean)
  if (ratios.length === 0) return { ratio: 0.5 }
  ratios.sort((a, b) => a - b)
  return { ratio: Math.max(0.05, ratios[ratios.length >> 1] as number) }
}

/** How many spreads a time lies from what is usual, in either direction. */
export function timeDeviation({ mean, spread }: UsualTime, ms: number): number {
  return Math.abs(Math.min(longestMs, ms) - mean) / spread
}

/**
 * The mean of the three largest: one slow call makes those slow that wait for it, a mean over all would drown it, and the largest alone is noise
 * more often. `NaN` when there is none.
 */
export class Strangest {
  #first = -1
  #second = -1
  #third = -1

  add(deviation: number): void {
    if (deviation > this.#first) {
      this.#third = this.#second
      this.#second = this.#first
      this.#first = deviation
    } else if (deviation > this.#second) {
      this.#third = this.#second
      this.#second = deviation
    } else if (deviation > this.#third) this.#third = deviation
  }

  mean(): number {
    if (this.#first < 0) return Number.NaN
    if (this.#second < 0) return this.#first
    if (this.#third < 0) return (this.#first + this.#second) / 2
    return (this.#first + this.#second + this.#third) / 3
  }
}
