// Hot path: the learner adds a value per variable segment of every call.

const bits = 8
const registers = 1 << bits
const alpha = 0.7213 / (1 + 1.079 / registers)
/** Up to so many values are kept as they are: most places have few, and then the count is exact and takes no 256 bytes. */
const exactMax = 16

/**
 * Counts distinct values in at most 256 bytes, with a standard error of 6.5% (Flajolet et al. 2007, with linear counting for small sets);
 * exact up to 16. Merging two gives what adding all values to one would have given.
 */
export class HyperLogLog {
  #exact: Set<number> | null = new Set()
  #registers: Uint8Array | null = null
  /** What `count` found; -1: something was added since. */
  #counted = -1

  /** `hash`: 32 well-mixed bits of the value. */
  add(hash: number): void {
    if (this.#registers !== null) {
      this.#raise(this.#registers, hash)
      return
    }
    const exact = this.#exact as Set<number>
    exact.add(hash >>> 0)
    if (exact.size > exactMax) this.#spread()
  }

  /** Distinct values added, estimated. */
  count(): number {
    if (this.#registers === null) return (this.#exact as Set<number>).size
    if (this.#counted < 0) this.#counted = estimate(this.#registers)
    return this.#counted
  }

  merge(other: HyperLogLog): void {
    this.#counted = -1
    if (other.#registers === null) {
      for (const hash of other.#exact as Set<number>) this.add(hash)
      return
    }
    if (this.#registers === null) this.#spread()
    const own = this.#registers as unknown as Uint8Array
    for (let i = 0; i < registers; i++) own[i] = Math.max(own[i] as number, other.#registers[i] as number)
  }

  /** JSON-ready; `HyperLogLog.restore` reads it. */
  dump(): readonly number[] | string {
    return this.#registers === null
      ? [...(this.#exact as Set<number>)].toSorted((a, b) => a - b)
      : Buffer.from(this.#registers).toString('base64')
  }

  /** null when it is not a dump. */
  static restore(dumped: unknown): HyperLogLog | null {
    const made = new HyperLogLog()
    if (typeof dumped === 'string') {
      const bytes = Buffer.from(dumped, 'base64')
      if (bytes.length !== registers || bytes.some(rank => rank > 32 - bits + 1)) return null
      made.#registers = new Uint8Array(bytes)
      made.#exact = null
      return made
    }
    if (!Array.isArray(dumped) || dumped.length > exactMax || dumped.some(hash => !Number.isInteger(hash))) return null
    for (const hash of dumped as number[]) made.add(hash)
    return made
  }

  #spread(): void {
    const made = new Uint8Array(registers)
    for (const hash of this.#exact as Set<number>) this.#raise(made, hash)
    this.#registers = made
    this.#exact = null
  }

  #raise(made: Uint8Array, hash: number): void {
    const at = hash >>> (32 - bits)
    const rank = Math.clz32((hash << bits) | (1 << (bits - 1))) + 1
    if (rank <= (made[at] as number)) return
    made[at] = rank
    this.#counted = -1
  }
}

function estimate(ranks: Uint8Array): number {
  let sum = 0
  let empty = 0
  for (const rank of ranks) {
    sum += 2 ** -rank
    if (rank === 0) empty++
  }
  const raw = (alpha * registers * registers) / sum
  return Math.round(raw <= 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : raw)
}

/** 32 well-mixed bits of a text (FNV-1a with the finaliser of MurmurHash3). No defence against chosen collisions: use it for sketches only. */
export function sketchHash(text: string): number {
  return mixed(fnv(text))
}

/** FNV-1a of a text's UTF-16 units, from `fnvStart` on by `fnvStep`: for who goes through a text anyway. */
export function fnv(text: string): number {
  return fnvOn(fnvStart, text)
}

/** `fnv` of two texts one behind the other, `hash` being that of the first. */
export function fnvOn(hash: number, text: string): number {
  let all = hash
  for (let i = 0; i < text.length; i++) all = fnvStep(all, text.charCodeAt(i))
  return all
}

export const fnvStart = 0x811c9dc5 | 0

export function fnvStep(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193)
}

/** `sketchHash` of the text whose `fnv` this is. */
export function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
