// Hot path of learning: once for every pair of different steps in a sequence.
import { CountTable } from '../../lib/count-table.ts'

/** Different steps of one sequence whose order is looked at: the first ones, so that time stays linear in long sequences. */
const stepsMax = 48
const symbolsMax = 2 ** 26
const none: readonly Expected[] = []
/** However often a pair came in one order, its inversion counts for no more: several inversions say more than a single one of a frequent pair. */
const oddsMax = 32

/** A step without what nearly always comes before it. */
export interface Unprepared {
  /** What came, and what should have come before it. */
  readonly step: number
  readonly before: number
  /** Does that come later, or not at all? */
  readonly later: boolean
  /** Sequences with the step in which it did come before, and all sequences with the step. */
  readonly usual: number
  readonly all: number
}

/** Share of the sequences with a step in which another one comes before it, for that to be expected. */
const usualShare = 0.9

/** What is expected before a step: in how many of `all` sequences with the step it came before it. */
export interface Expected {
  readonly before: number
  readonly usual: number
  readonly all: number
}

/**
 * Which step comes before which: for each pair, in how many sequences the one came first before the other came first. Holds whatever else runs
 * between them at the same time, which contexts of neighbours do not. Bounded: beyond `pairsMax` the rarest pairs are forgotten.
 */
export class Precedence {
  readonly #pairsMax: number
  #pairs = new CountTable()
  /** By step, what is expected before it. */
  #expected = new Map<number, Expected[]>()

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

  /** Works out what is expected before what, from now on. `sequencesWith`: learnt sequences that hold a symbol. */
  compile(sequencesWith: (symbol: number) => number, share = usualShare): void {
    this.#expected = new Map()
    this.#pairs.each((key, usual) => {
      const step = key % symbolsMax
      const all = sequencesWith(step)
      if (all === 0 || usual < share * all) return
      const expected = this.#expected.get(step)
      const one = { before: Math.floor(key / symbolsMax), usual: Math.min(usual, all), all }
      if (expected === undefined) this.#expected.set(step, [one])
      else expected.push(one)
    })
  }

  /** In no order. */
  expectedBefore(step: number): readonly Expected[] {
    return this.#expected.get(step) ?? none
  }

  /** Bits: how much more often what is missing before a step was there, all together. */
  strangeness(firsts: readonly number[]): number {
    let odds = 0
    this.#each(firsts, one => (odds += oddsOf(one)))
    return Math.log2(1 + odds)
  }

  /** The strangest first, and of equally strange ones those with the rarest step. */
  unprepared(firsts: readonly number[], most: number): Unprepared[] {
    const found: Unprepared[] = []
    this.#each(firsts, one => found.push(one))
    const ratio = ({ usual, all }: Unprepared): number => usual / (all - usual + 0.5)
    return found.sort((a, b) => ratio(b) - ratio(a) || a.step - b.step || a.before - b.before).slice(0, most)
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

  #each(firsts: readonly number[], take: (one: Unprepared) => void): void {
    const steps = Math.min(firsts.length, stepsMax)
    const place = new Map<number, number>()
    for (let i = 0; i < steps; i++) place.set(firsts[i] as number, i)
    for (let i = 0; i < steps; i++) {
      const step = firsts[i] as number
      for (const { before, usual, all } of this.#expected.get(step) ?? []) {
        const there = place.get(before)
        if (there === undefined || there > i) take({ step, before, later: there !== undefined, usual, all })
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

/** Odds against a step without the other one before it. */
function oddsOf({ usual, all }: Unprepared): number {
  return Math.min(oddsMax, usual / (all - usual + 0.5))
}
