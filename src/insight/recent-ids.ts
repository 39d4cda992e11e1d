// Hot path: once per event.

/**
 * Remembers between `each` and twice `each` of the latest ids with their times, in two generations: when the young one is full the old one is
 * forgotten whole. An LRU would cost a move per id for nothing: an id that comes again is dropped, not used.
 */
export class RecentIds {
  readonly #each: number
  #young = new Map<string, string>()
  #old = new Map<string, string>()

  constructor(each: number) {
    this.#each = each
  }

  /** Is it new? Then it is known from now on. One id at two times is two items, of which the later is remembered. */
  add(id: string, time: string): boolean {
    const known = this.#young.get(id) ?? this.#old.get(id)
    if (known === time) return false
    if (this.#young.size >= this.#each) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(id, time)
    return true
  }
}
