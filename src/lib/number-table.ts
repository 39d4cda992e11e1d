// Hot path: several times for every identifier of every exchange.

const smallest = 64

/**
 * 32-bit numbers by keys, which are integers from 0 to 2^53 - 1: open addressing with linear probing in two flat arrays, at most half full. 24 to 48
 * bytes for each, where a Map takes some 60 and a heap number for each large key, and one place in memory for a look-up. Keys are told, not hostile:
 * whoever could choose them could make it slow, so give it keyed hashes.
 */
export class NumberTable {
  #keys = new Float64Array(smallest)
  #values = new Uint32Array(smallest)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: number): number | undefined {
    const at = this.#find(key)
    return this.#keys[at] === 0 ? undefined : this.#values[at]
  }

  set(key: number, value: number): void {
    const at = this.#find(key)
    this.#values[at] = value
    if (this.#keys[at] !== 0) return
    // 0 stands for an empty place.
    this.#keys[at] = key + 1
    if (++this.#size * 2 > this.#keys.length) this.#grow()
  }

  /** The key's place, or the empty one where it would stand. */
  #find(key: number): number {
    const keys = this.#keys
    const mask = keys.length - 1
    let at = placeOf(key) & mask
    while (keys[at] !== 0 && keys[at] !== key + 1) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const keys = this.#keys
    const values = this.#values
    this.#keys = new Float64Array(keys.length * 2)
    this.#values = new Uint32Array(keys.length * 2)
    for (let i = 0; i < keys.length; i++) {
      const stored = keys[i] as number
      if (stored === 0) continue
      const at = this.#find(stored - 1)
      this.#keys[at] = stored
      this.#values[at] = values[i] as number
    }
  }
}

function placeOf(key: number): number {
  const high = Math.floor(key / 4_294_967_296)
  const mixed = Math.imul((key >>> 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
