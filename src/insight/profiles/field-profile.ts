// Hot path: every value of every judged request.
import { escapeMarkNames } from '../../lib/escaped-text.ts'
import { machineWords } from '../../lib/machine-words.ts'
import { sketchHash } from '../../lib/hyper-log-log.ts'
import { type Stretch, TokenModel } from '../../lib/token-model.ts'
import type { Tokens } from '../../lib/text-tokens.ts'
import { KindsSeen } from './kinds-seen.ts'
import { rareness } from './rarity.ts'
import { Spread } from './spread.ts'

/** What a value is written as. */
export const valueKinds = ['empty', 'null', 'boolean', 'integer', 'number', 'string', 'list', 'object'] as const
export type ValueKind = (typeof valueKinds)[number]

/** One value on its way through a profile; nothing of it stays but counts. */
export interface FieldValue {
  /** Decoded. */
  readonly text: string
  readonly kind: ValueKind
  /** lib/escaped-text. */
  readonly marks: number
  /** Its kind is only how its text looks (a query, a form): there a number is a text too. */
  readonly loose: boolean
  readonly tokens: Tokens
  /** Of the whole value, where `text` is only its form; absent: of the text. */
  readonly length?: number
  /** Hash of the value, where it is not the text's; null: it has none that tells values apart. */
  readonly member?: number | null
}

/** How strange a value is at its place; bits, and standard deviations for `range`. */
export interface FieldJudgement {
  /** Signs and structure. */
  readonly text: Stretch
  /** Kind, member of a short list: bits. */
  kind: number
  member: number
  /** Ways of escaping, words of machine languages. */
  escape: number
  /** Bits in the order of `markNames`. */
  marks: number
  /** Length, or the number itself: the farther, standard deviations. */
  range: number
}

const stringKind = valueKinds.indexOf('string')
const textLike: ReadonlySet<ValueKind> = new Set(['integer', 'number', 'boolean'])
const membersMax = 128
const numbersMax = 16
/** Ways of escaping, and after them two or three words of machine languages. */
export const markNames = [
  ...escapeMarkNames,
  'two words of query or script languages',
  'three words of query or script languages',
] as const
const marksMax = markNames.length
/** Relative differences that are nothing: 5 %. */
const leastLog = 0.05
/** Numbers grow: orders are counted up, prices rise. Less than a factor of 1.6 is nothing. */
const leastNumber = 0.5

/** What is learnt of one parameter: kinds, signs and structure, length, numbers, members of a short list, ways of escaping. Mergeable; about 4 KB. */
export class FieldProfile {
  count = 0
  readonly #kinds = valueKinds.map(() => 0)
  readonly #marks = markNames.map(() => 0)
  readonly #tokens: TokenModel
  readonly #lengths: Spread
  readonly #numbers: Spread
  #members = new KindsSeen(membersMax)

  constructor(tokens = new TokenModel(), lengths = new Spread(), numbers = new Spread()) {
    this.#tokens = tokens
    this.#lengths = lengths
    this.#numbers = numbers
  }

  learn(value: FieldValue): void {
    const { text, kind, marks: escapes, tokens, length = text.length } = value
    this.count++
    const marks = marksOf(value, escapes)
    const place = valueKinds.indexOf(kind)
    this.#kinds[place] = (this.#kinds[place] as number) + 1
    for (let i = 0; i < marksMax; i++) if ((marks & (1 << i)) !== 0) this.#marks[i] = (this.#marks[i] as number) + 1
    if (kind === 'list' || kind === 'object' || kind === 'null') return
    const member = memberOf(value)
    if (member !== null) this.#members.add(member)
    this.#tokens.add(tokens)
    this.#lengths.add(Math.log1p(length))
    const number = numberOf(text, kind)
    if (number !== null) this.#numbers.add(number)
  }

