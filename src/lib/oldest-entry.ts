/**
 * Takes entries out of a map in the order in which they were set, each in O(1) on average. `map.keys().next()` looks free and is not: V8 leaves a hole
 * for what is deleted and walks over all of them from the start, tens of thousands in a map that gives up its oldest entry for each new one.
 */
export class OldestEntry<K, V> {
  readonly #map: Map<K, V>
  /**
   * Goes on behind the last entry that was taken; a Map's iterator follows what changes behind it (ECMA-262, 24.1.5). null before the first is taken:
   * it would keep every table alive that the map outgrows.
   */
  #keys: Iterator<K> | null = null

  constructor(map: Map<K, V>) {
    this.#map = map
  }

  /** Deletes the entry that was set first and gives its key; undefined: the map is empty. */
  take(): K | undefined {
    let next = this.#keys?.next()
    if (next === undefined || next.done === true) {
      // An iterator that came to the end once stays there.
      this.#keys = this.#map.keys()
      next = this.#keys.next()
      if (next.done === true) return undefined
    }
    this.#map.delete(next.value)
    return next.value
  }
}
