/** Buckets of a histogram; when more are needed, all neighbours are joined in pairs. */
const bucketsMax = 48

/** Ratio between neighbouring bucket bounds before anything was joined. */
const gamma = 1.1
const logGamma = Math.log(gamma)

/** What a histogram writes: how often it was joined, then pairs of bucket and count. */
export type HistogramDump = readonly [level: number, ...buckets: number[]]

/**
 * Counts of values of either sign in buckets of equal ratio, coarser when the values spread wider (UDDSketch, Epicoco et al. 2020). Small,
 * and the same whatever the order of `add` and `merge`: a bucket's count is an integer, and joining depends on nothing but which buckets are
 * filled. Precise where DDSketch would be large, since one model holds thousands of these.
 */
export class LogHistogram {
  #level = 0
  readonly #counts = new Map<number, number>()

  add(value: number, times = 1): void {
    const bucket = bucketOf(value, this.#level)
    const before = this.#counts.get(bucket)
    this.#counts.set(bucket, before === undefined ? times : before + times)
    if (before === undefined && this.#counts.size > bucketsMax) this.#shrink()
  }

  merge(other: LogHistogram): void {
    while (this.#level < other.#level) this.#join()
    const steps = this.#level - other.#level
    for (const [bucket, count] of other.#counts) {
      let joined = bucket
      for (let i = 0; i < steps; i++) joined = parent(joined)
      this.#counts.set(joined, (this.#counts.get(joined) ?? 0) + count)
    }
    this.#shrink()
  }

  get count(): number {
    let sum = 0
    for (const count of this.#counts.values()) sum += count
    return sum
  }

  /** About the value below which the share `q` (0–1) lies: the bound of its bucket that is further from zero. NaN when empty. */
  quantile(q: number): number {
    const sorted = this.#sorted()
    if (sorted.length === 0) return Number.NaN
    let rank = Math.floor(q * (this.count - 1))
    for (const [bucket, count] of sorted) {
      if (rank < count) return boundOf(bucket, this.#level)
      rank -= count
    }
    return boundOf((sorted.at(-1) as [number, number])[0], this.#level)
  }

  dump(): HistogramDump {
    return [this.#level, ...this.#sorted().flat()]
  }

  /** Throws a RangeError on what no histogram wrote. */
  static restore(dump: readonly number[]): LogHistogram {
    const histogram = new LogHistogram()
    const [level = 0, ...pairs] = dump
    if (!dump.every(Number.isSafeInteger) || level < 0 || level > 32 || pairs.length % 2 !== 0)
      throw new RangeError('not the dump of a histogram')
    histogram.#level = level
    for (let i = 0; i < pairs.length; i += 2) histogram.#counts.set(pairs[i] as number, pairs[i + 1] as number)
    histogram.#shrink()
    return histogram
  }

  #sorted(): Array<[number, number]> {
    return [...this.#counts].sort((a, b) => a[0] - b[0])
  }

  #shrink(): void {
    while (this.#counts.size > bucketsMax) this.#join()
  }

  #join(): void {
    const before = [...this.#counts]
    this.#counts.clear()
    for (const [bucket, count] of before) {
      const joined = parent(bucket)
      this.#counts.set(joined, (this.#counts.get(joined) ?? 0) + count)
    }
    this.#level++
  }
}

/** Zero has bucket 0; positive values from 1 up, by their logarithm shifted so that 1e-9 is the first; negative ones mirrored. */
const shift = Math.ceil(9 * Math.LN10) / logGamma
const bucketMax = 1000

function bucketOf(value: number, level: number): number {
  const size = Math.abs(value)
  if (!(size >= 1e-9)) return 0
  let bucket = Math.min(bucketMax, Math.max(1, Math.ceil(Math.log(size) / logGamma + shift)))
  for (let i = 0; i < level; i++) bucket = (bucket + 1) >> 1
  return value < 0 ? -bucket : bucket
}

/** Buckets 2k-1 and 2k become k: what stays is a ratio histogram of γ². */
function parent(bucket: number): number {
  return bucket < 0 ? -((1 - bucket) >> 1) : (bucket + 1) >> 1
}

function boundOf(bucket: number, level: number): number {
  if (bucket === 0) return 0
  const size = Math.exp((Math.abs(bucket) * 2 ** level - shift) * logGamma)
  return bucket < 0 ? -size : size
}
