/** Buckets of a sketch; beyond that the lowest are joined, so the upper quantiles keep their accuracy. */
const bucketsMax = 512

/** 1 % relative error. */
const accuracy = 0.01
const gamma = (1 + accuracy) / (1 - accuracy)
const logGamma = Math.log(gamma)

/** What a sketch writes: zeros, then pairs of bucket and count, by bucket. */
export interface QuantileDump {
  readonly zeros: number
  readonly min: number
  readonly max: number
  readonly sum: number
  readonly buckets: readonly (readonly [bucket: number, count: number])[]
}

/**
 * Quantiles of a stream of values ≥ 0 within 1 % of the value, mergeable without loss and in any order (DDSketch, Masson et al., VLDB 2019).
 * At most 512 buckets, which is a ratio of 28,000 between largest and smallest value; what is smaller is joined to the lowest bucket.
 */
export class QuantileSketch {
  readonly #buckets = new Map<number, number>()
  #zeros = 0
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#count
  }

  get sum(): number {
    return this.#sum
  }

  /** 0 when empty. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min
  }

  get max(): number {
    return this.#max
  }

  /** Anything that is not a finite number ≥ 0 is left out. */
  add(value: number, times = 1): void {
    if (!Number.isFinite(value) || value < 0) return
    this.#count += times
    this.#sum += value * times
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    if (value < 1e-9) {
      this.#zeros += times
      return
    }
    this.#put(Math.ceil(Math.log(value) / logGamma), times)
    if (this.#buckets.size > bucketsMax) this.#joinLowest()
  }

  merge(other: QuantileSketch): void {
    if (other.#count === 0) return
    this.#count += other.#count
    this.#sum += other.#sum
    this.#zeros += other.#zeros
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    for (const [bucket, count] of other.#buckets) this.#put(bucket, count)
    if (this.#buckets.size > bucketsMax) this.#joinLowest()
  }

  /** The value below which the share `q` (0–1) of all values lies; 0 when empty. */
  quantile(q: number): number {
    if (this.#count === 0) return 0
    const rank = Math.min(this.#count - 1, Math.max(0, Math.floor(q * (this.#count - 1))))
    let seen = this.#zeros
    if (rank < seen) return 0
    for (const [bucket, count] of this.#sorted()) {
      seen += count
      if (rank < seen) return Math.min(this.#max, Math.max(this.#min, (2 * gamma ** bucket) / (gamma + 1)))
    }
    return this.#max
  }

  dump(): QuantileDump {
    return { zeros: this.#zeros, min: this.min, max: this.#max, sum: this.#sum, buckets: this.#sorted() }
  }

  static restore(dump: QuantileDump): QuantileSketch {
    const sketch = new QuantileSketch()
    sketch.#zeros = dump.zeros
    sketch.#count = dump.zeros
    for (const [bucket, count] of dump.buckets) {
      sketch.#put(bucket, count)
      sketch.#count += count
    }
    if (sketch.#count > 0) {
      sketch.#min = dump.min
      sketch.#max = dump.max
      sketch.#sum = dump.sum
    }
    return sketch
  }

  #put(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
  }

  #sorted(): Array<[number, number]> {
    return [...this.#buckets].sort((a, b) => a[0] - b[0])
  }

  #joinLowest(): void {
    const sorted = this.#sorted()
    const surplus = sorted.length - bucketsMax
    const into = sorted[surplus]?.[0] ?? 0
    for (const [bucket, count] of sorted.slice(0, surplus)) {
      this.#buckets.delete(bucket)
      this.#put(into, count)
    }
  }
}
