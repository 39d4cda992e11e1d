import { hrtime } from 'node:process'
import type { Clock } from '../core/host.ts'

/**
 * The machine's clocks. `performance.now` starts at another moment in each thread, so its offset to the machine's monotonic clock
 * is measured once a thread: reading it costs a third of `hrtime` and gives the same time in all of them.
 */
export function systemClock(): Clock {
  const [seconds, nanoseconds] = hrtime()
  const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now()
  return { now: Date.now, monotonic: () => performance.now() + offset }
}
