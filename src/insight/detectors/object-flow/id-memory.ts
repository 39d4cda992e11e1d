// Hot path: for every identifier of every exchange.
import { Generations } from './generations.ts'

/**
 * Who was the first to be given or to use an id, and who was given which: by keyed hashes of ids, in two generations of bounded size, so what was not
 * touched for long is forgotten. Both are rows that survive the process.
 */
export class IdMemory {
  /** Owner by id. */
  readonly owners: Generations
  /** (id, caller) pairs. */
  readonly given: Generations

  /** `each`: ids in one generation; twice as many (id, caller) pairs. About 150 bytes for each id, in both generations together. */
  constructor(each: number) {
    this.owners = new Generations(each)
    this.given = new Generations(each * 2)
  }

  /** The first caller that had it; undefined: nobody. */
  ownerOf(id: number): number | undefined {
    return this.owners.get(id)
  }

  has(id: number, caller: number): boolean {
    return this.given.get(pairOf(id, caller)) !== undefined
  }

  give(id: number, caller: number): void {
    this.owners.keep(id, caller)
    this.given.keep(pairOf(id, caller), 1)
  }
}

/** 48 bits of a keyed hash of 16 hex digits; 0 for what is none, as a foreign recording may have it. */
export function idNumber(hash: string): number {
  const high = hexOf(hash, 0)
  const low = hexOf(hash, 6)
  return high < 0 || low < 0 ? Number.parseInt(hash.slice(0, 12), 16) || 0 : high * 16_777_216 + low
}

/** Six lower-case hexadecimal digits; negative when they are none. */
function hexOf(text: string, from: number): number {
  if (text.length < from + 6) return -1
  let value = 0
  for (let i = from; i < from + 6; i++) {
    const code = text.charCodeAt(i)
    const digit = code <= 57 ? code - 48 : code - 87
    if (digit < 0 || digit > 15 || (code > 57 && code < 97)) return -1
    value = value * 16 + digit
  }
  return value
}

function pairOf(id: number, caller: number): number {
  const low = id >>> 0
  const mixed = Math.imul((low ^ caller) >>> 0, 0x9e3779b1) >>> 0
  return mixed * 2_097_152 + (Math.imul(low, 0x85ebca6b) >>> 11)
}
