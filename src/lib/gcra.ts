// Hot path: called once per limited request; allocates nothing.

/** A bucket of `burst` units that refills evenly: one unit every `windowMs / amount` ms. */
export interface Gcra {
  readonly burst: number
  /** Time in which one unit comes back, ms. */
  readonly intervalMs: number
  /** How long an empty bucket takes to become full, ms: no state lies further ahead of now than this. */
  readonly capacityMs: number
  /** The state after taking one unit at `nowMs`, or -1 when there is none. State: the time at which the bucket is full again, ms; 0 = new. */
  take(stateMs: number, nowMs: number): number
  /** Whole units left in the bucket, 0 to burst. */
  remaining(stateMs: number, nowMs: number): number
  /** Time until one unit is there, ms; 0 = now. */
  waitMs(stateMs: number, nowMs: number): number
  /** Time until the bucket is full, ms. */
  fullMs(stateMs: number, nowMs: number): number
}

/**
 * The generic cell rate algorithm (ITU-T I.371 annex A, virtual scheduling), exact: times are counted in whole units that divide the
 * interval between two refills, so that `burst` requests pass in one moment and never burst + 1, whatever binary fractions do.
 * Valid for at most 20 million a second; a state further ahead than a full bucket (the limit was lowered) counts as an empty bucket.
 */
export function createGcra(limit: {
  readonly amount: number
  readonly windowMs: number
  readonly burst?: number
}): Gcra {
  const { amount, windowMs, burst = amount } = limit
  // A unit is about a microsecond, or a whole interval when that is shorter. States are kept in ms and rounded to the same whole
  // number of units each time they are read, which is exact below 2^51 units.
  const interval = Math.max(1, Math.round((windowMs * 1000) / amount))
  const unitsPerMs = (interval * amount) / windowMs
  const capacity = interval * burst

  function ahead(stateMs: number, nowUnits: number): number {
    const units = Math.round(stateMs * unitsPerMs) - nowUnits
    return units <= 0 ? 0 : units >= capacity ? capacity : units
  }

  return {
    burst,
    intervalMs: interval / unitsPerMs,
    capacityMs: capacity / unitsPerMs,
    take(stateMs, nowMs) {
      const now = Math.floor(nowMs * unitsPerMs)
      const after = ahead(stateMs, now) + interval
      return after > capacity ? -1 : (now + after) / unitsPerMs
    },
    remaining(stateMs, nowMs) {
      return Math.floor((capacity - ahead(stateMs, Math.floor(nowMs * unitsPerMs))) / interval)
    },
    waitMs(stateMs, nowMs) {
      const units = ahead(stateMs, Math.floor(nowMs * unitsPerMs)) + interval - capacity
      return units <= 0 ? 0 : units / unitsPerMs
    },
    fullMs(stateMs, nowMs) {
      return ahead(stateMs, Math.floor(nowMs * unitsPerMs)) / unitsPerMs
    },
  }
}
