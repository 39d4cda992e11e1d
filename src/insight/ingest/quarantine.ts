/** An item that did not read: where it stands (`line 12`, `byte 4096`) and why. Never what it says: it may hold anything. */
export interface QuarantinedItem {
  readonly source: string
  readonly place: string
  readonly why: string
}

const examplesMax = 100
const reasonsMax = 64

/** Counts what readers could not read, by reason, with the first places of each; bounded whatever comes. */
export class Quarantine {
  /** A file name, `otlp`, … as reports name it. */
  readonly source: string
  #total = 0
  readonly #reasons = new Map<string, number>()
  readonly #examples: QuarantinedItem[] = []

  constructor(source: string) {
    this.source = source
  }

  /** `why` is one of a fixed set of phrases, without values. `count`: how many items are lost by it. */
  add(place: string, why: string, count = 1): void {
    this.#total += count
    const reason = this.#reasons.has(why) || this.#reasons.size < reasonsMax ? why : 'other'
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
    if (this.#examples.length < examplesMax) this.#examples.push({ source: this.source, place, why })
  }

  /** Items that did not read. */
  get total(): number {
    return this.#total
  }

  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons
  }

  /** The first ones. */
  get examples(): readonly QuarantinedItem[] {
    return this.#examples
  }
}
