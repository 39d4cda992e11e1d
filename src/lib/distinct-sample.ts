/**
 * Distinct values with their counts, exact up to `max` of them. Beyond that the `kept` values with the smallest hashes stay, each with its
 * exact count, and the number of all is estimated from how small those are (bottom-k sketch; Cohen and Kaplan 2007). The same whatever the
 * order of `add` and `merge`: a value that stays at the end was never out, since others can only push it back.
 */
export class DistinctSample {
  readonly #max: number
  readonly #kept: number
  readonly #counts = new Map<string, number>()
  /** Smallest rank that was ever thrown out; 2^32 while everything is here. */
  #limit = full

  constructor(max: number, kept: number = max) {
    this.#max = max
    this.#kept = kept
  }

  add(value: string, times = 1): void {
    const before = this.#counts.get(value)
    if (before !== undefined) {
      this.#counts.set(value, before + times)
      return
    }
    if (this.#limit !== full && rankOf(value) >= this.#limit) return
    this.#counts.set(value, times)
    // Some slack, so that sorting is paid once for many values; what is read is always cut first.
    if (this.#counts.size > (this.#limit === full ? this.#max * 1.25 : this.#kept * 2)) this.#cut()
  }

  merge(other: DistinctSample): void {
    other.#cut()
    if (other.#limit < this.#limit) this.#limit = other.#limit
    for (const [value, count] of other.#counts) this.#counts.set(value, (this.#counts.get(value) ?? 0) + count)
    if (this.#limit !== full)
      for (const value of this.#counts.keys()) if (rankOf(value) >= this.#limit) this.#counts.delete(value)
    this.#cut()
  }

  /** Are all values that ever came still here? */
  get complete(): boolean {
    this.#cut()
    return this.#limit === full
  }

  /** Number of distinct values: exact while complete, else within about 1 / √kept. */
  get distinct(): number {
    this.#cut()
    return this.#limit === full ? this.#counts.size : Math.round((this.#counts.size / this.#limit) * full)
  }

  /** What is held, by value. */
  entries(): Array<[value: string, count: number]> {
    this.#cut()
    return [...this.#counts].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  }

  dump(): [limit: number, ...pairs: Array<string | number>] {
    return [this.complete ? 0 : this.#limit, ...this.entries().flat()]
  }

  /** Throws a RangeError on what no sample of this size wrote. */
  static restore(dump: readonly unknown[], max: number, kept: number = max): DistinctSample {
    const sample = new DistinctSample(max, kept)
    const [limit, ...pairs] = dump
    if (!Number.isSafeInteger(limit) || pairs.length % 2 !== 0 || pairs.length > max * 4)
      throw new RangeError('not the dump of a sample')
    for (let i = 0; i < pairs.length; i += 2) {
      const value = pairs[i]
      const count = pairs[i + 1]
      if (typeof value !== 'string' || !Number.isSafeInteger(count)) throw new RangeError('not the dump of a sample')
      sample.#counts.set(value, count as number)
    }
    if (limit !== 0) sample.#limit = limit as number
    return sample
  }

  #cut(): void {
    const bound = this.#limit === full ? this.#max : this.#kept
    if (this.#counts.size <= bound) return
    const ranks = [...this.#counts.keys()].map(value => [rankOf(value), value] as const)
    ranks.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    // All of one rank go together, or which of them stayed would depend on the order.
    const limit = (ranks[this.#kept] as readonly [number, string])[0]
    for (const [rank, value] of ranks) if (rank >= limit) this.#counts.delete(value)
    this.#limit = limit
  }
}

const full = 4_294_967_296

/** Evenly spread over 0 … 2^32-1: FNV-1a, then the finaliser of MurmurHash3, since FNV alone leaves the high bits of short texts alike. */
export function rankOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
