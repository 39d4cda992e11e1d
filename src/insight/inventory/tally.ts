const keyMax = 200

/** Counts by name, at most `max` names: what comes after them is counted together, so that nobody can fill the memory with names. */
export class Tally {
  readonly #counts = new Map<string, number>()
  readonly #max: number
  #other = 0
  /** Most names come many times in a row (the host, the route): those are written down when another comes, or somebody reads. */
  #last = ''
  #lastTimes = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    this.#settle()
    return this.#counts.size
  }

  /** Counted without a name. */
  get other(): number {
    this.#settle()
    return this.#other
  }

  add(name: string, times = 1): void {
    if (name === this.#last) {
      this.#lastTimes += times
      return
    }
    this.#settle()
    this.#last = name
    this.#lastTimes = times
  }

  get(name: string): number {
    this.#settle()
    return this.#counts.get(name) ?? 0
  }

  merge(other: Tally): void {
    other.#settle()
    for (const [name, times] of other.#counts) this.add(name, times)
    this.#other += other.#other
  }

  /** Most first, then by name. */
  entries(): ReadonlyArray<readonly [name: string, times: number]> {
    this.#settle()
    return [...this.#counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  }

  names(): string[] {
    this.#settle()
    return [...this.#counts.keys()].sort()
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.entries())
  }

  dump(): TallyDump {
    this.#settle()
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

  #settle(): void {
    const [name, times] = [this.#last, this.#lastTimes]
    if (times === 0) return
    this.#lastTimes = 0
    const known = this.#counts.get(name)
    if (known !== undefined) this.#counts.set(name, known + times)
    else if (this.#counts.size < this.#max && name !== '' && name.length <= keyMax) this.#counts.set(name, times)
    else this.#other += times
  }
}

export type TallyDump = ReadonlyArray<readonly [name: string, times: number]>
