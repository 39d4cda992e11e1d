import type { Clock } from '../core/host.ts'

/** Looked at this often, ms: what a deadline cuts off is known no better. */
const LOOK_MS = 10

/** How an orderly end went. */
export interface Drained {
  readonly ms: number
  /** Exchanges that were open at its beginning and ended by themselves. */
  readonly finished: number
  /** Exchanges that were still open when the time was over. */
  readonly cut: number
}

/** Carries out `drain`, which ends what is open after `graceMs` at the latest, and tells how it went. `exchanges` gives how many are open now. */
export async function watchDrain(
  drain: () => Promise<void>,
  graceMs: number,
  exchanges: () => number,
  clock: Clock,
): Promise<Drained> {
  const begun = clock.monotonic()
  const first = exchanges()
  let left = first
  // At the deadline the counts fall to nothing, whether exchanges ended or were ended: only what was seen before it tells them apart.
  const look = setInterval(() => {
    if (clock.monotonic() - begun < graceMs) left = exchanges()
  }, LOOK_MS)
  try {
    await drain()
  } finally {
    clearInterval(look)
  }
  const ms = clock.monotonic() - begun
  const cut = ms < graceMs ? 0 : left
  return { ms: Math.round(ms), finished: Math.max(0, first - cut), cut }
}
