/** Observations that the spread of others alike counts for. */
const otherWeight = 8

/** Mean and spread of one figure, mergeable; sums, so that order matters only to rounding. */
export class Spread {
  count = 0
  #sum = 0
  #squares = 0

  add(value: number): void {
    this.count++
    this.#sum += value
    this.#squares += value * value
  }

  merge(other: Spread): void {
    this.count += other.count
    this.#sum += other.#sum
    this.#squares += other.#squares
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count
  }

  get variance(): number {
    return this.count === 0 ? 0 : Math.max(0, this.#squares / this.count - this.mean ** 2)
  }

  /**
   * How many standard deviations off a value is. While there are few, the spread of `others` counts too; `least` is a deviation that is nothing, whatever was
   * seen. 0 when nothing was.
   */
  distance(value: number, others: Spread | null, least: number): number {
    if (this.count === 0) return 0
    const variance =
      others === null
        ? this.variance
        : (this.count * this.variance + otherWeight * others.variance) / (this.count + otherWeight)
    const unsure = 1 + 1 / this.count
    return Math.abs(value - this.mean) / Math.sqrt((variance + least * least) * unsure)
  }

  dump(): [number, number, number] {
    return [this.count, this.#sum, this.#squares]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): Spread {
    if (!Array.isArray(dump) || dump.length !== 3 || !dump.every(Number.isFinite))
      throw new RangeError('not the dump of a spread')
    const spread = new Spread()
    ;[spread.count, spread.#sum, spread.#squares] = dump as [number, number, number]
    return spread
  }
}
