import { performance } from 'node:perf_hooks'
import { hrtime } from 'node:process'
import type { Clock } from '../core/host.ts'

/**
 * The machine's clocks. `performance.now` starts at another moment in each thread, so its offset to the machine's monotonic clock
 * is measured once a thread: reading it costs a third of `hrtime` and gives the same time in all of them.
 */
export function systemClock(): Clock {
  const [seconds, nanoseconds] = hrtime()
  const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now()
  // Bound once: the global `performance` is a getter that is asked on every use.
  const sinceStart = performance.now.bind(performance)
  return { now: Date.now, monotonic: () => sinceStart() + offset }
}
