// Hot path: once per learnt or judged request.
import { FieldProfile } from './field-profile.ts'
import { KindsSeen } from './kinds-seen.ts'
import { NamesProfile } from './names-profile.ts'
import { rareness } from './rarity.ts'
import { Spread } from './spread.ts'

/** Places of a message that have named values. */
export const places = ['path', 'query', 'body', 'response'] as const
export type ProfilePlace = (typeof places)[number]

/** Names kept apart in one place; those beyond share what is learnt of all. */
const namesMax = 256
const typesMax = 32
const callersMax = 1024
const countersMax = 64

/**
 * What is learnt of one operation (or of one leaf of the paths, to be merged into it): which parameters come together, what each holds, what is answered, who
 * calls. Mergeable and bounded; `room` is asked before a further field is made.
 */
export class OperationProfile {
  count = 0
  /** It waits to be written. */
  changed = false
  readonly names: Readonly<Record<'query' | 'body' | 'response', NamesProfile>>
  readonly fields = new Map<string, FieldProfile>()
  /** Found once: putting a key together costs more than all else about it. */
  readonly #found: Partial<Record<ProfilePlace, Map<string, FieldProfile>>> = {}
  /** Kinds of bodies, status codes, signs in answers: by word. */
  readonly words = new Map<string, Map<string, number>>()
  contentTypes: KindsSeen
  callers: KindsSeen
  /** Sizes and durations, as logarithms, by word. */
  readonly figures = new Map<string, Spread>()

  constructor(
    names = {
      query: new NamesProfile(namesMax),
      body: new NamesProfile(namesMax),
      response: new NamesProfile(namesMax),
    },
    rest = { contentTypes: new KindsSeen(typesMax), callers: new KindsSeen(callersMax) },
  ) {
    this.names = names
    this.contentTypes = rest.contentTypes
    this.callers = rest.callers
  }

  field(place: ProfilePlace, name: string): FieldProfile | undefined {
    const found = this.#found[place]?.get(name)
    if (found !== undefined) return found
    const known = this.fields.get(`${place} ${name}`)
    if (known !== undefined) (this.#found[place] ??= new Map()).set(name, known)
    return known
  }

  /** Made when there is room; else undefined. */
  fieldToLearn(place: ProfilePlace, name: string, room: () => boolean): FieldProfile | undefined {
    const known = this.field(place, name)
    if (known !== undefined || this.fields.size >= namesMax * 2 || !room()) return known
    const made = new FieldProfile()
    this.fields.set(`${place} ${name}`, made)
    return made
  }

  /** Made when it is not there; the names are the program's own, so they are few. */
  figure(name: string): Spread {
    const known = this.figures.get(name)
    if (known !== undefined) return known
    const made = new Spread()
    this.figures.set(name, made)
    return made
  }

  countWord(kind: string, word: string): void {
    const words = this.words.get(kind) ?? new Map<string, number>()
    this.words.set(kind, words)
    add(words, word, 1)
  }

  /** Bits of surprise at this word among those of its kind; 0 when none was counted. */
  wordSurprise(kind: string, word: string): number {
    const words = this.words.get(kind)
    if (words === undefined) return 0
    let total = 0
    for (const times of words.values()) total += times
    return rareness(words.get(word) ?? 0, total, 0.002)
  }

  /** Bits of surprise at this caller, who made `calls` calls of anything: of a caller who is seldom seen little can be said. */
  callerSurprise(hash: number, calls: number): number {
    const strange = this.callers.surprise(hash)
    return calls > 0 ? Math.min(strange, Math.log2(calls + 1)) : strange
  }

  /** The most frequent word of a kind. */
  usualWord(kind: string): string {
    let [usual, most] = ['', 0]
    for (const [word, times] of this.words.get(kind) ?? []) if (times > most) [usual, most] = [word, times]
    return usual
  }

  merge(other: OperationProfile): void {
    this.count += other.count
    for (const place of ['query', 'body', 'response'] as const) this.names[place].merge(other.names[place])
    for (const [key, field] of other.fields) {
      const own = this.fields.get(key)
      if (own !== undefined) own.merge(field)
      else if (this.fields.size < namesMax * 2) {
        const made = new FieldProfile()
        made.merge(field)
        this.fields.set(key, made)
      }
    }
    for (const [kind, words] of other.words) {
      const own = this.words.get(kind) ?? new Map<string, number>()
      this.words.set(kind, own)
      for (const [word, times] of words) add(own, word, times)
    }
    this.contentTypes.merge(other.contentTypes)
    this.callers.merge(other.callers)
    for (const [name, figure] of other.figures) this.figure(name).merge(figure)
  }

  dump(): Readonly<Record<string, unknown>> {
    return {
      count: this.count,
      names: [this.names.query.dump(), this.names.body.dump(), this.names.response.dump()],
      fields: [...this.fields].sort(byName).map(([key, field]) => [key, field.dump()]),
      words: [...this.words].sort(byName).map(([kind, words]) => [kind, [...words].sort(byName)]),
      contentTypes: this.contentTypes.dump(),
      callers: this.callers.dump(),
      figures: [...this.figures].sort(byName).map(([name, figure]) => [name, figure.dump()]),
    }
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): OperationProfile {
    const { count, names, fields, words, contentTypes, callers, figures } = (dump ?? {}) as Readonly<
      Record<string, unknown>
    >
    if (
      !Number.isSafeInteger(count) ||
      !Array.isArray(names) ||
      !isPairs(fields) ||
      !isPairs(words) ||
      !isPairs(figures)
    )
      throw new RangeError('not the dump of an operation')
    const [query, body, response] = (names as unknown[]).map(one => NamesProfile.restore(one, namesMax))
    if (query === undefined || body === undefined || response === undefined)
      throw new RangeError('not the dump of an operation')
    const profile = new OperationProfile(
      { query, body, response },
      {
        contentTypes: KindsSeen.restore(contentTypes, typesMax),
        callers: KindsSeen.restore(callers, callersMax),
      },
    )
    profile.count = count as number
    for (const [key, field] of fields) profile.fields.set(key, FieldProfile.restore(field))
    for (const [name, figure] of figures) profile.figures.set(name, Spread.restore(figure))
    for (const [kind, rows] of words) {
      if (!isPairs(rows)) throw new RangeError('not the dump of an operation')
      profile.words.set(kind, new Map(rows.map(([word, times]) => [word, Number(times)])))
    }
    return profile
  }
}

function add(words: Map<string, number>, word: string, times: number): void {
  const before = words.get(word)
  if (before !== undefined || words.size < countersMax) words.set(word, (before ?? 0) + times)
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Is it `[[name, …]]`? */
export function isPairs(value: unknown): value is readonly (readonly [string, unknown])[] {
  return Array.isArray(value) && value.every(pair => Array.isArray(pair) && typeof pair[0] === 'string')
}
