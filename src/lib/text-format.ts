// Hot path: every string of every observed body.
import { characterKinds } from './character-mask.ts'
import { isDate, isDateTime, isTime } from './json-schema/formats-time.ts'
import { isEmail, isIpv4, isIpv6 } from './json-schema/formats-name.ts'
import { isUri } from './json-schema/formats-uri.ts'
import { isToken } from './secret-shape.ts'

/** What a whole text is by its form. Those that JSON Schema names too mean exactly what our own validator asserts. */
export type TextFormat =
  | 'uuid'
  | 'date'
  | 'date-time'
  | 'time'
  | 'email'
  | 'ipv4'
  | 'ipv6'
  | 'uri'
  | 'ulid'
  | 'object-id'
  | 'hash'
  | 'jwt'
  | 'base64url'
  | 'digits'
  | 'decimal'
  | 'slug'

const k = characterKinds
const hexKinds = k.lower | k.upper | k.digit
const uuid = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const hex = /^(?:[0-9a-f]+|[0-9A-F]+)$/
const decimal = /^-?\d{1,20}\.\d{1,20}$/
const jwt = /^eyJ[\w-]{6,}\.[\w-]+\.[\w-]*$/
const ipv6Kinds = hexKinds | k.colon | k.dot
const slug = /^[a-z0-9]+(?:-[a-z0-9]+)+$/

/** The format of a text with its mask of characters (lib/character-mask), or null. Time is linear, and texts beyond 2,048 units have none. */
export function textFormat(text: string, mask: number): TextFormat | null {
  const length = text.length
  if (length === 0 || length > 2048) return null
  if ((mask & ~k.digit) === 0) return 'digits'
  // A mask is one comparison where an expression is a call; most texts are words and leave here.
  if ((mask & (k.digit | k.at | k.colon)) === 0 && length < 20)
    return (mask & k.hyphen) !== 0 && slug.test(text) ? 'slug' : null
  if ((mask & ~hexKinds) === 0) {
    if ((length === 24 || length === 32 || length === 40 || length === 64 || length === 128) && hex.test(text))
      return length === 24 ? 'object-id' : 'hash'
    if (length === 26 && ulid.test(text)) return 'ulid'
    return length >= 20 && isToken(text) ? 'base64url' : null
  }
  if ((mask & ~(hexKinds | k.hyphen)) === 0 && length === 36 && uuid.test(text)) return 'uuid'
  const first = text.charCodeAt(0)
  const digitFirst = first >= 48 && first <= 57
  if (digitFirst || first === 45) {
    if (length === 10 && isDate(text)) return 'date'
    if (length >= 20 && length <= 64 && isDateTime(text)) return 'date-time'
    if (length >= 9 && length <= 32 && isTime(text)) return 'time'
    if ((mask & k.dot) !== 0 && (mask & ~(k.digit | k.dot | k.hyphen)) === 0) {
      if (length <= 15 && isIpv4(text)) return 'ipv4'
      if (decimal.test(text)) return 'decimal'
    }
  }
  if ((mask & k.at) !== 0 && isEmail(text)) return 'email'
  if ((mask & k.colon) !== 0) {
    if ((mask & ~ipv6Kinds) === 0 && length <= 45 && isIpv6(text)) return 'ipv6'
    if ((first === 104 || first === 72) && /^https?:\/\//i.test(text) && isUri(text)) return 'uri'
    return null
  }
  if (first === 101 && jwt.test(text)) return 'jwt'
  if ((mask & k.space) !== 0) return null
  if ((mask & ~(k.lower | k.digit | k.hyphen)) === 0 && (mask & k.lower) !== 0 && slug.test(text) && !isToken(text))
    return 'slug'
  if (
    length >= 20 &&
    (mask & ~(hexKinds | k.hyphen | k.underscore | k.base64 | k.slash | k.dot)) === 0 &&
    isToken(text)
  )
    return 'base64url'
  return null
}
