// Hot path: one decision is a lease check and one compare-and-swap; it allocates nothing but the swapped integers.

import type { Gcra } from '../lib/gcra.ts'
import type { CounterKey } from './counter-key.ts'
import type { CounterTables } from './counter-memory.ts'

/** What a limiter said last. One object per limiter, overwritten by the next decision. */
export interface Decision {
  /** `full`: no place for a new key in the table. */
  outcome: 'pass' | 'refuse' | 'full'
  /** Units left for the key afterwards. */
  remaining: number
  /** Pass: until the whole limit is there again; refuse: until one unit is there. ms. */
  resetMs: number
  /** Pass by a leaky bucket: how long to wait before going on, ms. */
  delayMs: number
}

/** Decides on one unit for a key at a time of the monotonic clock, ms. Never throws, never waits. */
export interface Limiter {
  take(key: CounterKey, nowMs: number): Decision
}

/** A token bucket, or with `delayed` the slots of a leaky one, over the shared memory: exact whatever threads serve the key. */
export function createBucketLimiter(tables: CounterTables, gcra: Gcra, delayed: boolean): Limiter {
  const { words, doubles, asTime, asBits, leaseBack, acquire } = tables.buckets
  const decision: Decision = { outcome: 'full', remaining: 0, resetMs: 0, delayMs: 0 }

  function noPlace(): Decision {
    decision.outcome = 'full'
    decision.resetMs = 1_000
    return decision
  }

  return {
    take(key, nowMs) {
      let at = acquire(key, nowMs, gcra.intervalMs)
      decision.remaining = 0
      decision.delayMs = 0
      if (at === -1) return noPlace()
      // A plain read may be old, and an old state never refuses wrongly; the swap below fails when it was.
      let state = doubles[at] as number
      for (;;) {
        const next = gcra.take(state, nowMs)
        if (next === -1) {
          decision.outcome = 'refuse'
          decision.resetMs = gcra.waitMs(state, nowMs)
          return decision
        }
        // The record is held as long as the state matters and little longer: a key that asks once must not keep a place until a whole
        // bucket would be full. The lease is made longer before the state, so that a state never outlives it.
        if (!((doubles[at - leaseBack] as number) >= next)) {
          at = acquire(key, nowMs, next - nowMs)
          if (at === -1) return noPlace()
          state = doubles[at] as number
          if (gcra.take(state, nowMs) !== next) continue
        }
        asTime[0] = state
        const before = asBits[0] as bigint
        asTime[0] = next
        const found = Atomics.compareExchange(words, at, before, asBits[0] as bigint)
        if (found === before) {
          decision.outcome = 'pass'
          decision.remaining = gcra.remaining(next, nowMs)
          decision.resetMs = gcra.fullMs(next, nowMs)
          if (delayed) decision.delayMs = gcra.fullMs(state, nowMs)
          return decision
        }
        asBits[0] = found
        state = asTime[0] as number
      }
    },
  }
}
