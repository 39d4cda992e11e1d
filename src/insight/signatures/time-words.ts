import type { TimeModel } from './time-model.ts'

/** `840 ms`, `1.2 ms`, `3.4 s`. */
export function shownMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toPrecision(3)} s`
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))} ms`
}

/** `12 ms to 40 ms (p99 61 ms)`: four fifths of the times lie there. */
export function normalTimes(times: TimeModel): string {
  const [low, high, far] = [0.1, 0.9, 0.99].map(q => shownMs(times.quantile(q)))
  return low === high ? `${low} (p99 ${far})` : `${low} to ${high} (p99 ${far})`
}
