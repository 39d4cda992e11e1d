// Made once: `toLocaleString` makes one each time.
const numbers = new Intl.NumberFormat('en')

/** `12`, `1,250`, `3.4`. */
export function figure(value: number): string {
  return numbers.format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))
}

/** `1 call`, `12 calls`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${figure(value)} ${value === 1 ? one : many}`
}

/** `a, b and 3 more`. */
export function named(list: readonly string[], max = 3): string {
  const shown = list.slice(0, max)
  const more = list.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
