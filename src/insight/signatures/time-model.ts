// Hot path: once per call of every learnt trace.

/** Buckets for each doubling: neighbours differ by 9 %. */
const perOctave = 8
const perNat = perOctave / Math.LN2
/** Bucket 0 holds everything below 1 µs, the last everything from about 20 days on. Times are ms. */
const zeroMs = 1e-3
const bucketsMax = 325
/** A longer time, about three years, counts as this: sums of squares must stay numbers. */
export const longestMs = 1e11

/** `count`, mean, sum of squared distances from it, whether all were whole, first bucket, then its and the following buckets' counts. */
export type TimeDump = readonly number[]

/**
 * The times of one kind of call, ms ≥ 0: how many, their mean and variance (Welford; merged as Chan et al. say), and counts in buckets of equal
 * ratio. A few hundred bytes, since a model holds very many of these.
 */
export class TimeModel {
  #count = 0
  #mean = 0
  #squares = 0
  #whole = true
  /** Bucket of the first of `#buckets`. */
  #first = 0
  #buckets: number[] = []

  get count(): number {
    return this.#count
  }

  get mean(): number {
    return this.#mean
  }

  /** Sum of squared distances from the mean. */
  get squares(): number {
    return this.#squares
  }

  /** Were all of them whole ms? Then a clock read them that has no finer ones. */
  get whole(): boolean {
    return this.#whole
  }

  add(time: number, times = 1): void {
    if (times === 0) return
    const ms = Math.min(longestMs, time)
    this.#count += times
    const distance = ms - this.#mean
    this.#mean += (times * distance) / this.#count
    this.#squares += times * distance * (ms - this.#mean)
    if (this.#whole && !Number.isInteger(ms)) this.#whole = false
    this.#put(bucketOf(ms), times)
  }

  merge(other: TimeModel): void {
    if (other.#count === 0) return
    const count = this.#count + other.#count
    const distance = other.#mean - this.#mean
    this.#mean += (distance * other.#count) / count
    this.#squares += other.#squares + (distance * distance * this.#count * other.#count) / count
    this.#count = count
    this.#whole &&= other.#whole
    for (const [i, times] of other.#buckets.entries()) if (times > 0) this.#put(other.#first + i, times)
  }

  /** About the time below which the share `q` (0–1) lies, ms: exact to 5 %. 0 when empty. */
  quantile(q: number): number {
    let rank = q * this.#count
    for (const [i, times] of this.#buckets.entries()) {
      if (rank <= times && times > 0) return boundOf(this.#first + i - 1 + rank / times)
      rank -= times
    }
    return this.#count === 0 ? 0 : boundOf(this.#first + this.#buckets.length - 1)
  }

  dump(): TimeDump {
    return [this.#count, this.#mean, this.#squares, this.#whole ? 1 : 0, this.#first, ...this.#buckets]
  }

  /** Throws a RangeError on what no model wrote. */
  static restore(dump: unknown): TimeModel {
    if (!Array.isArray(dump) || !dump.every(Number.isFinite)) throw new RangeError('not the dump of times')
    const [count, mean, squares, whole, first, ...buckets] = dump as number[]
    const model = new TimeModel()
    const counted = buckets.reduce((sum, times) => sum + times, 0)
    if (
      buckets.length > bucketsMax ||
      !buckets.every(isCount) ||
      !isCount(count) ||
      counted !== count ||
      !isCount(first) ||
      first + buckets.length > bucketsMax ||
      squares === undefined ||
      squares < 0 ||
      mean === undefined ||
      mean < 0
    )
      throw new RangeError('not the dump of times')
    model.#count = count
    model.#mean = mean
    model.#squares = squares
    model.#whole = whole === 1
    model.#first = first
    model.#buckets = buckets
    return model
  }

  #put(bucket: number, times: number): void {
    const buckets = this.#buckets
    if (buckets.length === 0) {
      this.#first = bucket
      buckets.push(times)
      return
    }
    while (bucket < this.#first) {
      buckets.unshift(0)
      this.#first--
    }
    const at = bucket - this.#first
    while (at >= buckets.length) buckets.push(0)
    buckets[at] = (buckets[at] as number) + times
  }
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function bucketOf(ms: number): number {
  return ms < zeroMs ? 0 : Math.min(bucketsMax - 1, 1 + Math.floor(Math.log(ms / zeroMs) * perNat))
}

/** Upper bound of a bucket, ms; between whole numbers it runs with the ratio. */
function boundOf(bucket: number): number {
  return bucket <= 0 ? 0 : zeroMs * Math.exp(bucket / perNat)
}
