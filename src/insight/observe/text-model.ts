// Hot path: every string of every observed body.
import { anyCharacter, characterKinds, maskPattern } from '../../lib/character-mask.ts'
import { DistinctSample } from '../../lib/distinct-sample.ts'
import { LogHistogram } from '../../lib/log-histogram.ts'
import { dataClasses, type DataClass } from '../model/data-class.ts'
import type { ScalarShape } from '../model/observation.ts'
import { widened } from './margins.ts'

/** Distinct texts that an enumeration may have. */
export const enumMax = 32
/** Of more distinct texts only their number is of interest. */
const keptBeyond = 8
const masksMax = 24

/** Formats that JSON Schema knows under the same name and our validator asserts alike. */
const schemaFormats: ReadonlySet<string> = new Set([
  'uuid',
  'date',
  'date-time',
  'time',
  'email',
  'ipv4',
  'ipv6',
  'uri',
])
const formatPatterns: ReadonlyMap<string, string> = new Map([
  ['ulid', '^[0-7][0-9A-HJKMNP-TV-Z]{25}$'],
  ['object-id', '^[0-9A-Fa-f]{24}$'],
  ['hash', '^[0-9A-Fa-f]+$'],
  ['jwt', '^eyJ[A-Za-z0-9_\\-]+\\.[A-Za-z0-9_\\-]+\\.[A-Za-z0-9_\\-]*$'],
  ['base64url', '^[A-Za-z0-9_.+\\/=\\-]+$'],
  ['digits', '^[0-9]+$'],
  ['decimal', '^-?[0-9]+\\.[0-9]+$'],
  ['slug', '^[a-z0-9\\-]+$'],
])
const formats: ReadonlySet<string> = new Set([...schemaFormats, ...formatPatterns.keys()])
const letters = characterKinds.lower | characterKinds.upper | characterKinds.unicode

/** A format, as JSON Schema says it. */
export type FormatWords = { readonly format: string } | { readonly pattern: string }

/** Strings of one field: votes for formats, kinds of characters, lengths, and the words of an enumeration. Mergeable in any order. */
export class TextModel {
  count = 0
  #measured = 0
  #lengthMin = Number.POSITIVE_INFINITY
  #lengthMax = 0
  readonly #lengths = new LogHistogram()
  readonly #formats = new Map<string, number>()
  readonly #classes = new Map<DataClass, number>()
  /** Whole masks with their counts; null: too many kinds of texts to say anything. */
  #masks: Map<number, number> | null = new Map()
  #masked = 0
  /** Texts by hash, those with a hash. */
  #hashes = new DistinctSample(enumMax, keptBeyond)
  #hashed = 0
  readonly #words = new Map<string, string>()

