// Hot path: the token cache asks it once per request.

interface Entry<K, V> {
  readonly key: K
  value: V
  cost: number
  newer: Entry<K, V> | null
  older: Entry<K, V> | null
}

/**
 * A map that keeps the most recently used entries within two bounds: how many, and the sum of what they cost (bytes,
 * by the caller's own count). A hit moves pointers and allocates nothing; re-inserting into a Map would hash a long
 * string key a second time and would keep the caller's string instead of the stored one.
 */
export class Lru<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>()
  readonly #entriesMax: number
  readonly #costMax: number
  #cost = 0
  #newest: Entry<K, V> | null = null
  #oldest: Entry<K, V> | null = null

  constructor(entriesMax: number, costMax: number = Number.POSITIVE_INFINITY) {
    this.#entriesMax = entriesMax
    this.#costMax = costMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** Sum of the costs of what is held. */
  get cost(): number {
    return this.#cost
  }

  /** The value, which becomes the most recently used one. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    return entry.value
  }

  /** Stores a value and drops the least recently used ones beyond the bounds. What alone costs more than the bound is not kept. */
  set(key: K, value: V, cost = 0): void {
    this.delete(key)
    if (cost > this.#costMax) return
    const entry: Entry<K, V> = { key, value, cost, newer: null, older: null }
    this.#entries.set(key, entry)
    this.#cost += cost
    this.#link(entry)
    while (this.#oldest !== null && (this.#entries.size > this.#entriesMax || this.#cost > this.#costMax)) {
      this.delete(this.#oldest.key)
    }
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    this.#cost -= entry.cost
    this.#unlink(entry)
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#cost = 0
    this.#newest = null
    this.#oldest = null
  }

  #link(entry: Entry<K, V>): void {
    entry.older = this.#newest
    entry.newer = null
    if (this.#newest !== null) this.#newest.newer = entry
    this.#newest = entry
    if (this.#oldest === null) this.#oldest = entry
  }

  #unlink(entry: Entry<K, V>): void {
    if (entry.newer === null) this.#newest = entry.older
    else entry.newer.older = entry.older
    if (entry.older === null) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    entry.newer = null
    entry.older = null
  }
}
