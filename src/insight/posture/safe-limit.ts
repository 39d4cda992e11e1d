import type { Endpoint } from './estate.ts'

/** What a caller did on the average is far below what he does when he is busy. */
const headroom = 20
const perMinuteMin = 60
const perMinuteUnknown = 600

/**
 * A limit that refuses nobody honest, as it is written in the configuration (`600/min`), and what it is taken from: the busiest caller of each
 * operation, added up, over the time between his first and last call.
 */
export function safeLimit(endpoints: readonly Endpoint[]): { readonly limit: string; readonly words: string | null } {
  let perMinute = 0
  let words: string | null = null
  for (const { subject, operation } of endpoints) {
    const busiest = operation?.callers[0]
    if (busiest === undefined) continue
    const minutes = Math.max(1, Math.ceil((Date.parse(busiest.lastSeen) - Date.parse(busiest.firstSeen)) / 60_000))
    perMinute += busiest.calls / minutes
    words ??= `the busiest caller of ${subject} made ${busiest.calls} calls in ${minutes} min`
  }
  if (words === null) return { limit: `${perMinuteUnknown}/min`, words }
  return { limit: `${roundUp(Math.max(perMinuteMin, perMinute * headroom))}/min`, words }
}

/** To the next 1, 2, 3 or 6 times a power of ten. */
function roundUp(value: number): number {
  for (let power = 10; ; power *= 10) {
    const step = [1, 2, 3, 6].find(one => one * power >= value)
    if (step !== undefined) return step * power
  }
}
