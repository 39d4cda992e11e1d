import { CountTable } from '../../lib/count-table.ts'

/** How often exactly this sequence was learnt, runs collapsed: by a 53-bit hash of its names. Bounded: beyond twice `keysMax` the rarest are forgotten. */
export class KnownSequences {
  readonly #keysMax: number
  #counts = new CountTable()

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  learn(key: number): void {
    this.#counts.add(key, 1)
    if (this.#counts.size > 2 * this.#keysMax) this.#trim()
  }

  times(key: number): number {
    return this.#counts.get(key, 0)
  }

  /** The most frequent, in the order of their keys. */
  rows(): [key: number, count: number][] {
    return this.#ranked().sort((a, b) => a[0] - b[0])
  }

  restore(rows: readonly (readonly [key: number, count: number])[]): void {
    for (const [key, count] of rows) this.#counts.set(key, count)
  }

  #trim(): void {
    const kept = new CountTable(this.#keysMax)
    for (const [key, count] of this.#ranked()) kept.set(key, count)
    this.#counts = kept
  }

  #ranked(): [key: number, count: number][] {
    const rows: [number, number][] = []
    this.#counts.each((key, count) => rows.push([key, count]))
    return rows.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, this.#keysMax)
  }
}

/** Of the symbols in their order; the same whatever symbols the names were given. */
export function sequenceKey(symbols: ArrayLike<number>, hashOf: (symbol: number) => number): number {
  let low = symbols.length
  let high = 0x9e3779b1
  for (let i = 0; i < symbols.length; i++) {
    const hash = hashOf(symbols[i] as number)
    low = Math.imul((low << 5) ^ (low >>> 27) ^ hash, 0x2c1b3c6d)
    high = Math.imul((high << 7) ^ (high >>> 25) ^ hash, 0x85ebca6b)
  }
  return ((high >>> 11) & 0x1f_ffff) * 4_294_967_296 + (low >>> 0)
}
