// Hot path: for every identifier of every exchange.

/**
 * Who was the first to be given or to use an id, and who was given which: by keyed hashes of ids, in two generations of bounded size, so what was not
 * touched for long is forgotten.
 */
export class IdMemory {
  readonly #each: number
  #owners = new Map<number, number>()
  #formerOwners = new Map<number, number>()
  #given = new Set<number>()
  #formerGiven = new Set<number>()

  /** `each`: ids in one generation; twice as many (id, caller) pairs. About 90 bytes for each. */
  constructor(each: number) {
    this.#each = each
  }

  /** The first caller that had it; undefined: nobody. */
  ownerOf(id: number): number | undefined {
    return this.#owners.get(id) ?? this.#formerOwners.get(id)
  }

  has(id: number, caller: number): boolean {
    const pair = pairOf(id, caller)
    return this.#given.has(pair) || this.#formerGiven.has(pair)
  }

  give(id: number, caller: number): void {
    const owner = this.#owners.get(id)
    if (owner === undefined) {
      if (this.#owners.size >= this.#each) {
        this.#formerOwners = this.#owners
        this.#owners = new Map()
      }
      this.#owners.set(id, this.#formerOwners.get(id) ?? caller)
    }
    if (this.#given.size >= this.#each * 2) {
      this.#formerGiven = this.#given
      this.#given = new Set()
    }
    this.#given.add(pairOf(id, caller))
  }
}

/** 48 bits of a keyed hash of 16 hex digits. */
export function idNumber(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16)
}

function pairOf(id: number, caller: number): number {
  const low = id % 4_294_967_296
  const mixed = Math.imul((low ^ caller) >>> 0, 0x9e3779b1) >>> 0
  return mixed * 2_097_152 + (Math.imul(low, 0x85ebca6b) >>> 11)
}
