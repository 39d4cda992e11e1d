const months = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339 §5.6 `date-time`. */
export function isDateTime(text: string): boolean {
  return (text[10] === 'T' || text[10] === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

/** RFC 3339 §5.6 `full-date`, with the days that the month has. */
export function isDate(text: string): boolean {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text)
  if (parts === null) return false
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number]
  const last =
    month === 2 && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) ? 28 : (months[month - 1] ?? 0)
  return day >= 1 && day <= last
}

/** RFC 3339 §5.6 `full-time`. A leap second is only the last second of a UTC day. */
export function isTime(text: string): boolean {
  const parts = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/.exec(text)
  if (parts === null) return false
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const [offsetHour, offsetMinute] = [Number(parts[5] ?? 0), Number(parts[6] ?? 0)]
  if (hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) return false
  if (second <= 59) return true
  const offset = (offsetHour * 60 + offsetMinute) * (parts[4] === '-' ? -1 : 1)
  return second === 60 && (hour * 60 + minute - offset + 2880) % 1440 === 1439
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
