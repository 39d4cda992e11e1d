// Hot path: every value of every observed exchange.
import { characterKinds, characterMask } from '../../lib/character-mask.ts'
import { createTextForm } from '../../lib/text-form.ts'
import { textFormat } from '../../lib/text-format.ts'
import type { DataClass } from '../model/data-class.ts'
import type { ScalarShape } from '../model/observation.ts'
import { classOfNumber, classOfText } from './data-classes.ts'
import type { EnumerationGate } from './enumeration-gate.ts'
import type { NameHint } from './field-name.ts'
import type { KeyedHash } from './keyed-hash.ts'

export interface ScalarContext {
  /** Name of the field, parameter or path segment before it. */
  readonly name: string
  readonly hint: NameHint
  /** The object around it is about a person. */
  readonly person: boolean
}

export interface ScalarShapes {
  /** A text that is a text: a member of a JSON body. */
  text(text: string, context: ScalarContext): ScalarShape
  number(value: number, context: ScalarContext): ScalarShape
  /** A text that may spell a number or a boolean: a parameter, a form field. */
  parameter(text: string, context: ScalarContext): ScalarShape
  /** A segment of a path: what is no word of the API is an identifier. */
  segment(text: string, context: ScalarContext): ScalarShape
}

type Mutable = { -readonly [K in keyof ScalarShape]: ScalarShape[K] }

const NULL: ScalarShape = { kind: 'null' }
const TRUE: ScalarShape = { kind: 'boolean', value: true }
const FALSE: ScalarShape = { kind: 'boolean', value: false }

export const nullShape = NULL
export function booleanShape(value: boolean): ScalarShape {
  return value ? TRUE : FALSE
}

/** Beyond this a text is only measured: what people and programs call a value is shorter. */
const readMax = 2048
/** Of strings made of these alone the mask of characters says enough. */
const plainKinds =
  characterKinds.lower |
  characterKinds.upper |
  characterKinds.digit |
  characterKinds.space |
  characterKinds.hyphen |
  characterKinds.underscore |
  characterKinds.dot |
  characterKinds.unicode
const identifierFormats: ReadonlySet<string> = new Set(['uuid', 'ulid', 'object-id', 'hash', 'base64url'])
/** Personal values that calls are made with, so that they must correlate; a password or a birthday is not even hashed. */
const hashedClasses: ReadonlySet<DataClass> = new Set([
  'email',
  'phone',
  'payment-card',
  'iban',
  'national-id',
  'ip-address',
  'token',
  'api-key',
])
const spelledNumber = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,16})?$/
const masked = /^\{([a-z-]+):([0-9a-f]{16})\}$/
const maskedClasses: ReadonlyMap<string, DataClass> = new Map([
  ['email', 'email'],
  ['phone', 'phone'],
  ['card', 'payment-card'],
  ['iban', 'iban'],
  ['national-id', 'national-id'],
  ['jwt', 'token'],
])
const wordSegment = /^[a-z]+(?:[-_.][a-z]+)*$|^v\d{1,3}(?:\.\d{1,2})?$/i

