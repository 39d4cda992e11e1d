/** What stands before the first step, after the last one, and for a step that was never learnt. */
export const startSymbol = 0
export const endSymbol = 1
export const unknownSymbol = 2
const firstSymbol = 3

const nameMax = 200
const nameKept = 180

/**
 * The steps that were learnt, each with a symbol (an integer that is never given again) and the number of sequences that held it. Bounded: beyond
 * `namesMax` the rarest are forgotten, and counted.
 */
export class Vocabulary {
  readonly #namesMax: number
  readonly #symbols = new Map<string, number>()
  readonly #names = new Map<number, string>()
  readonly #sequences = new Map<number, number>()
  readonly #hashes = new Map<number, number>()
  /** Steps that came in a single sequence. */
  #once = 0
  #next = firstSymbol
  #forgotten = 0

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  get size(): number {
    return this.#symbols.size
  }

  get forgotten(): number {
    return this.#forgotten
  }

  /** Its symbol, a new one for a name that was not known; none for the names that a single sequence brings beyond all room. */
  learn(name: string): number {
    const short = shortened(name)
    const known = this.#symbols.get(short)
    if (known !== undefined) return known
    if (this.#symbols.size >= this.#namesMax * 4) {
      this.#forgotten++
      return unknownSymbol
    }
    const symbol = this.#next++
    this.#symbols.set(short, symbol)
    this.#names.set(symbol, short)
    this.#sequences.set(symbol, 0)
    this.#hashes.set(symbol, textHash(short))
    return symbol
  }

  symbolOf(name: string): number {
    return this.#symbols.get(shortened(name)) ?? unknownSymbol
  }

  nameOf(symbol: number): string | null {
    return this.#names.get(symbol) ?? null
  }

  /** Of the name, 32 bits: the same whatever the order of learning. */
  hashOf(symbol: number): number {
    return this.#hashes.get(symbol) ?? symbol
  }

  /** One more sequence that holds it. */
  count(symbol: number): void {
    const sequences = this.#sequences.get(symbol)
    if (sequences === undefined) return
    this.#sequences.set(symbol, sequences + 1)
    if (sequences === 0) this.#once++
    if (sequences === 1) this.#once--
  }

  /** Sequences that held it. */
  sequencesWith(symbol: number): number {
    return this.#sequences.get(symbol) ?? 0
  }

  /**
   * Bits: how rare the rarest of these symbols are among `total` sequences, and for each of the `unknown` steps how rare it is that one comes that
   * was never seen: much rarer than one seen once where hardly any was seen only once, no more than that where new ones keep coming (as Good and
   * Turing estimate what is unseen).
   */
  rarity(symbols: readonly number[], unknown: number, total: number): number {
    if (total === 0) return 0
    let odds = 0
    for (const symbol of symbols) {
      const sequences = this.sequencesWith(symbol)
      if (sequences > 0) odds += total / sequences
    }
    return Math.log2(1 + odds) + unknown * Math.log2((2 * total * total) / Math.min(total, this.#once + 1))
  }

  /** Between sequences: forgets the rarest, by count and then by name, when there are too many. */
  trim(): void {
    if (this.#symbols.size <= this.#namesMax * 2) return
    for (const [name, symbol, sequences] of this.#ranked().slice(this.#namesMax)) {
      if (sequences === 1) this.#once--
      this.#symbols.delete(name)
      this.#names.delete(symbol)
      this.#sequences.delete(symbol)
      this.#hashes.delete(symbol)
      this.#forgotten++
    }
  }

  /** At most `namesMax`, in the order of the names, with their counts. */
  entries(): [name: string, symbol: number, sequences: number][] {
    return this.#ranked()
      .slice(0, this.#namesMax)
      .sort((a, b) => (a[0] < b[0] ? -1 : 1))
  }

  restore(entries: readonly (readonly [name: string, sequences: number])[]): number[] {
    return entries.map(([name, sequences]) => {
      const symbol = this.learn(name)
      this.#sequences.set(symbol, sequences)
      if (sequences === 1) this.#once++
      return symbol
    })
  }

  #ranked(): [name: string, symbol: number, sequences: number][] {
    return [...this.#symbols]
      .map(([name, symbol]): [string, number, number] => [name, symbol, this.sequencesWith(symbol)])
      .sort((a, b) => b[2] - a[2] || (a[0] < b[0] ? -1 : 1))
  }
}

/** A name of any length costs little: what is cut off is left as a hash, so that long names stay apart. */
function shortened(name: string): string {
  if (name.length <= nameMax) return name
  return `${name.slice(0, nameKept)}…${textHash(name).toString(16)}`
}

/** FNV-1a, 32 bits. */
function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
