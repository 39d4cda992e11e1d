import { CountTable } from '../../lib/count-table.ts'
import type { Composition } from './compositions.ts'

/** Counts that are told apart: 1, 2, 3 … 16, and then four for each doubling, as compositions round them. */
const bucketsMax = 128
/** Bounded: beyond it the rarest pairs of step and count are forgotten. */
const rowsMax = 262_144

/** A step that comes more often than it does in most sequences. */
export interface Crowd {
  readonly symbol: number
  readonly count: number
  /** Sequences in which it comes as often or more, of all that hold it. */
  readonly asMany: number
  readonly all: number
  readonly odds: number
}

/** How often a step comes in a sequence that holds it: a flood of one step is seen here whatever else the sequence holds. */
export class StepCounts {
  /** symbol × 128 + bucket → sequences */
  #table = new CountTable()

  learn({ symbols, counts }: Composition): void {
    for (let i = 0; i < symbols.length; i++)
      this.#table.add((symbols[i] as number) * bucketsMax + bucketOf(counts[i] as number), 1)
    if (this.#table.size > rowsMax) this.#trim()
  }

  /** Bits: the odds against so many of each step, all together. */
  strangeness(composition: Composition, sequencesWith: (symbol: number) => number): number {
    let odds = 0
    for (let i = 0; i < composition.symbols.length; i++) odds += this.#crowd(composition, i, sequencesWith).odds
    return Math.log2(1 + odds)
  }

  /** Those that come oftener than in nine of ten sequences with them, the strangest first. */
  most(composition: Composition, sequencesWith: (symbol: number) => number): Crowd[] {
    return composition.symbols
      .map((_, i) => this.#crowd(composition, i, sequencesWith))
      .filter(({ odds }) => odds > 9)
      .sort((a, b) => b.odds - a.odds || a.symbol - b.symbol)
  }

  /** symbol, bucket, sequences of all, in the order of the ranks; without those that have none (−1). */
  rows(rank: (symbol: number) => number): [symbol: number, bucket: number, sequences: number][] {
    const rows: [number, number, number][] = []
    this.#table.each((key, sequences) => {
      const symbol = rank(Math.floor(key / bucketsMax))
      if (symbol >= 0) rows.push([symbol, key % bucketsMax, sequences])
    })
    return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }

  restore(rows: readonly (readonly [symbol: number, bucket: number, sequences: number])[]): void {
    for (const [symbol, bucket, sequences] of rows) this.#table.set(symbol * bucketsMax + bucket, sequences)
  }

  /** Keeps the half that was seen most. */
  #trim(): void {
    const seen: number[] = []
    this.#table.each((_, sequences) => seen.push(sequences))
    const least = (seen.sort((a, b) => b - a)[rowsMax / 2] as number) + 1
    const kept = new CountTable()
    this.#table.each((key, sequences) => {
      if (sequences >= least) kept.set(key, sequences)
    })
    this.#table = kept
  }

  #crowd({ symbols, counts }: Composition, i: number, sequencesWith: (symbol: number) => number): Crowd {
    const symbol = symbols[i] as number
    const count = counts[i] as number
    const all = sequencesWith(symbol)
    if (all === 0) return { symbol, count, asMany: 0, all, odds: 0 }
    const bucket = bucketOf(count)
    let fewer = 0
    // Steps come seldom in large numbers: counting up from below ends soon.
    let highest = 0
    for (let lower = 0, seen = 0; lower < bucketsMax && seen < all; lower++) {
      const found = this.#table.get(symbol * bucketsMax + lower, 0)
      if (found === 0) continue
      seen += found
      highest = lower
      if (lower < bucket) fewer += found
    }
    const asMany = Math.max(0, all - fewer)
    // Beyond all that was seen, numbers are taken to have a tail like those of sizes: of twice as many there are an eighth.
    const beyond = bucket > highest ? (count / countOf(highest)) ** 3 : 1
    return { symbol, count, asMany, all, odds: (beyond * fewer) / (asMany + 0.5) }
  }
}

function bucketOf(count: number): number {
  return count <= 16 ? count : Math.min(bucketsMax - 1, Math.round(Math.log2(count) * 4))
}

function countOf(bucket: number): number {
  return bucket <= 16 ? bucket : 2 ** (bucket / 4)
}
