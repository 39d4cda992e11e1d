const months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339 §5.6 `date-time`. */
export function isDateTime(text: string): boolean {
  return (text[10] === 'T' || text[10] === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

/** RFC 3339 §5.6 `full-date`, with the days that the month has. */
export function isDate(text: string): boolean {
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') return false
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  const last =
    month === 2 && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) ? 28 : (months[month - 1] ?? 0)
  // A part that is not two digits is NaN, and NaN is in no range.
  return year >= 0 && day >= 1 && day <= last
}

/** RFC 3339 §5.6 `full-time`. A leap second is only the last second of a UTC day. */
export function isTime(text: string): boolean {
  if (text[2] !== ':' || text[5] !== ':') return false
  const hour = two(text, 0)
  const minute = two(text, 3)
  const second = two(text, 6)
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return false
  let at = 8
  if (text[at] === '.') {
    const start = ++at
    while (isDigit(text.charCodeAt(at))) at++
    if (at === start) return false
  }
  let offset = 0
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') {
    if (text.length !== at + 1) return false
  } else {
    if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') return false
    const offsetHour = two(text, at + 1)
    const offsetMinute = two(text, at + 4)
    if (!(offsetHour <= 23 && offsetMinute <= 59)) return false
    offset = (offsetHour * 60 + offsetMinute) * (sign === '-' ? -1 : 1)
  }
  return second <= 59 || (hour * 60 + minute - offset + 2880) % 1440 === 1439
}

/** Two digits as a number; NaN when they are not. Expressions cost four times as much, and most bodies have a time in them. */
function two(text: string, at: number): number {
  const a = text.charCodeAt(at)
  const b = text.charCodeAt(at + 1)
  return isDigit(a) && isDigit(b) ? (a - 48) * 10 + b - 48 : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** RFC 3339 appendix A `duration`. */
export function isDuration(text: string): boolean {
  if (/^P[0-9]+W$/.test(text)) return true
  const parts = /^P([0-9YMD]*)(?:T([0-9HMS]+))?$/.exec(text)
  if (parts === null) return false
  const [, date = '', time] = parts
  if (date === '' && time === undefined) return false
  return inOrder(date, 'YMD') && (time === undefined || inOrder(time, 'HMS'))
}

/** Numbers with their units, each unit once, none left out between two (`P1Y1D` is not a duration). */
function inOrder(text: string, units: string): boolean {
  let last = -1
  for (const [part] of text.matchAll(/[0-9]*[A-Z]|[0-9]+/g)) {
    const unit = units.indexOf(part.at(-1) as string)
    if (unit < 0 || part.length < 2 || (last >= 0 && unit !== last + 1)) return false
    last = unit
  }
  return true
}
