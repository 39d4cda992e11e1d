// Hot path: every value of every observed body.
import { characterKinds } from '../../lib/character-mask.ts'
import { isIban } from '../../lib/iban.ts'
import { knownToken } from '../../lib/known-token.ts'
import { nationalId } from '../../lib/national-id.ts'
import { paymentCard } from '../../lib/payment-card.ts'
import { isPhoneNumber } from '../../lib/phone-number.ts'
import type { TextFormat } from '../../lib/text-format.ts'
import type { DataClass } from '../model/data-class.ts'
import type { NameHint } from './field-name.ts'

const k = characterKinds
const formalKinds = k.digit | k.hyphen | k.dot | k.space | k.base64 | k.slash | k.punctuation
/** Beside digits, keys have capitals or the separator of a prefix; most texts lack one of both. */
const keyKinds = k.upper | k.underscore | k.hyphen | k.dot
const nameWords =
  /^\p{Lu}[\p{L}\p{M}'’.-]*(?: (?:(?:van|von|de|der|den|da|di|la|le|el|al|bin|ibn|del|dos|du|y) )*\p{Lu}[\p{L}\p{M}'’.-]*){0,4}$/u
const mailDomain = /\.[a-z\d-]{2,63}$|\]$/i
const oneName = /^[\p{L}\p{M}][\p{L}\p{M}'’. -]{0,79}$/u
const bornText =
  /^(?:(?:18|19|20)\d{2}[-/.]?\d{2}[-/.]?\d{2}|\d{1,2}[-/. ](?:\d{1,2}|\p{L}{3,9})[-/. ](?:18|19|20)\d{2})(?:T|$)/u
const coordinates = /^[-+]?\d{1,3}(?:\.\d+)?(?:[, ;]+[-+]?\d{1,3}(?:\.\d+)?)?$/
const geoUri = /^geo:/
const postal = /[\p{L}\d]/u
const blanked = /^(?:\*+|x+|-+|n\/?a|none|null|unknown|test|redacted|\[redacted\]|<redacted>|\{\w+\})$/i

/**
 * The class of a text, or null. What proves itself (check digits, registries, issuers' prefixes) counts under any name; what does not needs a
 * name that promises it and a value that is plausible. `person`: the object around it is about a person.
 */
export function classOfText(
  text: string,
  format: TextFormat | null,
  mask: number,
  hint: NameHint,
  person: boolean,
): DataClass | null {
  const length = text.length
  if (format === 'jwt') return 'token'
  if (length >= 16 && (mask & k.digit) !== 0 && (mask & keyKinds) !== 0) {
    const known = knownToken(text)
    if (known !== null) return known
  }
  const promised = hint.class
  // An address without a point is one of this machine, or something of a program (`user@host`).
  if (format === 'email' && mailDomain.test(text)) return 'email'
  if ((format === 'ipv4' || format === 'ipv6') && !hint.closed) return 'ip-address'
  if (promised !== null) return isPlausible(text, format, mask, hint) ? promised : selfProven(text, format, mask, hint)
  const proven = selfProven(text, format, mask, hint)
  if (proven !== null) return proven
  if (person && hint.bareName && length <= 80 && nameWords.test(text)) return 'person-name'
  return null
}

/** The class of a number, by its digits: some clients send cards and ids as numbers. */
export function classOfNumber(value: number, hint: NameHint): DataClass | null {
  const promised = hint.class
  if (promised === 'location') return Math.abs(value) <= 180 ? 'location' : null
  if (promised === 'birth-date') return Number.isInteger(value) ? 'birth-date' : null
  if (promised === 'secret' || promised === 'password') return Number.isInteger(value) && value >= 0 ? promised : null
  if (!Number.isSafeInteger(value) || value < 0) return null
  const text = String(value)
  if (promised === 'payment-card' || promised === 'phone' || promised === 'national-id')
    return isPlausible(text, 'digits', k.digit, hint) ? promised : null
  return text.length >= 13 && promised === null ? selfProven(text, 'digits', k.digit, hint) : null
}

function selfProven(text: string, format: TextFormat | null, mask: number, hint: NameHint): DataClass | null {
  const length = text.length
  if ((mask & k.digit) === 0 || length < 7 || length > 42) return null
  if (format !== null && format !== 'digits' && format !== 'slug') return null
  if ((mask & ~formalKinds) === 0) {
    if (length >= 12 && length <= 23) {
      const card = paymentCard(text)
      // One number in ten passes the check digit, so bare digits of 17 and more, or under the name of an id, prove nothing.
      if (card === 'grouped' || (card === 'plain' && length <= 16 && !hint.identifier)) return 'payment-card'
    }
    if (!hint.identifier && format !== 'digits' && isPhoneNumber(text, false)) return 'phone'
  } else if ((mask & k.upper) !== 0 && length >= 15 && isIban(text)) return 'iban'
  else if ((mask & k.lower) !== 0 && (mask & k.upper) === 0 && length >= 15 && isIban(text)) return 'iban'
  return length >= 9 && length <= 24 && nationalId(text, false) !== null ? 'national-id' : null
}

function isPlausible(text: string, format: TextFormat | null, mask: number, hint: NameHint): boolean {
  const promised = hint.class
  const length = text.length
  if (promised === null || length === 0 || blanked.test(text)) return false
  switch (promised) {
    case 'email':
    case 'ip-address':
      return promised === 'ip-address' && (format === 'ipv4' || format === 'ipv6')
    case 'phone':
      return isPhoneNumber(text, true)
    case 'payment-card':
      return paymentCard(text) !== null
    case 'iban':
      return isIban(text)
    case 'national-id':
      return nationalId(text, true) !== null || (hint.unchecked && /^(?=(?:.*\d){4})[A-Z\d]{6,18}$/.test(text))
    case 'person-name':
      return length <= 80 && (nameWords.test(text) || oneName.test(text))
    case 'postal-address':
      return (
        length <= 200 &&
        format !== 'email' &&
        format !== 'uri' &&
        format !== 'uuid' &&
        format !== 'date-time' &&
        postal.test(text)
      )
    case 'birth-date':
      return format === 'date' || format === 'date-time' || bornText.test(text)
    case 'location':
      return (
        coordinates.test(text) ||
        geoUri.test(text) ||
        (format === null && (mask & k.space) !== 0 && length <= 120 && (mask & k.control) === 0)
      )
    case 'password':
      return length <= 256 && format !== 'uri' && format !== 'date-time' && text !== 'true' && text !== 'false'
    case 'secret':
      return (
        length <= 4096 && format !== 'uri' && format !== 'date-time' && (length >= 8 || /\d/.test(text)) && length >= 3
      )
    case 'token':
    case 'api-key':
      return (
        length >= 8 &&
        length <= 8192 &&
        (mask & (k.space | k.control)) === 0 &&
        format !== 'uri' &&
        format !== 'date-time' &&
        isVaried(text)
      )
    case 'private-key':
      return length >= 32
    default: {
      const never: never = promised
      return never
    }
  }
}

/** Words are not tokens: a token has a digit, or changes case inside, or is long. */
function isVaried(text: string): boolean {
  return text.length >= 24 || /\d/.test(text) || /[a-z][A-Z]/.test(text)
}
