/** What a path segment is by its form alone, when the form leaves no doubt that it is a value and not a name in the API. */
export type SegmentShape =
  | 'integer'
  | 'number'
  | 'uuid'
  | 'ulid'
  | 'object-id'
  | 'hash'
  | 'date'
  | 'date-time'
  | 'email'
  | 'masked'

const integer = /^[-+]?\d+$/
const number = /^[-+]?\d+\.\d+$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const hex = /^(?=.*\d)[0-9a-f]{8,}$/i
const date = /^\d{4}-\d{2}-\d{2}$/
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}(?::|%3A)\d{2}/
const email = /^[^\s@/:;,=<>()]+@[^\s@/:;,=<>()]+\.[a-z\d-]{2,}$/i
const masked = /^\{[\w-]+(?::[0-9a-f]+)?\}$/

/** The shape of one segment (percent-decoded), or null when it may as well be a literal. */
export function segmentShape(text: string): SegmentShape | null {
  if (integer.test(text)) return 'integer'
  if (number.test(text)) return 'number'
  if (text.length === 36 && uuid.test(text)) return 'uuid'
  if (text.length === 26 && ulid.test(text)) return 'ulid'
  if (hex.test(text)) return text.length === 24 ? 'object-id' : 'hash'
  if (date.test(text)) return 'date'
  if (dateTime.test(text)) return 'date-time'
  if (email.test(text)) return 'email'
  if (masked.test(text)) return 'masked'
  return null
}