  /** Judged with the profiles of all alike (of this place, of all places) behind it, which count as far as there is little of its own. */
  judge(value: FieldValue, alike: FieldProfile, all: FieldProfile, into: FieldJudgement): void {
    const { text, kind, marks: escapes, tokens, loose } = value
    const own = this.count > 0
    const marks = marksOf(value, escapes)
    const place = valueKinds.indexOf(kind)
    const asText = loose && textLike.has(kind) ? (this.#kinds[stringKind] as number) : 0
    into.kind = rareness((this.#kinds[place] as number) + asText, this.count, alike.#shareOf(place))
    into.escape = 0
    into.marks = marks
    for (let i = 0; i < marksMax; i++) {
      if ((marks & (1 << i)) === 0) continue
      const share = ((alike.#marks[i] as number) + 0.05) / (alike.count + 1)
      into.escape += rareness(this.#marks[i] as number, this.count, share)
    }
    into.member = 0
    into.range = 0
    into.text.bits = 0
    if (kind === 'list' || kind === 'object' || kind === 'null') return
    const numeric = this.#numbers.count >= 2 && this.#numbers.count * 2 >= this.count
    // More than some numbers are no list to choose from: there the distance says more.
    if (own && !(numeric && this.#members.distinct > numbersMax)) {
      const member = memberOf(value)
      if (member !== null && this.#members.count * 2 > this.count) into.member = this.#members.surprise(member)
    }
    const number = numeric ? numberOf(text, kind) : null
    // Where numbers come, a number of more digits is no other structure: how far it lies off says all.
    if (number === null) this.#tokens.strangest(tokens, alike.#tokens, all.#tokens, into.text)
    const lengths = own ? this.#lengths : alike.#lengths
    const length = Math.log1p(value.length ?? text.length)
    into.range = lengths.distance(length, alike.#lengths, leastLog)
    // Hardly any attack is short, and short values are common in what people write.
    if (length < lengths.mean) into.range /= 2
    if (number !== null) into.range = Math.max(into.range, this.#numbers.distance(number, null, leastNumber))
  }

  merge(other: FieldProfile): void {
    this.count += other.count
    for (let i = 0; i < valueKinds.length; i++)
      this.#kinds[i] = (this.#kinds[i] as number) + (other.#kinds[i] as number)
    for (let i = 0; i < marksMax; i++) this.#marks[i] = (this.#marks[i] as number) + (other.#marks[i] as number)
    this.#tokens.merge(other.#tokens)
    this.#lengths.merge(other.#lengths)
    this.#numbers.merge(other.#numbers)
    this.#members.merge(other.#members)
  }

  /** What is usual, in words. */
  get usual(): string {
    const kinds = valueKinds
      .map((kind, i) => [kind, this.#kinds[i] as number] as const)
      .filter(([, count]) => count > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([kind]) => kind)
    return `${kinds.join(' or ')} of about ${Math.round(Math.expm1(this.#lengths.mean))} characters`
  }

  dump(): (number | number[] | number[][])[] {
    return [
      this.count,
      this.#kinds,
      this.#marks,
      this.#tokens.dump(),
      this.#lengths.dump(),
      this.#numbers.dump(),
      this.#members.dump(),
    ]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): FieldProfile {
    if (!Array.isArray(dump) || dump.length !== 7) throw new RangeError('not the dump of a profile')
    const [count, kinds, marks, tokens, lengths, numbers, members] = dump as unknown[]
    if (!Number.isSafeInteger(count) || !isCounts(kinds, valueKinds.length) || !isCounts(marks, marksMax))
      throw new RangeError('not the dump of a profile')
    const profile = new FieldProfile(TokenModel.restore(tokens), Spread.restore(lengths), Spread.restore(numbers))
    profile.count = count as number
    for (const [i, one] of kinds.entries()) profile.#kinds[i] = one
    for (const [i, one] of marks.entries()) profile.#marks[i] = one
    profile.#members = KindsSeen.restore(members, membersMax)
    return profile
  }

  #shareOf(kind: number): number {
    return ((this.#kinds[kind] as number) + 0.1) / (this.count + 0.1 * valueKinds.length)
  }
}

function isCounts(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(one => Number.isSafeInteger(one) && one >= 0)
}

function memberOf({ text, member }: FieldValue): number | null {
  return member === undefined ? sketchHash(text) : member
}

/** Bits in the order of `markNames`. */
function marksOf({ text, kind, tokens }: FieldValue, escapes: number): number {
  const count = kind === 'string' && tokens.length > 2 ? machineWords(text) : 0
  return count < 2 ? escapes : escapes | (1 << (escapeMarkNames.length + count - 2))
}

/** On a scale on which ratios are distances. */
function numberOf(text: string, kind: ValueKind): number | null {
  if (kind !== 'integer' && kind !== 'number') return null
  const value = Number(text)
  return Number.isFinite(value) ? Math.asinh(value) : null
}

export function fieldJudgement(): FieldJudgement {
  return { text: { bits: 0, from: 0, to: 0 }, kind: 0, member: 0, escape: 0, marks: 0, range: 0 }
}
