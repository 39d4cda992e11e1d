// Hot path: once per event.

/**
 * Remembers between `each` and twice `each` of the latest keys, in two generations: when the young one is full the old one is forgotten whole.
 * An LRU would cost a move per key for nothing: a key that comes again is dropped, not used.
 */
export class RecentIds {
  readonly #each: number
  #young = new Set<string>()
  #old = new Set<string>()

  constructor(each: number) {
    this.#each = each
  }

  /** Is the key new? It is known from now on. */
  add(key: string): boolean {
    if (this.#young.has(key) || this.#old.has(key)) return false
    if (this.#young.size >= this.#each) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(key)
    return true
  }
}
