/** How often each step comes in a sequence, whatever their order: different symbols ascending, and the count of each. */
export interface Composition {
  readonly symbols: readonly number[]
  readonly counts: readonly number[]
}

/** A composition that was learnt, with one sequence that stands for all that have it. */
export interface Signature extends Composition {
  /** Learnt sequences with it. */
  readonly count: number
  /** Of the names and counts, 32 bits: equal for equal compositions whatever the order of learning. */
  readonly hash: number
  /** Symbols of that sequence, runs collapsed. */
  readonly example: readonly number[]
}

interface Held extends Signature {
  count: number
  example: readonly number[]
  exampleHash: number
}

/** The compositions of all learnt sequences, each with its count. Bounded: beyond twice `heldMax` the rarest are dropped, of equally rare ones those with the larger hashes. */
export class Compositions {
  readonly #heldMax: number
  readonly #held = new Map<string, Held>()
  #total = 0
  #dropped = 0

  constructor(heldMax: number) {
    this.#heldMax = heldMax
  }

  /** Sequences that were learnt. */
  get total(): number {
    return this.#total
  }

  /** Compositions that were dropped for room. */
  get dropped(): number {
    return this.#dropped
  }

  /** `hashOf` a symbol depends on its name alone. */
  learn({ symbols, counts }: Composition, example: readonly number[], hashOf: (symbol: number) => number): void {
    this.#total++
    const key = keyOf(symbols, counts)
    const held = this.#held.get(key)
    const exampleHash = orderedHash(example, hashOf)
    if (held === undefined) {
      this.#held.set(key, { symbols, counts, hash: bagHash(symbols, counts, hashOf), count: 1, example, exampleHash })
      if (this.#held.size > this.#heldMax * 2) this.#trim()
      return
    }
    held.count++
    // The one with the smallest hash, so that it does not depend on which came first.
    if (exampleHash < held.exampleHash) {
      held.example = example
      held.exampleHash = exampleHash
    }
  }

  exactly({ symbols, counts }: Composition): Signature | null {
    return this.#held.get(keyOf(symbols, counts)) ?? null
  }

  /** The most frequent first; at most `heldMax`. */
  ranked(): Signature[] {
    return [...this.#held.values()].sort((a, b) => b.count - a.count || a.hash - b.hash).slice(0, this.#heldMax)
  }

  /** Takes back what `ranked` gave. */
  restore(signatures: readonly Omit<Signature, 'hash'>[], total: number, hashOf: (symbol: number) => number): void {
    this.#total = total
    for (const { symbols, counts, count, example } of signatures)
      this.#held.set(keyOf(symbols, counts), {
        symbols,
        counts,
        count,
        example,
        hash: bagHash(symbols, counts, hashOf),
        exampleHash: orderedHash(example, hashOf),
      })
  }

  #trim(): void {
    const kept = this.ranked()
    this.#dropped += this.#held.size - kept.length
    this.#held.clear()
    for (const held of kept) this.#held.set(keyOf(held.symbols, held.counts), held as Held)
  }
}

/** Equal for equal compositions. */
export function keyOf(symbols: readonly number[], counts: readonly number[]): string {
  let key = ''
  for (let i = 0; i < symbols.length; i++) key += `${symbols[i]}:${counts[i]},`
  return key
}

function orderedHash(symbols: readonly number[], hashOf: (symbol: number) => number): number {
  let hash = symbols.length
  for (const symbol of symbols) hash = mixed(Math.imul(hash, 31) ^ hashOf(symbol))
  return hash >>> 0
}

/** A sum, so that the order of the symbols, which depends on what was learnt first, does not matter. */
function bagHash(symbols: readonly number[], counts: readonly number[], hashOf: (symbol: number) => number): number {
  let sum = 0
  for (const [i, symbol] of symbols.entries())
    sum = (sum + mixed(hashOf(symbol) ^ Math.imul(counts[i] as number, 0x9e3779b1))) | 0
  return mixed(sum) >>> 0
}

function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}
