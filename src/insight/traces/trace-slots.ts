// Hot path: once per span.

const CHANGED = 1
const STORED = 2
const NONE = -1

/**
 * One slot in 32-bit words, all of it in one or two lines of a cache: words of the id, older and newer neighbour in the order, flags, nothing, and as
 * two 64-bit numbers the times of first and last touch, µs.
 */
const words = 10
const OLDER = 2
const NEWER = 3
const FLAGS = 4
/** In 64-bit numbers. */
const numbers = words / 2
const OPENED = 3
const TOUCHED = 4

/**
 * Places of open traces: found by the two words of their id, in the order of their last touch. Numbers in rows, where a Map of objects had to intern
 * every trace id and gave the collector half a minute of event time to move and mark.
 */
export class TraceSlots {
  #capacity = 0
  #size = 0
  /** The slots one behind the other, once as words and once as numbers. */
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  #oldest = NONE
  #newest = NONE
  /** Slots that are free, in a chain; the one that was freed last is used first, since it is still near in the caches. */
  #free = NONE
  /** Slots by their first word, open addressing, at most half full: 0 is none, else the slot and one. */
  #index = new Int32Array(0)
  #probe = 0

  get size(): number {
    return this.#size
  }

  /** Slots that there are; more only after `add`. */
  get capacity(): number {
    return this.#capacity
  }

  /** The slot that was touched longest ago; -1: there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** The longest untouched first. A slot may be removed while it is told. */
  *all(): Iterable<number> {
    for (let slot = this.#oldest; slot !== NONE; ) {
      const next = this.#newer(slot)
      yield slot
      slot = next
    }
  }

  /** A slot with these words; -1: there is none. */
  find(first: number, second: number): number {
    if (this.#capacity === 0) return NONE
    this.#probe = first & (this.#index.length - 1)
    return this.#look(first, second)
  }

  /** Another one with the same words as the one found last. */
  findNext(): number {
    const mask = this.#index.length - 1
    const slot = (this.#index[this.#probe] as number) - 1
    this.#probe = (this.#probe + 1) & mask
    return this.#look(this.#words[slot * words] as number, this.#words[slot * words + 1] as number)
  }

  add(first: number, second: number, nowUs: number): number {
    if (this.#free === NONE) this.#grow()
    const slot = this.#free
    this.#free = this.#newer(slot)
    this.#words[slot * words] = first
    this.#words[slot * words + 1] = second
    this.#words[slot * words + FLAGS] = CHANGED
    this.setTimes(slot, nowUs)
    this.#append(slot)
    this.#enter(slot)
    this.#size++
    return slot
  }

  /** What is known of a slot that is free from then on; it is used again by a later `add`. */
  remove(slot: number): { readonly stored: boolean; readonly first: number; readonly second: number } {
    this.#leave(slot)
    this.#unlink(slot)
    this.#words[slot * words + NEWER] = this.#free
    this.#free = slot
    this.#size--
    return {
      stored: this.isStored(slot),
      first: this.#words[slot * words] as number,
      second: this.#words[slot * words + 1] as number,
    }
  }

  openedUs(slot: number): number {
    return this.#numbers[slot * numbers + OPENED] as number
  }

  touchedUs(slot: number): number {
    return this.#numbers[slot * numbers + TOUCHED] as number
  }

  setTimes(slot: number, nowUs: number): void {
    this.#numbers[slot * numbers + OPENED] = nowUs
    this.#numbers[slot * numbers + TOUCHED] = nowUs
  }

  /** Moves to the end of the order. */
  touch(slot: number, nowUs: number): void {
    this.#numbers[slot * numbers + TOUCHED] = nowUs
    this.#unlink(slot)
    this.#append(slot)
  }

  isChanged(slot: number): boolean {
    return ((this.#words[slot * words + FLAGS] as number) & CHANGED) !== 0
  }

  isStored(slot: number): boolean {
    return ((this.#words[slot * words + FLAGS] as number) & STORED) !== 0
  }

  setChanged(slot: number): void {
    const at = slot * words + FLAGS
    this.#words[at] = (this.#words[at] as number) | CHANGED
  }

  /** It is written down as it is now. */
  setStored(slot: number): void {
    this.#words[slot * words + FLAGS] = STORED
  }

  #look(first: number, second: number): number {
    const index = this.#index
    const mask = index.length - 1
    for (; ; this.#probe = (this.#probe + 1) & mask) {
      const slot = (index[this.#probe] as number) - 1
      if (slot < 0 || (this.#words[slot * words] === first && this.#words[slot * words + 1] === second)) return slot
    }
  }

  #enter(slot: number): void {
    const mask = this.#index.length - 1
    let at = (this.#words[slot * words] as number) & mask
    while (this.#index[at] !== 0) at = (at + 1) & mask
    this.#index[at] = slot + 1
  }

  /** Whoever was put behind it for want of its place moves up (Knuth, vol. 3, 6.4 R). */
  #leave(slot: number): void {
    const index = this.#index
    const mask = index.length - 1
    let free = (this.#words[slot * words] as number) & mask
    while (index[free] !== slot + 1) free = (free + 1) & mask
    for (let at = (free + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#words[((index[at] as number) - 1) * words] as number) & mask
      if (((at - home) & mask) < ((at - free) & mask)) continue
      index[free] = index[at] as number
      free = at
    }
    index[free] = 0
  }

  #newer(slot: number): number {
    return this.#words[slot * words + NEWER] as number
  }

  #append(slot: number): void {
    const list = this.#words
    list[slot * words + OLDER] = this.#newest
    list[slot * words + NEWER] = NONE
    if (this.#newest === NONE) this.#oldest = slot
    else list[this.#newest * words + NEWER] = slot
    this.#newest = slot
  }

  #unlink(slot: number): void {
    const list = this.#words
    const older = list[slot * words + OLDER] as number
    const newer = list[slot * words + NEWER] as number
    if (older === NONE) this.#oldest = newer
    else list[older * words + NEWER] = newer
    if (newer === NONE) this.#newest = older
    else list[newer * words + OLDER] = older
  }

  #grow(): void {
    const before = this.#capacity
    const capacity = before === 0 ? 256 : before * 2
    const list = new Int32Array(capacity * words)
    list.set(this.#words)
    this.#words = list
    this.#numbers = new Float64Array(list.buffer)
    this.#index = new Int32Array(capacity * 2)
    this.#capacity = capacity
    for (const slot of this.all()) this.#enter(slot)
    for (let slot = before; slot < capacity; slot++) list[slot * words + NEWER] = slot + 1 < capacity ? slot + 1 : NONE
    this.#free = before
  }
}
