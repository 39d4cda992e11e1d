// Hot path: once for every call of every actor.
import { chanceOf } from './chance.ts'
import { StepTable } from './step-table.ts'

/** Counts that are told apart: each of the first eight, then two for each doubling, since what comes often comes in sizes. */
const levels = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192] as const
const levelAt = new Map<number, number>(levels.map((count, level) => [count, level]))
/** The least chances that a step comes a second time, and that it reaches any further level: nobody knows a tail better than so. */
const leastFirst = 2 ** -14
const leastNext = 2 ** -5

/**
 * How often one step comes again where it came: in how many sequences it reached each level. Beyond all that was seen it goes on as it last did (the
 * hazard of a discrete survival function), so that what comes once or twice is not believed to come ten times, and what is polled may be polled longer.
 */
export class Repeats {
  readonly table = new StepTable(levels.length)

  /** A step came so often in one sequence. */
  learn(symbol: number, count: number): void {
    for (let level = 0; level < levels.length && (levels[level] as number) <= count; level++)
      this.table.add(symbol, level)
  }

  /** The highest level of a count above one that no sequence had reached; null: one had. */
  newLevel(symbol: number, count: number): number | null {
    let level = levels.length - 1
    while ((levels[level] as number) > count) level--
    return level > 0 && this.table.at(symbol, level) === 0 ? (levels[level] as number) : null
  }

  /** Bits: how seldom a step that comes does so `count` times. It rises at certain counts alone; null: as for one less. */
  bits(symbol: number, count: number): number | null {
    const reached = levelAt.get(count)
    if (reached === undefined) return null
    const { table } = this
    let bits = 0
    // What was never repeated is expected to be repeated as often as others are.
    let chance = (table.ofAll(1) + 1) / (table.ofAll(0) + 2)
    let here = table.at(symbol, 0)
    for (let level = 0; level < reached; level++) {
      const next = table.at(symbol, level + 1)
      chance = Math.max(level === 0 ? leastFirst : leastNext, chanceOf(next, here, chance))
      bits -= Math.log2(chance)
      here = next
    }
    return bits
  }
}
