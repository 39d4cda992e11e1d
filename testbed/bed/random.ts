/** A stream of random numbers that can be parted by name, so that one more draw here changes nothing elsewhere. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  /** An integer, 0 ≤ x < `below`. */
  below(below: number): number
  pick<T>(list: readonly T[]): T
  /** A stream of its own: the same parent seed and name give the same numbers. */
  fork(name: string): Random
  /** true in this share (0–1) of the draws. */
  chance(share: number): boolean
  /** An integer, both ends included. */
  between(low: number, high: number): number
  /** An index below `below`; the first ones come far more often (a Zipf-like tail). */
  early(below: number): number
  /** Around `median`, never negative, with a long tail; `spread` is the standard deviation of its logarithm. */
  around(median: number, spread: number): number
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string
}

/** sfc32 (Doty-Humphrey): 128 bits of state, since streams of 32 bits run into one another after some ten thousand forks. */
export function createRandom(seed: string): Random {
  return streamOf(hashOn(0x811c9dc5, seed), hashOn(0x9e3779b9, seed), hashOn(0x85ebca6b, seed))
}

/** A stream from three unfinished hashes of its name, so that a fork reads its own part of the name only. */
function streamOf(first: number, second: number, third: number): Random {
  let a = mixed(first)
  let b = mixed(second)
  let c = mixed(third)
  let d = 1
  function draw(): number {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  const next = (): number => draw() / 4_294_967_296
  for (let i = 0; i < 12; i++) draw()
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  return {
    next,
    below,
    pick,
    fork(name) {
      const part = `/${name}`
      return streamOf(hashOn(first, part), hashOn(second, part), hashOn(third, part))
    },
    chance: share => next() < share,
    between: (low, high) => low + below(high - low + 1),
    early: limit => Math.floor(limit * next() ** 2.5),
    around(median, spread) {
      // Box and Muller; 1 − x keeps the logarithm finite.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
    hex(digits) {
      let text = ''
      while (text.length < digits) text += draw().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}

/** FNV-1a over more of a text. */
function hashOn(hash: number, text: string): number {
  let on = hash
  for (let i = 0; i < text.length; i++) on = Math.imul(on ^ text.charCodeAt(i), 0x01000193)
  return on
}

/** The end of murmur3. */
function mixed(hash: number): number {
  let on = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  on = Math.imul(on ^ (on >>> 13), 0xc2b2ae35)
  return on ^ (on >>> 16)
}
