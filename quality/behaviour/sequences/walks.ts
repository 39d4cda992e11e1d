import { seeded } from '../../traffic/seeded.ts'
import { type SequenceSource, runs } from './sequence-set.ts'

/**
 * Walks over a random graph with much freedom at every step, hence little that could be learnt: what is normal is only which step may follow which.
 * Attacks walk the edges backwards for a while, jump without edges, or walk on the spot between two places.
 */
export function walks(seed: string): SequenceSource {
  const random = seeded(seed)
  const places = 40
  const edges = Array.from({ length: places }, (_, place) =>
    Array.from({ length: 5 }, () => random.below(places)).filter(to => to !== place),
  )
  const back = edges.map((_, place) => edges.flatMap((to, from) => (to.includes(place) ? [from] : [])))
  const walk = (from: number, steps: number, ways: readonly (readonly number[])[]): number[] => {
    const path = [from]
    while (path.length < steps) {
      const next = ways[path.at(-1) as number] as readonly number[]
      path.push(next.length === 0 || random.next() < 0.003 ? random.below(places) : random.pick(next))
    }
    return path
  }
  const length = (): number => 8 + 4 * runs(random, 0.7, 12)
  const named = (path: readonly number[]): string[] => path.map(place => `s${place}`)
  const normal = (): string[] => named(walk(random.below(places), length(), edges))
  const abnormal = (): string[] => {
    const path = walk(random.below(places), length(), edges)
    const middle = path[path.length >> 1] as number
    switch (random.below(3)) {
      case 0:
        return named([...path.slice(0, path.length >> 1), ...walk(middle, 10, back)])
      case 1:
        return named([
          ...path.slice(0, path.length >> 1),
          ...Array.from({ length: 7 }, () => random.below(places)),
          ...walk(middle, 4, edges),
        ])
      default: {
        const [a, b] = [random.below(places), random.below(places)]
        return named([...path.slice(0, 4), ...Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? a : b))])
      }
    }
  }
  return { name: 'walks', normal, abnormal }
}
