import { attackSteps } from './attacks/plan.ts'
import { driftSteps, poisonSteps, warmUpSteps } from './attacks/training.ts'
import { livelyVisits } from './lively/lively-visits.ts'
import type { Population } from './lively/population.ts'
import { programSteps } from './lively/programs.ts'
import type { Season } from './lively/season.ts'
import type { Day } from './offline.ts'
import { plainVisits } from './plain-visits.ts'
import { createRandom } from './random.ts'
import { scannerSteps } from './scanners.ts'

export type { Scenario } from './lively/season.ts'

/** Attacks to make detectors with, and others to judge them by. */
export type AttackSet = 'dev' | 'acceptance'

/** Who is there while a model learns: one who goes a little further every day, or one who comes before anything is known. */
export type Training = 'drift' | 'warm-up'

export interface DayWords {
  readonly seed: number
  /** It is the day after those to learn from. */
  readonly after: boolean
  readonly plain: boolean
  readonly attacks: AttackSet | undefined
  readonly poison: number
  readonly training: Training | undefined
  readonly season: Season
  readonly population: Population
}

/** All that happens on such a day. */
export function makersOf(words: DayWords): Day['makers'] {
  const { seed, after, plain, attacks, poison, training, season, population } = words
  const acceptance = attacks === 'acceptance'
  const stream = (name: string) => createRandom(`${name}/${seed}/${attacks ?? 'dev'}`)
  return [
    ...(plain ? [plainVisits] : [livelyVisits.bind(null, season, population), programSteps]),
    ...(plain && !after
      ? [(parts => scannerSteps(parts.day.random.fork('attacks'), parts.day.startMs, parts.ledger)) satisfies Maker]
      : []),
    ...(after && attacks !== undefined
      ? [(parts => attackSteps(parts, stream('attacks'), acceptance)) satisfies Maker]
      : []),
    ...(!after && poison > 0
      ? [
          ((parts, made) =>
            poisonSteps(parts, made, {
              random: stream('poison').fork(String(parts.day.day)),
              share: poison,
              acceptance,
            })) satisfies Maker,
        ]
      : []),
    ...(!after && training === 'drift' ? [(parts => driftSteps(parts, stream('drift'))) satisfies Maker] : []),
    ...(!after && training === 'warm-up'
      ? [(parts => warmUpSteps(parts, stream('warm-up'), acceptance)) satisfies Maker]
      : []),
  ]
}

type Maker = Day['makers'][number]
