// Hot path: one decision is a lease check, mostly one look at one cell and one compare-and-swap; a refused key costs nothing at all.

import type { WindowShape } from '../lib/sliding-window.ts'
import type { Decision, Limiter } from './bucket-limiter.ts'
import type { CounterKey } from './counter-key.ts'
import type { CounterTables } from './counter-memory.ts'

// A cell: 42 bits of expiry in sixteenths of a millisecond since the machine started (8 years), 22 bits of count.
const ticksPerMs = 16
const countBits = 22
const countMask = (1 << countBits) - 1
const lowTimes = 1 << (32 - countBits)

/** The largest limit of a window: what a cell can count, times the cells. */
export const windowAmountMax = countMask * 128

/** A sliding window over the shared memory: never more than the limit in any window, whatever threads serve the key (lib/sliding-window.ts). */
export function createWindowLimiter(tables: CounterTables, shape: WindowShape): Limiter {
  const { words, halves, acquire } = tables.windows
  const { amount, cells, perCell, inLastCell, windowMs } = shape
  const windowTicks = windowMs * ticksPerMs
  const decision: Decision = { outcome: 'full', remaining: 0, resetMs: 0, delayMs: 0 }
  const asBits = new BigInt64Array(1)
  const asHalves = new Int32Array(asBits.buffer)

  function refuse(key: CounterKey, now: number): Decision {
    decision.outcome = 'refuse'
    decision.resetMs = (key.refusedUntil - now) / ticksPerMs
    return decision
  }

  /** Puts one admission into a cell; false when it is taken. */
  function take(at: number, capacity: number, now: number): boolean {
    for (;;) {
      const before = Atomics.load(words, at)
      asBits[0] = before
      const expiry = expiryOf(asHalves[0] as number, asHalves[1] as number)
      const count = expiry <= now ? 0 : (asHalves[0] as number) & countMask
      if (count >= capacity) return false
      // The whole cell lives as long as its last admission; a thread with an older clock does not shorten it.
      const until = Math.max(expiry, now + windowTicks)
      asHalves[1] = Math.floor(until / lowTimes)
      asHalves[0] = ((until % lowTimes) << countBits) | (count + 1)
      if (Atomics.compareExchange(words, at, before, asBits[0] as bigint) === before) return true
    }
  }

  return {
    take(key, nowMs) {
      const now = Math.floor(nowMs * ticksPerMs)
      decision.remaining = 0
      decision.delayMs = 0
      // All cells were taken until then, and nobody frees one earlier: a flood is refused without touching the memory.
      if (now < key.refusedUntil) return refuse(key, now)
      const record = acquire(key, nowMs, windowMs)
      if (record === -1) {
        decision.outcome = 'full'
        decision.resetMs = 1_000
        return decision
      }
      // The hint is where somebody went in last; wrong hints cost time, never a wrong answer.
      const hint = record * 2
      const start = (halves[hint] as number) % cells
      const first = record + 1
      let cell = start
      do {
        if (take(first + cell, cell === cells - 1 ? inLastCell : perCell, now)) {
          halves[hint] = perCell === 1 ? cell + 1 : cell
          decision.outcome = 'pass'
          count(first, cell, now)
          return decision
        }
        cell = cell + 1 === cells ? 0 : cell + 1
      } while (cell !== start)
      key.refusedUntil = Math.max(now + 1, earliest(first))
      return refuse(key, now)
    },
  }

  /**
   * What is left after an admission into `newest`. Cells are filled in a ring, so their expiries rise from the one behind the newest:
   * seven looks find the oldest that still counts, where adding up 128 cells took most of the decision's time. Threads that
   * overtake each other within a microsecond can blur this number, never a decision.
   */
  function count(first: number, newest: number, now: number): void {
    let low = 0
    let high = cells - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const i = (first + ((newest + 1 + middle) % cells)) * 2
      if (expiryOf(halves[i] as number, halves[i + 1] as number) > now) high = middle
      else low = middle + 1
    }
    let live = (cells - 1 - low) * perCell + ((halves[(first + newest) * 2] as number) & countMask)
    const lastCell = (2 * cells - 2 - newest) % cells
    if (lastCell >= low && newest !== cells - 1) live -= perCell - inLastCell
    decision.remaining = live >= amount ? 0 : amount - live
    decision.resetMs = windowMs
  }

  function earliest(first: number): number {
    let least = Number.POSITIVE_INFINITY
    for (let i = first; i < first + cells; i++) {
      asBits[0] = Atomics.load(words, i)
      least = Math.min(least, expiryOf(asHalves[0] as number, asHalves[1] as number))
    }
    return least
  }
}

function expiryOf(low: number, high: number): number {
  return (high >>> 0) * lowTimes + (low >>> countBits)
}
