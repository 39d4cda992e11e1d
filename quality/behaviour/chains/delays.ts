import type { Seeded } from '../../traffic/seeded.ts'

/** How the times of one kind of call are spread. `mixed`: each kind of call draws one of the others. */
export type Spread = 'log-normal' | 'pareto' | 'bimodal' | 'mixed'

/** Draws a time, ms. */
export type Delay = (random: Seeded) => number

/** A standard normal number (Box and Muller). */
export function normal(random: Seeded): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** The times of one kind of call: typically 0.3 to 40 ms, with the tail that `spread` says. */
export function delayOf(spread: Spread, random: Seeded): Delay {
  const typical = 0.3 * Math.exp(random.next() * 4.9)
  const kind = spread === 'mixed' ? random.pick(['log-normal', 'pareto', 'bimodal'] as const) : spread
  switch (kind) {
    case 'log-normal': {
      const sigma = 0.08 + 0.5 * random.next() ** 2
      return from => typical * Math.exp(sigma * normal(from))
    }
    case 'pareto': {
      // A fixed part and a tail of index 2.5 to 5: its fourth moment need not exist.
      const index = 2.5 + 2.5 * random.next()
      const share = 0.3 + 0.5 * random.next()
      return from => typical * (share + (1 - share) * (1 - from.next()) ** (-1 / index))
    }
    case 'bimodal': {
      // A cache that answers, or does not.
      const ratio = 3 + 9 * random.next()
      const misses = 0.05 + 0.3 * random.next()
      const sigma = 0.1 + 0.15 * random.next()
      return from => typical * (from.next() < misses ? ratio : 1) * Math.exp(sigma * normal(from))
    }
  }
}