  add(shape: ScalarShape): void {
    this.count++
    const { length, characters, format, hash } = shape
    if (length !== undefined) {
      this.#measured++
      if (length < this.#lengthMin) this.#lengthMin = length
      if (length > this.#lengthMax) this.#lengthMax = length
      this.#lengths.add(length)
    }
    if (characters !== undefined) {
      this.#masked++
      this.#mask(characters & anyCharacter, 1)
    }
    if (format !== undefined && formats.has(format)) this.#formats.set(format, (this.#formats.get(format) ?? 0) + 1)
    if (shape.class !== undefined) this.#class(shape.class, 1)
    if (hash !== undefined && hash.length <= 32) {
      this.#hashed++
      this.#hashes.add(hash)
      if (typeof shape.value === 'string' && shape.value.length <= 64) this.#word(hash, shape.value)
    }
  }

  merge(other: TextModel): void {
    this.count += other.count
    this.#measured += other.#measured
    this.#lengthMin = Math.min(this.#lengthMin, other.#lengthMin)
    this.#lengthMax = Math.max(this.#lengthMax, other.#lengthMax)
    this.#lengths.merge(other.#lengths)
    for (const [format, count] of other.#formats) this.#formats.set(format, (this.#formats.get(format) ?? 0) + count)
    for (const [dataClass, count] of other.#classes) this.#class(dataClass, count)
    this.#masked += other.#masked
    if (other.#masks === null) this.#masks = null
    else for (const [mask, count] of other.#masks) this.#mask(mask, count)
    this.#hashes.merge(other.#hashes)
    this.#hashed += other.#hashed
    for (const [hash, word] of other.#words) this.#word(hash, word)
  }

  get classes(): ReadonlyMap<DataClass, number> {
    return this.#classes
  }

  /** Distinct texts among those with a hash. */
  get distinct(): number {
    return this.#hashes.distinct
  }

  /** The members when all texts were words of a short list, and none came so rarely that others must be expected; else null. */
  words(): readonly string[] | null {
    if (this.#hashed !== this.count || !this.#hashes.complete) return null
    const members: string[] = []
    const entries = this.#hashes.entries()
    // One member is no choice yet.
    if (entries.length < 2 || this.count < 20 * entries.length) return null
    for (const [hash, count] of entries) {
      const word = this.#words.get(hash)
      if (word === undefined || count < 5) return null
      members.push(word)
    }
    return members.sort()
  }

  /** The format that every text had; null when one did not. */
  format(): FormatWords | null {
    for (const [format, count] of this.#formats) {
      if (count !== this.count) continue
      if (schemaFormats.has(format)) return { format }
      const pattern = formatPatterns.get(format)
      if (pattern !== undefined) return { pattern }
    }
    return null
  }

  /** A pattern of the kinds of characters seen, when their combinations came again and again; null for what people write. */
  pattern(): string | null {
    if (this.#masks === null || this.#masked !== this.count) return null
    let all = 0
    for (const [mask, count] of this.#masks) {
      // Seen once: others of that kind must be expected (Good and Turing).
      if (count < 2 + this.count / 2000) return null
      all |= mask
    }
    const human = (all & characterKinds.space) !== 0 && (all & letters) !== 0
    return human || all === anyCharacter || (all & (characterKinds.control | characterKinds.unicode)) !== 0
      ? null
      : maskPattern(all)
  }

  /** Widened lengths; null when not every text was measured. */
  lengths(): { readonly low: number; readonly high: number } | null {
    if (this.count === 0 || this.#measured !== this.count) return null
    const { high } = widened({
      count: this.count,
      min: this.#lengthMin,
      max: this.#lengthMax,
      median: Math.min(this.#lengthMax, Math.max(this.#lengthMin, this.#lengths.quantile(0.5))),
      atMin: null,
      atMax: null,
    })
    return { low: this.#lengthMin > 0 ? 1 : 0, high: Math.max(Math.ceil(high), this.#lengthMax + 4) }
  }

  dump(): unknown[] {
    return [
      this.count,
      this.#measured,
      this.#measured === 0 ? null : this.#lengthMin,
      this.#lengthMax,
      this.#lengths.dump(),
      sortedPairs(this.#formats),
      sortedPairs(this.#classes),
      this.#masks === null ? null : [...this.#masks].sort((a, b) => a[0] - b[0]).flat(),
      this.#masked,
      this.#hashes.dump(),
      this.#hashed,
      this.#heldWords(),
    ]
  }

  /** Throws a RangeError on what no model wrote. */
  static restore(dump: readonly unknown[]): TextModel {
    const [count, measured, lengthMin, lengthMax, lengths, votes, classes, masks, masked, hashes, hashed, words] = dump
    if (
      ![count, measured, lengthMax, masked, hashed].every(Number.isSafeInteger) ||
      ![lengths, votes, classes, hashes, words].every(Array.isArray) ||
      !(masks === null || Array.isArray(masks))
    )
      throw new RangeError('not the dump of a model of texts')
    const model = new TextModel()
    model.count = count as number
    model.#measured = measured as number
    if (typeof lengthMin === 'number') model.#lengthMin = lengthMin
    model.#lengthMax = lengthMax as number
    model.#lengths.merge(LogHistogram.restore(lengths as number[]))
    eachPair(votes as unknown[], (format, times) => {
      if (formats.has(format)) model.#formats.set(format, times)
    })
    eachPair(classes as unknown[], (dataClass, times) => model.#class(dataClass as DataClass, times))
    if (masks === null) model.#masks = null
    else eachPair(masks, (mask, times) => model.#mask(Number(mask), times))
    model.#masked = masked as number
    model.#hashes = DistinctSample.restore(hashes as unknown[], enumMax, keptBeyond)
    model.#hashed = hashed as number
    for (const pair of words as unknown[]) if (Array.isArray(pair)) model.#word(String(pair[0]), String(pair[1]))
    return model
  }

  #mask(mask: number, times: number): void {
    if (this.#masks === null) return
    this.#masks.set(mask, (this.#masks.get(mask) ?? 0) + times)
    if (this.#masks.size > masksMax) this.#masks = null
  }

  #class(dataClass: DataClass, times: number): void {
    if (dataClasses.includes(dataClass)) this.#classes.set(dataClass, (this.#classes.get(dataClass) ?? 0) + times)
  }

  #word(hash: string, word: string): void {
    if (this.#words.has(hash)) return
    this.#words.set(hash, word)
    if (this.#words.size <= enumMax * 4) return
    const held = this.#heldWords()
    this.#words.clear()
    for (const [known, text] of held) this.#words.set(known, text)
  }

  /** Words without a place in the sample will never be asked for. */
  #heldWords(): Array<readonly [hash: string, word: string]> {
    const held: Array<readonly [string, string]> = []
    for (const [hash] of this.#hashes.entries()) {
      const word = this.#words.get(hash)
      if (word !== undefined) held.push([hash, word])
    }
    return held
  }
}

function sortedPairs(map: ReadonlyMap<string, number>): unknown[] {
  return [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1)).flat()
}

function eachPair(flat: readonly unknown[], found: (key: string, times: number) => void): void {
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const times = flat[i + 1]
    if (!Number.isSafeInteger(times)) throw new RangeError('not the dump of a model of texts')
    found(String(flat[i]), times as number)
  }
}
