// Hot path: once per event.

const DAY_MS = 86_400_000
/** An item further ahead of all others than this may be the fault of a clock. */
const aheadMs = 7 * DAY_MS
/** An item behind the newest by more than this is counted as late; it is taken all the same. */
const lateMs = 5 * 60_000

/** Where an event time stands among those before it. */
export type Standing = 'on-time' | 'late' | 'ahead'

/**
 * Judges event times against each other: there is no other clock, so that a replay sees what live saw. Only times that are `follow`ed move the
 * newest, so one wrong clock does not make everything else look old.
 */
export class EventOrder {
  #newest = ''

  /** RFC 3339 UTC, ms; '' before the first. */
  get newest(): string {
    return this.#newest
  }

  judge(time: string): Standing {
    if (this.#newest === '') return 'on-time'
    // Texts of one form compare as times do; the calendar is asked only where days or minutes differ.
    if (time >= this.#newest)
      return sameUpTo(time, this.#newest, 10) || Date.parse(time) - Date.parse(this.#newest) <= aheadMs
        ? 'on-time'
        : 'ahead'
    return sameUpTo(time, this.#newest, 16) || Date.parse(this.#newest) - Date.parse(time) <= lateMs
      ? 'on-time'
      : 'late'
  }

  follow(time: string): void {
    if (time > this.#newest) this.#newest = time
  }
}

function sameUpTo(a: string, b: string, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false
  return true
}
