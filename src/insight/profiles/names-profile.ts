import { sketchHash } from '../../lib/hyper-log-log.ts'
import { KindsSeen } from './kinds-seen.ts'
import { bits, novelty } from './rarity.ts'

/** How strange the names of a set of parameters are: bits. */
export interface NamesJudgement {
  /** Names never seen here. */
  readonly unknown: readonly string[]
  readonly missing: readonly string[]
  /** Of all that is new or missing. */
  readonly bits: number
  /** Of the order in which they came. */
  readonly order: number
}

const setsMax = 256
const clean: NamesJudgement = { unknown: [], missing: [], bits: 0, order: 0 }
/** A stranger may send thousands. */
const unknownMax = 8

/** Which names come together in a place (query, body, header fields), how often each, and in which order. Mergeable. */
export class NamesProfile {
  count = 0
  readonly #max: number
  readonly #times = new Map<string, number>()
  #sets = new KindsSeen(setsMax)
  #orders = new KindsSeen(setsMax)
  /** Names that found no room. */
  overflowed = 0

  constructor(max: number) {
    this.#max = max
  }

  /** `names`: in order, those that follow their like once. */
  learn(names: readonly string[]): void {
    this.count++
    const distinct = new Set(names)
    for (const name of distinct) this.#add(name, 1)
    this.#sets.add(setHash(distinct))
    this.#orders.add(sketchHash(names.join('\n')))
  }

  /** `whole`: nothing was cut off, so what is not there is missing. */
  judge(names: readonly string[], whole: boolean): NamesJudgement {
    if (this.count === 0) return clean
    const distinct = new Set(names)
    if (whole && this.#orders.times(sketchHash(names.join('\n'))) > 0) {
      // The usual case: the same names in the same order have come before; only a rare lack is left to see.
      if (this.#sets.known) return clean
    }
    const unknown: string[] = []
    for (const name of distinct) if (!this.#times.has(name) && unknown.length < unknownMax) unknown.push(name)
    const missing: string[] = []
    let worst = 0
    if (whole) {
      for (const [name, times] of this.#times) {
        if (times * 2 < this.count || distinct.has(name)) continue
        const surprise = bits((this.count - times + 0.5) / (this.count + 1))
        if (surprise > worst) worst = surprise
        if (surprise >= 3 && missing.length < unknownMax) missing.push(name)
      }
    }
    let once = 0
    for (const times of this.#times.values()) if (times === 1) once++
    const set = whole ? this.#sets.surprise(setHash(distinct)) : 0
    const added = this.overflowed > 0 ? 0 : unknown.length * novelty(once, this.count)
    const order = unknown.length > 0 || missing.length > 0 ? 0 : this.#orders.surprise(sketchHash(names.join('\n')))
    return { unknown, missing, bits: Math.max(set, worst) + added, order: Math.max(0, order - set) }
  }

  has(name: string): boolean {
    return this.#times.has(name)
  }

  merge(other: NamesProfile): void {
    this.count += other.count
    for (const [name, times] of other.#times) this.#add(name, times)
    this.#sets.merge(other.#sets)
    this.#orders.merge(other.#orders)
    this.overflowed += other.overflowed
  }

  dump(): unknown[] {
    return [
      this.count,
      [...this.#times].sort(([a], [b]) => (a < b ? -1 : 1)).flat(),
      this.#sets.dump(),
      this.#orders.dump(),
      this.overflowed,
    ]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown, max: number): NamesProfile {
    if (!Array.isArray(dump) || dump.length !== 5) throw new RangeError('not the dump of names')
    const [count, times, sets, orders, overflowed] = dump as unknown[]
    if (!Number.isSafeInteger(count) || !Number.isSafeInteger(overflowed) || !Array.isArray(times))
      throw new RangeError('not the dump of names')
    const profile = new NamesProfile(max)
    profile.count = count as number
    profile.overflowed = overflowed as number
    for (let i = 0; i + 1 < times.length; i += 2) {
      const [name, often] = [times[i] as unknown, times[i + 1] as unknown]
      if (typeof name !== 'string' || !Number.isSafeInteger(often)) throw new RangeError('not the dump of names')
      profile.#times.set(name, often as number)
    }
    profile.#sets = KindsSeen.restore(sets, setsMax)
    profile.#orders = KindsSeen.restore(orders, setsMax)
    return profile
  }

  #add(name: string, times: number): void {
    const before = this.#times.get(name)
    if (before === undefined && this.#times.size >= this.#max) this.overflowed += times
    else this.#times.set(name, (before ?? 0) + times)
  }
}

/** The same whatever the order. */
function setHash(names: ReadonlySet<string>): number {
  let hash = names.size
  for (const name of names) hash = (hash + sketchHash(name)) >>> 0
  return hash
}
