// Hot path: several times per event.
const keyMax = 200

/** Counts by name, at most `max` names: what comes after them is counted together, so that nobody can fill the memory with names. */
export class Tally {
  readonly #max: number
  #other = 0
  /** Most names come many times (the host, the route, two methods): the first one and the latest of the others stand here, the rest in a map. */
  #first: string | null = null
  #firstTimes = 0
  #latest: string | null = null
  #latestTimes = 0
  #rest: Map<string, number> | null = null

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return (this.#first === null ? 0 : 1) + (this.#latest === null ? 0 : 1) + (this.#rest?.size ?? 0)
  }

  /** Counted without a name. */
  get other(): number {
    return this.#other
  }

  add(name: string, times = 1): void {
    if (name === this.#first) this.#firstTimes += times
    else if (name === this.#latest) this.#latestTimes += times
    else this.#put(name, times)
  }

  get(name: string): number {
    if (name === this.#first) return this.#firstTimes
    if (name === this.#latest) return this.#latestTimes
    return this.#rest?.get(name) ?? 0
  }

  merge(other: Tally): void {
    for (const [name, times] of other.#pairs()) this.add(name, times)
    this.#other += other.#other
  }

  /** Most first, then by name. */
  entries(): ReadonlyArray<readonly [name: string, times: number]> {
    return this.#pairs().sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  }

  names(): string[] {
    return this.#pairs()
      .map(([name]) => name)
      .sort()
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.entries())
  }

  dump(): TallyDump {
    return this.#other === 0 ? this.entries() : [...this.entries(), ['', this.#other]]
  }

  /** The empty name stands for the rest. */
  restore(dump: TallyDump): this {
    for (const [name, times] of dump) {
      if (name === '') this.#other += times
      else this.add(name, times)
    }
    return this
  }

  #pairs(): Array<readonly [name: string, times: number]> {
    const pairs: Array<readonly [string, number]> = []
    if (this.#first !== null) pairs.push([this.#first, this.#firstTimes])
    if (this.#latest !== null) pairs.push([this.#latest, this.#latestTimes])
    if (this.#rest !== null) pairs.push(...this.#rest)
    return pairs
  }

  #put(name: string, times: number): void {
    const before = this.#rest?.get(name)
    if (before === undefined && (this.size >= this.#max || name === '' || name.length > keyMax)) this.#other += times
    else if (this.#first === null) {
      this.#first = name
      this.#firstTimes = times
    } else {
      if (before !== undefined) this.#rest?.delete(name)
      if (this.#latest !== null) (this.#rest ??= new Map()).set(this.#latest, this.#latestTimes)
      this.#latest = name
      this.#latestTimes = (before ?? 0) + times
    }
  }
}

export type TallyDump = ReadonlyArray<readonly [name: string, times: number]>
