// Hot path: several look-ups for every step of a session.
import { CountTable } from '../../lib/count-table.ts'

/** In how many sequences something held of a step, at each of a few places (0 ≤ place < 32): a small histogram for every step, and one of all. */
export class StepTable {
  readonly #places: number
  #counts = new CountTable()
  readonly #all: Float64Array

  constructor(places: number) {
    this.#places = places
    this.#all = new Float64Array(places)
  }

  at(symbol: number, place: number): number {
    return this.#counts.get(symbol * rowLength + place, 0)
  }

  /** Of all steps together. */
  ofAll(place: number): number {
    return this.#all[place] as number
  }

  add(symbol: number, place: number, sequences = 1): void {
    this.#counts.add(symbol * rowLength + place, sequences)
    this.#all[place] = (this.#all[place] as number) + sequences
  }

  /** Drops what is known of the other symbols; of all steps together it stays counted. */
  keep(isKept: (symbol: number) => boolean): void {
    const kept = new CountTable()
    this.#counts.each((key, sequences) => {
      if (isKept(Math.floor(key / rowLength))) kept.set(key, sequences)
    })
    this.#counts = kept
  }

  /** symbol, place, sequences, in the order of the ranks; without those that have none (−1). */
  rows(rank: (symbol: number) => number): [symbol: number, place: number, sequences: number][] {
    const rows: [number, number, number][] = []
    this.#counts.each((key, sequences) => {
      const symbol = rank(Math.floor(key / rowLength))
      if (symbol >= 0) rows.push([symbol, key % rowLength, sequences])
    })
    return rows.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }

  /** Throws on places that there are not. */
  restore(rows: readonly (readonly [symbol: number, place: number, sequences: number])[]): void {
    for (const [symbol, place, sequences] of rows) {
      if (place < 0 || place >= this.#places) throw new Error('no such place')
      this.add(symbol, place, sequences)
    }
  }
}

const rowLength = 32
