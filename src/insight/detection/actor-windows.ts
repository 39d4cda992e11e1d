// Hot path: once per event and detector that counts.

/**
 * Windows of one actor, by scale: eight numbers for each, in one array of doubles. An object with as many fields is five times as large, and with ten
 * thousand actors every event would wait for memory.
 */
export interface Windows {
  readonly numbers: number[]
  /** Hashes of the things told apart, by scale; a list while they are few. null: nothing yet. */
  readonly seen: Array<number[] | Set<number> | null> | null
}

/** Places of a window's numbers, from its scale's first: which window runs. */
export const indexAt = 0
/** Counted so far, and when the first was, Unix ms. */
export const countAt = 1
export const firstMsAt = 2
/** Windows before, and the fullest of them, fading by the day. */
export const windowsAt = 3
export const peakAt = 4
/** 1: something in it must not be learnt. */
export const taintedAt = 5
/** When it was told last that it is too full, and the value then. */
export const saidMsAt = 6
export const saidAt = 7
export const stride = 8
/** So many things are looked through one by one. */
const listMax = 16

/** Things that are told apart in one window; beyond that, counting goes on without telling. */
const distinctMax = 1024

/** 1: the window has not had it yet. Beyond `distinctMax` everything counts that is not remembered. */
export function isNew(all: Array<number[] | Set<number> | null>, i: number, hash: number): 0 | 1 {
  const seen = all[i] as number[] | Set<number> | null
  if (seen === null) {
    all[i] = [hash]
    return 1
  }
  if (!Array.isArray(seen)) {
    if (seen.has(hash)) return 0
    if (seen.size < distinctMax) seen.add(hash)
    return 1
  }
  if (seen.includes(hash)) return 0
  if (seen.length < listMax) seen.push(hash)
  else all[i] = new Set([...seen, hash])
  return 1
}

/** As JSON; `restoreWindow` reads it. */
export function dumpWindow({ numbers, seen }: Windows, i: number): unknown {
  const at = i * stride
  const things = seen?.[i] ?? null
  return [
    numbers[at + indexAt],
    numbers[at + countAt],
    numbers[at + firstMsAt],
    numbers[at + windowsAt],
    numbers[at + peakAt],
    numbers[at + taintedAt],
    things === null ? 0 : [...things],
  ]
}

/** Throws on what is no dump. */
export function restoreWindow({ numbers, seen }: Windows, i: number, dump: unknown): void {
  const [index, count, firstMs, windows, peak, tainted, things] = dump as [...number[], unknown]
  const kept = [index, count, firstMs, windows, peak, tainted === 1 ? 1 : 0]
  if (!kept.every(Number.isFinite)) throw new RangeError('no dump of a window')
  for (const [place, value] of kept.entries()) numbers[i * stride + place] = value as number
  if (seen !== null && Array.isArray(things)) {
    const hashes = things.map(Number)
    seen[i] = hashes.length <= listMax ? hashes : new Set(hashes)
  }
}
