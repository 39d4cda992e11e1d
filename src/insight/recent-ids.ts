// Hot path: once per event.
import { randomInt } from 'node:crypto'

const EMPTY = 0

/**
 * Remembers between `each` and twice `each` of the latest items, by 62 bits of a hash of id and time whose seed is drawn for this process: nobody can
 * aim at another's item, and two of these meet by chance once in 10^13. A Map of the texts cost four times as much and held all of them.
 */
export class RecentIds {
  readonly #each: number
  readonly #mask: number
  readonly #seed = randomInt(2 ** 32)
  /** Pairs of words, open addressing; the young generation and the one before it. */
  #young: Int32Array
  #old: Int32Array
  #count = 0
  /** The words that `hash` found. */
  first = 0
  second = 0

  constructor(each: number) {
    this.#each = each
    const slots = 2 ** Math.ceil(Math.log2(each * 2))
    this.#mask = slots - 1
    this.#young = new Int32Array(slots * 2)
    this.#old = new Int32Array(slots * 2)
  }

  /** Is it new? Then it is known from now on. One id at two times is two items. `again`: one that is known is kept as if it were new. */
  add(id: string, time: string, again = false): boolean {
    this.hash(id, time)
    return this.addHashed(this.first, this.second, again)
  }

  /** Puts the two words for an item in `first` and `second`. */
  hash(id: string, time: string): void {
    let a = this.#seed
    let b = ~this.#seed
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i)
      a = Math.imul(a ^ code, 0x85ebca6b)
      b = Math.imul(b ^ code, 0xc2b2ae35)
      a = (a << 13) | (a >>> 19)
      b = (b << 17) | (b >>> 15)
    }
    for (let i = 0; i < time.length; i++) {
      const code = time.charCodeAt(i)
      a = Math.imul(a ^ code, 0x85ebca6b)
      b = Math.imul(b ^ code, 0xc2b2ae35)
      a = (a << 13) | (a >>> 19)
      b = (b << 17) | (b >>> 15)
    }
    a = Math.imul(a ^ (a >>> 16) ^ b, 0x27d4eb2f)
    b = Math.imul(b ^ (b >>> 15) ^ a, 0x165667b1)
    this.first = a ^ (a >>> 15)
    this.second = (b ^ (b >>> 16)) | 1
  }

  /** As `add`, of an item by its words. */
  addHashed(first: number, second: number, again: boolean): boolean {
    const isNew = this.#find(this.#old, first, second) >= 0
    if (!isNew && !again) return false
    const slot = this.#find(this.#young, first, second)
    if (slot < 0) return false
    if (this.#count < this.#each) this.#put(slot, first, second)
    else {
      const forgotten = this.#old.fill(EMPTY)
      this.#old = this.#young
      this.#young = forgotten
      this.#count = 0
      this.#put((first & this.#mask) * 2, first, second)
    }
    return isNew
  }

  /** Where it would go; -1: it is there. The table is never more than half full, so an empty place is near. */
  #find(table: Int32Array, first: number, second: number): number {
    for (let slot = first & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const there = table[slot * 2 + 1]
      // The second word is never 0.
      if (there === EMPTY) return slot * 2
      if (there === second && table[slot * 2] === first) return -1
    }
  }

  #put(slot: number, first: number, second: number): void {
    this.#young[slot] = first
    this.#young[slot + 1] = second
    this.#count++
  }
}
