// Hot path of learning: every step of every sequence asks it several times.

/**
 * A map from an integer key (0 ≤ key ≤ 2^53 − 1) to an integer (0 ≤ value < 2^31), in two typed arrays with open addressing: a tenth of the
 * memory of a Map of numbers, and nothing for the collector. It only grows; `keys()` gives what is held, in no particular order.
 */
export class CountTable {
  #keys: Float64Array
  #values: Int32Array
  #mask: number
  #size = 0

  constructor(sizeHint = 64) {
    let slots = 64
    while (slots * 0.6 < sizeHint) slots *= 2
    this.#keys = new Float64Array(slots).fill(-1)
    this.#values = new Int32Array(slots)
    this.#mask = slots - 1
  }

  get size(): number {
    return this.#size
  }

  /** The value, or `absent` where there is none. */
  get(key: number, absent: number): number {
    const keys = this.#keys
    for (let slot = slotOf(key) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const held = keys[slot] as number
      if (held === key) return this.#values[slot] as number
      if (held === -1) return absent
    }
  }

  set(key: number, value: number): void {
    const slot = this.#slotFor(key)
    this.#values[slot] = value
  }

  /** Adds to a value that is 0 when absent, and gives the sum; it stays at 2^31 − 1. */
  add(key: number, by: number): number {
    const slot = this.#slotFor(key)
    const sum = Math.min((this.#values[slot] as number) + by, 2_147_483_647)
    this.#values[slot] = sum
    return sum
  }

  /** Calls with every key and its value. */
  each(take: (key: number, value: number) => void): void {
    for (let slot = 0; slot <= this.#mask; slot++) {
      const key = this.#keys[slot] as number
      if (key !== -1) take(key, this.#values[slot] as number)
    }
  }

  #slotFor(key: number): number {
    for (let slot = slotOf(key) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const held = this.#keys[slot] as number
      if (held === key) return slot
      if (held !== -1) continue
      if (this.#size >= (this.#mask + 1) * 0.6) {
        this.#grow()
        return this.#slotFor(key)
      }
      this.#keys[slot] = key
      this.#values[slot] = 0
      this.#size++
      return slot
    }
  }

  #grow(): void {
    const keys = this.#keys
    const values = this.#values
    const slots = keys.length * 2
    this.#keys = new Float64Array(slots).fill(-1)
    this.#values = new Int32Array(slots)
    this.#mask = slots - 1
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number
      if (key === -1) continue
      let slot = slotOf(key) & this.#mask
      while (this.#keys[slot] !== -1) slot = (slot + 1) & this.#mask
      this.#keys[slot] = key
      this.#values[slot] = values[i] as number
    }
  }
}

/** Both halves of the key are mixed, so that neither neighbouring keys nor multiples of 2^32 fall together. */
function slotOf(key: number): number {
  const high = Math.floor(key / 4_294_967_296)
  let hash = Math.imul((key - high * 4_294_967_296) | 0, 0x9e3779b1) ^ Math.imul(high + 0x7f4a7c15, 0x85ebca6b)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
