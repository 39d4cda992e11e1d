import type { Random } from '../random.ts'
import type { Persona } from '../visits.ts'

/** A named kind of day that is not as the others; the operator knows that it comes. */
export type Scenario = 'sale' | 'release'

/** How busy a day is and when: like others of its weekday, and no two the same. */
export interface Season {
  visitsOf(persona: Persona): number
  /** Shares of the hours. */
  hoursOf(persona: Persona): readonly number[]
  /** Of visits that come by a topic. */
  shareOf(topic: string, usual: number): number
  /** How much longer work takes then, a factor. */
  load(timeMs: number): number
}

/** From Sunday on. */
const weekdays = [0.84, 1, 0.97, 0.98, 1.02, 1.08, 0.93]
const salesHours = [6, 3, 2, 1, 1, 2, 6, 18, 34, 30, 22, 18, 20, 16, 14, 14, 16, 20, 26, 34, 36, 28, 16, 6]

export function seasonOf(
  random: Random,
  {
    startMs,
    day,
    scenario,
    scale,
  }: {
    readonly startMs: number
    readonly day: number
    readonly scenario: Scenario | null
    /** Of the usual number of visits. */
    readonly scale: number
  },
): Season {
  const sale = scenario === 'sale'
  // The shop grows a little, and the weather is as it is.
  const busy = (weekdays[new Date(startMs).getUTCDay()] as number) * (1 + 0.004 * day) * (0.94 + 0.12 * random.next())
  const rush = 2.5 + random.next() * 1.2
  const weather = Array.from({ length: 24 }, () => random.around(1, 0.09))
  return {
    visitsOf({ name, visits, kind }) {
      if (kind === 'partner') return Math.round(visits * scale)
      if (kind === 'operator') return Math.round(visits * scale * (busy > 0.9 ? 1 : 0.6))
      return Math.round(visits * scale * busy * (sale ? (name === 'regular' ? 1.4 : rush) : 1))
    },
    hoursOf: ({ hours, kind }) =>
      (sale && kind === 'person' ? salesHours : hours).map((share, hour) => share * (weather[hour] as number)),
    shareOf: (topic, usual) =>
      sale && topic === 'basket' ? Math.min(0.85, usual * 1.6) : sale && topic === 'search' ? usual * 1.1 : usual,
    load(timeMs) {
      if (!sale) return 1
      const share = salesHours[new Date(timeMs).getUTCHours()] as number
      return 1 + share / 60
    },
  }
}