export function createScalarShapes(hash: KeyedHash, gate: EnumerationGate): ScalarShapes {
  const form = createTextForm()

  function text(value: string, context: ScalarContext): ScalarShape {
    const units = value.length
    const mask = characterMask(value)
    const shape: Mutable = {
      kind: 'string',
      length: (mask & characterKinds.unicode) === 0 ? units : codePoints(value),
      characters: mask,
    }
    if (units === 0) return shape
    const { hint } = context
    // A key at the front of a long text is still a key.
    const start = units > readMax ? value.slice(0, readMax) : value
    const format = units > readMax ? null : textFormat(value, mask)
    if (format !== null) shape.format = format
    else if ((mask & ~plainKinds) !== 0 && units <= readMax) shape.form = form(value)
    const dataClass = classOfText(start, format, mask, hint, context.person)
    if (dataClass !== null) {
      shape.class = dataClass
      delete shape.form
      if (hashedClasses.has(dataClass) && units <= 256) shape.hash = hash(value)
    } else if (units <= 256 && (hint.identifier || (format !== null && identifierFormats.has(format))))
      shape.hash = hash(value)
    else if (units <= 32 && !hint.closed && (format === null || format === 'slug')) {
      const word = gate.word(context.name, value, hint.choice)
      if (word !== null) {
        shape.hash = word.hash
        if (word.value !== undefined) shape.value = word.value
      }
    }
    return shape
  }

  function number(value: number, { hint }: ScalarContext): ScalarShape {
    const kind = Number.isInteger(value) ? 'integer' : 'number'
    const dataClass = classOfNumber(value, hint)
    if (dataClass !== null) {
      const digits = kind === 'integer' ? digitsOf(value) : {}
      return hashedClasses.has(dataClass)
        ? { kind, class: dataClass, ...digits, hash: hash(String(value)) }
        : { kind, class: dataClass, ...digits }
    }
    if (hint.identifier && kind === 'integer') return { kind, ...digitsOf(value), hash: hash(String(value)) }
    const size = Math.abs(value)
    if (kind === 'integer' && size >= 1e8) {
      if (hint.time && value > 0) {
        if (size < 4.2e9) return { kind, format: 'epoch-seconds', ...digitsOf(value) }
        if (size >= 3e11 && size < 4.2e12) return { kind, format: 'epoch-milliseconds', ...digitsOf(value) }
      }
      // Nine digits and more are somebody's number more often than a quantity.
      return { kind, ...digitsOf(value), hash: hash(String(value)) }
    }
    if (hint.class !== null) return { kind, ...digitsOf(value) }
    return { kind, value: kind === 'integer' && size < 10_000 ? value : rounded(value) }
  }

  function parameter(value: string, context: ScalarContext): ScalarShape {
    if (value === 'true' || value === 'false') return booleanShape(value === 'true')
    const first = value.charCodeAt(0)
    if (value.length <= 20 && ((first >= 48 && first <= 57) || first === 45) && spelledNumber.test(value)) {
      const parsed = Number(value)
      if (!Number.isInteger(parsed) || Number.isSafeInteger(parsed)) {
        const shape = number(parsed, context)
        // Two spellings of one identifier (`1`, `1.0`) are two texts in the path of an event.
        return shape.hash === undefined || String(parsed) === value ? shape : { ...shape, hash: hash(value) }
      }
    }
    return text(value, context)
  }

  function segment(raw: string, context: ScalarContext): ScalarShape {
    const known = masked.exec(raw)
    if (known !== null) {
      const dataClass = maskedClasses.get(known[1] as string)
      return {
        kind: 'string',
        ...(known[1] === 'email' || known[1] === 'jwt' ? { format: known[1] } : {}),
        ...(dataClass === undefined ? {} : { class: dataClass }),
        hash: known[2] as string,
      }
    }
    const value = percentDecoded(raw)
    const identifier: ScalarContext = { ...context, hint: { ...context.hint, identifier: context.hint.class === null } }
    if (wordSegment.test(value) && value.length <= 40) {
      // A word of the API itself, or a name that somebody gave; which of both only the template can tell. Its event shows it anyway.
      const shape = text(value, context)
      return shape.hash === undefined ? { ...shape, hash: hash(value) } : shape
    }
    return parameter(value, identifier)
  }

  return { text, number, parameter, segment }
}

/** Of a number whose value is nobody's business: how many digits it has before the point, and whether it is below zero. */
function digitsOf(value: number): Pick<ScalarShape, 'length' | 'characters'> {
  const length = String(Math.abs(Math.trunc(value))).length
  return value < 0 ? { length, characters: characterKinds.hyphen } : { length }
}

/** To three digits: enough for a range, too little for anybody's salary or position. */
function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)))
  // A number, not a text in between: `toPrecision` cost as much as the rest of the field.
  if (digits > 20 || digits < -20) return Number(value.toPrecision(3))
  const unit = 10 ** Math.abs(digits)
  return digits >= 0 ? Math.round(value * unit) / unit : Math.round(value / unit) * unit
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0xd800 && c <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
