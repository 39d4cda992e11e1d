// Hot path: several times per event.

/** Lists up to this length have no room to spare. */
const shortMax = 8

/**
 * The list with one more at its end, which the caller keeps in place of it: for lists of which there are many and most stay short. V8 makes room for 17
 * with the first `push`, which is four times what one of three takes.
 */
export function withOne<T>(list: T[], value: T): T[] {
  switch (list.length) {
    // Literals: `concat` takes ten times as long.
    case 0:
      return [value]
    case 1:
      return [list[0] as T, value]
    case 2:
      return [list[0] as T, list[1] as T, value]
    case 3:
      return [list[0] as T, list[1] as T, list[2] as T, value]
  }
  if (list.length < shortMax) return list.concat([value])
  list.push(value)
  return list
}
