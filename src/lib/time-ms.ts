// Hot path: several times per event, for texts that mostly are the same one or of the same day.

let latest = ''
let latestMs = Number.NaN
let day = -1
let dayMs = Number.NaN

/**
 * RFC 3339 → Unix time, ms; NaN when it is no time. `2026-11-22T10:00:00.000Z` is read by hand at a fifth of the cost; what differs from that form
 * in anything goes to `Date.parse`.
 */
export function timeMs(text: string): number {
  if (text === latest) return latestMs
  const ms = utcMs(text)
  latestMs = Number.isNaN(ms) ? Date.parse(text) : ms
  latest = text
  return latestMs
}

/** The time in a text of exactly that form, in UTC with milliseconds; NaN for any other text. */
export function utcMs(text: string): number {
  if (
    text.length !== 24 ||
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 ||
    text.charCodeAt(19) !== 46 ||
    text.charCodeAt(23) !== 90
  )
    return Number.NaN
  const date = pair(text, 0) * 1_000_000 + pair(text, 2) * 10_000 + pair(text, 5) * 100 + pair(text, 8)
  const hour = pair(text, 11)
  const minute = pair(text, 14)
  const second = pair(text, 17)
  const last = pair(text, 21)
  // Any pair that is none is so large that it shows here.
  if (!(date < 100_000_000 && hour < 24 && minute < 60 && second < 60 && last < 100)) return Number.NaN
  const milli = pair(text, 20) * 10 + (last % 10)
  if (milli > 999) return Number.NaN
  if (date !== day) {
    dayMs = calendarDay(text)
    day = date
  }
  return dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli
}

/** Two digits as a number; 10^9 when they are none. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1_000_000_000
}

/** Midnight of a day that is in the calendar; NaN for the 30th of February, which `Date.parse` takes for the 2nd of March. */
function calendarDay(text: string): number {
  const written = text.slice(0, 10)
  const ms = Date.parse(`${written}T00:00:00.000Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== written ? Number.NaN : ms
}
