import { createGcra } from './gcra.ts'
import type { Gcra } from './gcra.ts'

/** A leaky bucket: requests leave it one interval apart, those that come faster wait for their slot. */
export interface LeakyBucket {
  /** How many may wait at once. */
  readonly queue: number
  /** Time between two slots, ms. */
  readonly intervalMs: number
  /** The bucket of queue + 1 units that holds the slots: `take` refuses when the queue is full. */
  readonly slots: Gcra
  /** How long the request that was let in with this state before it has to wait, ms. */
  delayMs(stateMs: number, nowMs: number): number
}

/**
 * `amount` per `windowMs`, evenly spaced; at most `queue` wait and none longer than `delayMs`. The state is the time of the next free
 * slot, so a waiting request is nothing but a number: a worker that dies takes no slot with it and leaves none blocked.
 */
export function createLeakyBucket(limit: {
  readonly amount: number
  readonly windowMs: number
  readonly queue: number
  readonly delayMs: number
}): LeakyBucket {
  const intervalMs = limit.windowMs / limit.amount
  const queue = Math.min(limit.queue, Math.floor(limit.delayMs / intervalMs))
  const slots = createGcra({ amount: limit.amount, windowMs: limit.windowMs, burst: queue + 1 })
  return { queue, intervalMs, slots, delayMs: (stateMs, nowMs) => slots.fullMs(stateMs, nowMs) }
}
