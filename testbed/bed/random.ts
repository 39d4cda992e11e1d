import { seeded, type Seeded } from '../../quality/traffic/seeded.ts'

/** A stream of random numbers that can be parted by name, so that one more draw here changes nothing elsewhere. */
export interface Random extends Seeded {
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

export function createRandom(seed: string): Random {
  const numbers = seeded(seed)
  const { next, below, pick } = numbers
  return {
    next,
    below,
    pick,
    fork: name => createRandom(`${seed}/${name}`),
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
      while (text.length < digits)
        text += Math.floor(next() * 0x1_0000_0000)
          .toString(16)
          .padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}
