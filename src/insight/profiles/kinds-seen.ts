import { novelty } from './rarity.ts'

/** Hashes of what was seen with their counts, as long as there are few; once there are too many it is no set. The same in any order. */
export class KindsSeen {
  readonly #max: number
  #counts: Map<number, number> | null = new Map()
  #once = 0
  count = 0

  constructor(max: number) {
    this.#max = max
  }

  add(hash: number, times = 1): void {
    this.count += times
    if (this.#counts === null) return
    const before = this.#counts.get(hash) ?? 0
    if (before === 0 && this.#counts.size >= this.#max) {
      this.#counts = null
      return
    }
    if (before === 0 && times === 1) this.#once++
    else if (before === 1) this.#once--
    this.#counts.set(hash, before + times)
  }

  /** Are there few enough to tell what is new? */
  get known(): boolean {
    return this.#counts !== null
  }

  get distinct(): number {
    return this.#counts?.size ?? Number.POSITIVE_INFINITY
  }

  times(hash: number): number {
    return this.#counts?.get(hash) ?? 0
  }

  /** Bits of surprise at this one; 0 when it was seen, or when there are too many to tell. */
  surprise(hash: number): number {
    if (this.#counts === null || this.count === 0 || this.#counts.has(hash)) return 0
    return novelty(this.#once, this.count)
  }

  merge(other: KindsSeen): void {
    if (other.#counts === null) {
      this.count += other.count
      this.#counts = null
    } else for (const [hash, times] of other.#counts) this.add(hash, times)
  }

  /** Count alone when there are too many, else hash and times by hash. */
  dump(): number[] {
    return this.#counts === null
      ? [this.count]
      : [this.count, ...[...this.#counts].sort(([a], [b]) => a - b).flat(), this.#counts.size]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown, max: number): KindsSeen {
    if (!Array.isArray(dump) || dump.length === 0 || !dump.every(one => Number.isSafeInteger(one) && one >= 0))
      throw new RangeError('not the dump of a set')
    const seen = new KindsSeen(max)
    const [count = 0, ...rest] = dump as number[]
    if (rest.length === 0) {
      seen.count = count
      seen.#counts = null
      return seen
    }
    for (let i = 0; i + 1 < rest.length; i += 2) seen.add(rest[i] as number, rest[i + 1] as number)
    return seen
  }
}
