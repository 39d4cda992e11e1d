// Hot path: once per exchange.

const thousandths = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

/** RFC 3339 in UTC with milliseconds, for times that mostly go forward: the second is formatted once, the milliseconds come from a table. */
export function createTimeText(): (epochMs: number) => string {
  let second = Number.NaN
  let prefix = ''
  return epochMs => {
    const now = Math.floor(epochMs / 1000)
    if (now !== second) {
      prefix = new Date(now * 1000).toISOString().slice(0, 20)
      second = now
    }
    return `${prefix}${thousandths[Math.floor(epochMs) - now * 1000]}Z`
  }
}

/** A duration in ms with three decimals (`12.034`); dodges the general number formatter, which costs ten times more. Negative is `0.000`. */
export function durationText(ms: number): string {
  const us = ms > 0 ? Math.round(ms * 1000) : 0
  const whole = Math.floor(us / 1000)
  return `${whole}.${thousandths[us - whole * 1000]}`
}
