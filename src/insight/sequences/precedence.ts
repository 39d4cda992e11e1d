// Hot path of learning: once for every pair of different steps in a sequence.
import { CountTable } from '../../lib/count-table.ts'

/** Different steps of one sequence whose order is looked at: the first ones, so that time stays linear in long sequences. */
const stepsMax = 48
const symbolsMax = 2 ** 26
/** However often a pair came in one order, its inversion counts for no more: several inversions say more than a single one of a frequent pair. */
const oddsMax = 32

/** Two steps of which the second was rarely or never seen to come first, but did. */
export interface Inversion {
  readonly first: number
  readonly second: number
  /** Sequences in which they came in this order, and in the other. */
  readonly seen: number
  readonly usual: number
}

/**
 * Which step comes before which: for each pair, in how many sequences the one came first before the other came first. Holds whatever else runs
 * between them at the same time, which contexts of neighbours do not. Bounded: beyond `pairsMax` the rarest pairs are forgotten.
 */
export class Precedence {
  readonly #pairsMax: number
  #pairs = new CountTable()

  constructor(pairsMax: number) {
    this.#pairsMax = pairsMax
  }

  /** Different symbols in the order in which they came first. */
  learn(firsts: readonly number[]): void {
    const steps = Math.min(firsts.length, stepsMax)
    for (let i = 0; i < steps; i++)
      for (let j = i + 1; j < steps; j++) this.#pairs.add((firsts[i] as number) * symbolsMax + (firsts[j] as number), 1)
    if (this.#pairs.size > this.#pairsMax) this.#trim()
  }

  /** Bits: how much more often the pairs came the other way round, all of them together. */
  strangeness(firsts: readonly number[]): number {
    let odds = 0
    this.#eachPair(firsts, (_first, _second, seen, usual) => {
      if (usual > seen) odds += Math.min(oddsMax, (usual - seen) / (seen + 0.5))
    })
    return Math.log2(1 + odds)
  }

  /** The strangest first. */
  inversions(firsts: readonly number[], most: number): Inversion[] {
    const found: Inversion[] = []
    this.#eachPair(firsts, (first, second, seen, usual) => {
      if (usual > 4 * seen) found.push({ first, second, seen, usual })
    })
    return found.sort((a, b) => b.usual / (b.seen + 0.5) - a.usual / (a.seen + 0.5)).slice(0, most)
  }

  /** first, second, count of every pair whose steps have a rank (≥ 0), in the order of the ranks. */
  rows(rank: (symbol: number) => number): [first: number, second: number, count: number][] {
    const rows: [number, number, number][] = []
    this.#pairs.each((key, count) => {
      const first = rank(Math.floor(key / symbolsMax))
      const second = rank(key % symbolsMax)
      if (first >= 0 && second >= 0) rows.push([first, second, count])
    })
    return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }

  restore(rows: readonly (readonly [first: number, second: number, count: number])[]): void {
    for (const [first, second, count] of rows) this.#pairs.set(first * symbolsMax + second, count)
  }

  #eachPair(
    firsts: readonly number[],
    take: (first: number, second: number, seen: number, usual: number) => void,
  ): void {
    const steps = Math.min(firsts.length, stepsMax)
    for (let i = 0; i < steps; i++) {
      const first = firsts[i] as number
      for (let j = i + 1; j < steps; j++) {
        const second = firsts[j] as number
        const usual = this.#pairs.get(second * symbolsMax + first, 0)
        if (usual > 0) take(first, second, this.#pairs.get(first * symbolsMax + second, 0), usual)
      }
    }
  }

  /** Keeps the half that was seen most. */
  #trim(): void {
    const counts: number[] = []
    this.#pairs.each((_, count) => counts.push(count))
    counts.sort((a, b) => b - a)
    const least = (counts[Math.floor(this.#pairsMax / 2)] as number) + 1
    const kept = new CountTable()
    this.#pairs.each((key, count) => {
      if (count >= least) kept.set(key, count)
    })
    this.#pairs = kept
  }
}
