import { sketchHash } from '../../lib/hyper-log-log.ts'
import type { Pace } from './pace.ts'
import { Spread } from './spread.ts'

const principalsMax = 16_384
const leastLog = 0.3
const noted = 3

type Spreads = readonly [calls: Spread, alike: Spread, failures: Spread]

/** How fast and how widely each principal calls, as logarithms, with that of all of them for those who are new. Principals as hashes; bounded. */
export class PaceProfile {
  #all: Spreads = [new Spread(), new Spread(), new Spread()]
  readonly #principals = new Map<number, Spreads>()

  learn(principal: string, pace: Pace): void {
    add(this.#all, pace)
    const key = sketchHash(principal)
    let own = this.#principals.get(key)
    if (own === undefined) {
      if (this.#principals.size >= principalsMax) return
      own = [new Spread(), new Spread(), new Spread()]
      this.#principals.set(key, own)
    }
    add(own, pace)
  }

  /** Standard deviations above the principal's own (or everybody's) calls, targets and failures; 0 for less than usual. null: nothing was learnt. */
  judge(principal: string, pace: Pace): readonly [calls: number, alike: number, failures: number] | null {
    if (this.#all[0].count === 0) return null
    const own = this.#principals.get(sketchHash(principal)) ?? this.#all
    const above = (i: 0 | 1 | 2): number => {
      const value = logsOf(pace)[i]
      return value <= own[i].mean ? 0 : own[i].distance(value, this.#all[i], leastLog)
    }
    return [above(0), above(1), above(2)]
  }

  /** The usual number of calls in a minute, by all of them. */
  get usualCalls(): number {
    return Math.exp(this.#all[0].mean)
  }

  dump(): unknown[] {
    return [
      this.#all.map(one => one.dump()),
      [...this.#principals].sort(([a], [b]) => a - b).map(([key, own]) => [key, own.map(one => one.dump())]),
    ]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): PaceProfile {
    const [all, rows] = Array.isArray(dump) ? (dump as unknown[]) : []
    if (!Array.isArray(rows) || rows.length > principalsMax) throw new RangeError('not the dump of paces')
    const profile = new PaceProfile()
    profile.#all = spreadsOf(all)
    for (const row of rows as unknown[]) {
      const [key, own] = Array.isArray(row) ? (row as unknown[]) : []
      if (!Number.isSafeInteger(key)) throw new RangeError('not the dump of paces')
      profile.#principals.set(key as number, spreadsOf(own))
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
  deviation.failures = failures
  if (notes === null) return
  const usual = profile.usualCalls.toFixed(1)
  if (calls >= noted)
    notes.push({ axis: 'volume', text: `call ${pace.calls} of this principal within a minute, usual are ${usual}` })
  if (alike >= noted)
    notes.push({ axis: 'enumeration', text: `${pace.alike} targets that differ in values alone within ten minutes` })
  if (failures >= noted)
    notes.push({
      axis: 'failures',
      text: `${pace.failures} refused or failed calls of this principal within ten minutes`,
    })
}

function logsOf({ calls, alike, failures }: Pace): readonly [number, number, number] {
  return [Math.log(calls), Math.log(alike), Math.log1p(failures)]
}

function add(spreads: Spreads, pace: Pace): void {
  const logs = logsOf(pace)
  for (const [i, spread] of spreads.entries()) spread.add(logs[i as 0 | 1 | 2])
}

function spreadsOf(dump: unknown): Spreads {
  if (!Array.isArray(dump) || dump.length !== 3) throw new RangeError('not the dump of paces')
  const [calls, alike, failures] = (dump as unknown[]).map(one => Spread.restore(one))
  return [calls as Spread, alike as Spread, failures as Spread]
}
