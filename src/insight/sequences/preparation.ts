// Hot path: once for every different step of a session.
import { chanceOf } from './chance.ts'
import type { Precedence } from './precedence.ts'
import { StepTable } from './step-table.ts'

/** How often one step comes without another before anything is known of both. */
const unknownShare = 0.25
/** Steps before another one that are told apart; as many are as good as more. */
const readyMax = 8
const allOfThem = readyMax + 1
/** Sequences with a step after which it is clear what usually comes before it. */
const settledAfter = 30

/** Share of the sequences with a step in which another one comes before it, for that to belong to its preparation. */
export const usualShare = 0.3

/**
 * How many of the steps that often come before a step have come by then, and how seldom it is so few. No single one need be there always: who may
 * prepare an order in four ways still does in one of them.
 */
export class Preparation {
  /** By steps that had come; and all sequences. */
  readonly table = new StepTable(readyMax + 2)
  readonly #precedence: Precedence

  /** `precedence` is compiled for `usualShare`. */
  constructor(precedence: Precedence) {
    this.#precedence = precedence
  }

  learn(step: number, came: readonly number[]): void {
    this.table.add(step, allOfThem)
    // Before that nobody knows what usually comes before it.
    if (this.sequencesWith(step) > settledAfter) this.table.add(step, this.#ready(step, came, none))
  }

  /** Bits: how seldom a step comes when no more than this has come before it, in its session or `earlier`. */
  bits(step: number, came: readonly number[], earlier: readonly number[] = none): number {
    const ready = this.#ready(step, came, earlier)
    if (ready >= readyMax) return 0
    const { table } = this
    let [fewer, all, fewerOfAll, everything] = [0, 0, 1, 1]
    for (let steps = 0; steps <= readyMax; steps++) {
      all += table.at(step, steps)
      everything += table.ofAll(steps)
      if (steps > ready) continue
      fewer += table.at(step, steps)
      fewerOfAll += table.ofAll(steps)
    }
    return -Math.log2(chanceOf(fewer, all, fewerOfAll / everything))
  }

  /** Bits: how seldom the step comes without the one that is missing and nearly always comes before it. */
  bitsOfMissing(step: number, came: readonly number[], earlier: readonly number[] = none): number {
    let least = 1
    for (const { before, usual, all } of this.#precedence.expectedBefore(step)) {
      if (came.includes(before) || earlier.includes(before)) continue
      least = Math.min(least, chanceOf(all - usual, all, unknownShare))
    }
    return -Math.log2(least)
  }

  /** Sequences with the step that were learnt. */
  sequencesWith(step: number): number {
    return this.table.at(step, allOfThem)
  }

  #ready(step: number, came: readonly number[], earlier: readonly number[]): number {
    let ready = 0
    for (const { before } of this.#precedence.expectedBefore(step))
      if ((came.includes(before) || earlier.includes(before)) && ++ready >= readyMax) break
    return ready
  }
}

const none: readonly number[] = []
