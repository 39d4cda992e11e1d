import { sketchHash } from '../../lib/hyper-log-log.ts'
import type { Pace } from './pace.ts'
import { Spread } from './spread.ts'

const principalsMax = 16_384
const leastLog = 0.3
/** Stretches in which a principal must have called to be believed as much as all the others. */
const otherWeight = 8
const stretchMs = 600_000
const noted = 3

type Spreads = readonly [calls: Spread, alike: Spread, failures: Spread]

interface Own {
  readonly spreads: Spreads
  /** Ten-minute stretches of the clock in which it called: calls of one stretch are so alike that they are one observation. */
  stretches: number
  last: number
}

/** How fast and how widely each principal calls, as logarithms, with that of all of them for those who are new. Principals as hashes; bounded. */
export class PaceProfile {
  #all: Spreads = [new Spread(), new Spread(), new Spread()]
  readonly #principals = new Map<number, Own>()

  /** In the order of time, in Unix ms. */
  learn(principal: string, timeMs: number, pace: Pace): void {
    add(this.#all, pace)
    const key = sketchHash(principal)
    let own = this.#principals.get(key)
    if (own === undefined) {
      if (this.#principals.size >= principalsMax) return
      own = { spreads: [new Spread(), new Spread(), new Spread()], stretches: 0, last: Number.NaN }
      this.#principals.set(key, own)
    }
    add(own.spreads, pace)
    const stretch = Math.floor(timeMs / stretchMs)
    if (stretch !== own.last) own.stretches++
    own.last = stretch
  }

  /** Standard deviations above the principal's own (as far as it was seen in many stretches of time, else everybody's) calls, targets and failures (null: not known); 0 for less than usual. null: nothing was learnt. */
  judge(principal: string, pace: Pace): readonly [calls: number, alike: number, failures: number | null] | null {
    if (this.#all[0].count === 0) return null
    const own = this.#principals.get(sketchHash(principal))
    const [calls, alike, failures] = logsOf(pace)
    const above = (value: number, i: 0 | 1 | 2): number =>
      distanceAbove(value, this.#all[i], own?.spreads[i], own?.stretches ?? 0)
    return [above(calls, 0), above(alike, 1), failures === null || this.#all[2].count === 0 ? null : above(failures, 2)]
  }

  /** The usual number of calls in a minute, by all of them. */
  get usualCalls(): number {
    return Math.exp(this.#all[0].mean)
  }

  dump(): unknown[] {
    return [
      this.#all.map(one => one.dump()),
      [...this.#principals]
        .sort(([a], [b]) => a - b)
        .map(([key, own]) => [key, own.stretches, own.spreads.map(one => one.dump())]),
    ]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): PaceProfile {
    const [all, rows] = Array.isArray(dump) ? (dump as unknown[]) : []
    if (!Array.isArray(rows) || rows.length > principalsMax) throw new RangeError('not the dump of paces')
    const profile = new PaceProfile()
    profile.#all = spreadsOf(all)
    for (const row of rows as unknown[]) {
      const [key, stretches, spreads] = Array.isArray(row) ? (row as unknown[]) : []
      if (!Number.isSafeInteger(key) || !Number.isSafeInteger(stretches)) throw new RangeError('not the dump of paces')
      profile.#principals.set(key as number, {
        spreads: spreadsOf(spreads),
        stretches: stretches as number,
        last: Number.NaN,
      })
    }
    return profile
  }
}

/** Sets `volume`, `enumeration` and `failures` of a deviation, with a clause for each that is far off. */
export function judgePace(
  profile: PaceProfile,
  { principal, pace }: { readonly principal: string; readonly pace: Pace },
  deviation: Partial<Record<'volume' | 'enumeration' | 'failures', number>>,
  notes: { axis: string; text: string }[] | null,
): void {
  const judged = profile.judge(principal, pace)
  if (judged === null) return
  const [calls, alike, failures] = judged
  deviation.volume = calls
  deviation.enumeration = alike
  if (failures !== null) deviation.failures = failures
  if (notes === null) return
  const usual = profile.usualCalls.toFixed(1)
  if (calls >= noted)
    notes.push({ axis: 'volume', text: `call ${pace.calls} of this principal within a minute, usual are ${usual}` })
  if (alike >= noted)
    notes.push({ axis: 'enumeration', text: `${pace.alike} targets that differ in values alone within ten minutes` })
  if (failures !== null && failures >= noted)
    notes.push({
      axis: 'failures',
      text: `${pace.failures} refused or failed calls of this principal within ten minutes`,
    })
}

function logsOf({ calls, alike, failures }: Pace): readonly [number, number, number | null] {
  return [Math.log(calls), Math.log(alike), failures === null ? null : Math.log1p(failures)]
}

function add(spreads: Spreads, pace: Pace): void {
  const logs = logsOf(pace)
  for (const [i, spread] of spreads.entries()) {
    const log = logs[i as 0 | 1 | 2]
    if (log !== null) spread.add(log)
  }
}

function spreadsOf(dump: unknown): Spreads {
  if (!Array.isArray(dump) || dump.length !== 3) throw new RangeError('not the dump of paces')
  const [calls, alike, failures] = (dump as unknown[]).map(one => Spread.restore(one))
  return [calls as Spread, alike as Spread, failures as Spread]
}

/** How far a value lies above what is usual for one of all; its own counts with the weight of its stretches (an empirical Bayes estimate). */
function distanceAbove(value: number, all: Spread, own: Spread | undefined, stretches: number): number {
  const weight = own === undefined || own.count === 0 ? 0 : stretches / (stretches + otherWeight)
  const ownMean = own?.mean ?? 0
  const mean = weight * ownMean + (1 - weight) * all.mean
  if (value <= mean) return 0
  const within = weight * (own?.variance ?? 0) + (1 - weight) * all.variance
  const between = weight * (1 - weight) * (ownMean - all.mean) ** 2
  return (value - mean) / Math.sqrt(within + between + leastLog ** 2)
}
