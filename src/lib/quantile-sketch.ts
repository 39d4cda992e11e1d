// Hot path: several times per event.

/** Buckets of a sketch; beyond that the lowest are joined, so the upper quantiles keep their accuracy. */
const bucketsMax = 512

/** 1 % relative error. */
const accuracy = 0.01
const gamma = (1 + accuracy) / (1 - accuracy)
const logGamma = Math.log(gamma)

/** Few buckets are pairs in a map; more of them, which mostly are neighbours, stand in a row that goes no further than this. */
const pairsMax = 16
const rowMax = 1024

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
  /** Counts by bucket; null: they stand in the row. */
  #pairs: Map<number, number> | null = new Map()
  /** Counts of buckets one behind the other from `#first` on: a value costs one place in memory in place of six. */
  #row: Float64Array = none
  #first = 0
  /** Buckets with a count. */
  #size = 0
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
    if (this.#size > bucketsMax) this.#joinLowest()
  }

  merge(other: QuantileSketch): void {
    if (other.#count === 0) return
    this.#count += other.#count
    this.#sum += other.#sum
    this.#zeros += other.#zeros
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    for (const [bucket, count] of other.#entries()) this.#put(bucket, count)
    if (this.#size > bucketsMax) this.#joinLowest()
  }

  /** The value below which the share `q` (0–1) of all values lies; 0 when empty. */
  quantile(q: number): number {
    if (this.#count === 0) return 0
    const rank = Math.min(this.#count - 1, Math.max(0, Math.floor(q * (this.#count - 1))))
    let seen = this.#zeros
    if (rank < seen) return 0
    if (this.#pairs === null) {
      for (let i = 0; i < this.#row.length; i++) {
        seen += this.#row[i] as number
        if (rank < seen) return this.#valueOf(this.#first + i)
      }
      return this.#max
    }
    for (const [bucket, count] of this.#sorted()) {
      seen += count
      if (rank < seen) return this.#valueOf(bucket)
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

  #valueOf(bucket: number): number {
    return Math.min(this.#max, Math.max(this.#min, (2 * gamma ** bucket) / (gamma + 1)))
  }

  #put(bucket: number, count: number): void {
    if (this.#pairs === null) {
      const at = bucket - this.#first
      if (at >= 0 && at < this.#row.length) {
        const before = this.#row[at] as number
        if (before === 0) this.#size++
        this.#row[at] = before + count
        return
      }
      if (this.#stretch(bucket)) return this.#put(bucket, count)
      // Values of every size: few of the places of a row would be used.
      this.#pairs = new Map(this.#entries())
      this.#row = none
    }
    const pairs = this.#pairs
    pairs.set(bucket, (pairs.get(bucket) ?? 0) + count)
    this.#size = pairs.size
    if (this.#size === pairsMax + 1) this.#line(pairs)
  }

  /** Puts the pairs in a row where they are near enough to each other. */
  #line(pairs: ReadonlyMap<number, number>): void {
    const buckets = [...pairs.keys()]
    const first = Math.min(...buckets) - 8
    const length = Math.max(...buckets) + 8 - first
    if (length > rowMax) return
    this.#first = first
    this.#row = new Float64Array(length)
    for (const [bucket, count] of pairs) this.#row[bucket - first] = count
    this.#pairs = null
  }

  /** Makes the row long enough, with some room to that side. */
  #stretch(bucket: number): boolean {
    const { length } = this.#row
    const first = Math.min(this.#first, bucket - 32)
    const end = Math.max(this.#first + length, bucket + 33)
    if (end - first > rowMax) return false
    const row = new Float64Array(end - first)
    row.set(this.#row, this.#first - first)
    this.#row = row
    this.#first = first
    return true
  }

  #entries(): Array<[bucket: number, count: number]> {
    if (this.#pairs !== null) return [...this.#pairs]
    const entries: Array<[number, number]> = []
    for (let i = 0; i < this.#row.length; i++)
      if (this.#row[i] !== 0) entries.push([this.#first + i, this.#row[i] as number])
    return entries
  }

  #sorted(): Array<[bucket: number, count: number]> {
    return this.#pairs === null ? this.#entries() : this.#entries().sort((a, b) => a[0] - b[0])
  }

  #joinLowest(): void {
    const sorted = this.#sorted()
    const surplus = sorted.length - bucketsMax
    const into = sorted[surplus]?.[0] ?? 0
    for (const [bucket, count] of sorted.slice(0, surplus)) {
      if (this.#pairs === null) this.#row[bucket - this.#first] = 0
      else this.#pairs.delete(bucket)
      this.#size--
      this.#put(into, count)
    }
  }
}

const none = new Float64Array(0)
