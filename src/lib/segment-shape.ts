// Hot path: asked for every path segment that is not a known literal.

/** What a path segment is by its form alone, when the form leaves no doubt that it is a value and not a name in the API. */
export type SegmentShape =
  | 'integer'
  | 'number'
  | 'uuid'
  | 'ulid'
  | 'object-id'
  | 'hash'
  | 'code'
  | 'token'
  | 'jwt'
  | 'date'
  | 'date-time'
  | 'time'
  | 'email'
  | 'handle'
  | 'phone'
  | 'coordinates'
  | 'ip'
  | 'locale'
  | 'version'
  | 'file-name'
  | 'domain'
  | 'text'
  | 'boolean'
  | 'masked'

/** Nothing that people name in an API is so long. */
const longMax = 128

const uuid = /^(?:urn:uuid:)?\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const masked = /^(?:\{[\w-]+(?::[0-9a-f]+)?\}|\{\{\w+\}\}|:[A-Za-z]\w*|<\w+>)$/
const maskedKind = /^\{(email|phone|jwt|token):[0-9a-f]+\}$/
const date = /^(?:19|20)\d\d([-./]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])$/
const dayFirst = /^(?:0?[1-9]|[12]\d|3[01])[-.](?:0?[1-9]|[12]\d|3[01])[-.](?:19|20)\d\d$/
const period = /^(?:19|20)\d\d-?(?:0[1-9]|1[0-2]|W[0-5]\d|Q[1-4])$/
const dateTime = /^(?:19|20)\d\d-?[01]\d-?[0-3]\d[Tt _]?[0-2]\d[:.-]?[0-5]\d/
const time = /^[0-2]\d:[0-5]\d(?::[0-5]\d)?/
const email = /^[^\s@/:;,=<>()]+@[^\s@/:;,=<>()]+\.[a-z\d-]{2,}$/i
const handle = /^@[\w.-]+$/
const phone = /^(?:\+|00)[\d .()-]{7,22}$/
const coordinates = /^-?\d{1,3}(?:\.\d+)?[,;] ?-?\d{1,3}(?:\.\d+)?$/
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+|\/\d+)?$/
const ipv6 = /^(?=.*:.*:)[0-9a-f:.]+$/i
const version = /^v?\d+(?:\.\d+){2,}[\w.+-]*$/
const locale = /^[a-z]{2}[-_](?:[A-Z][a-z]{3}|[A-Z]{2}|419)$/
const number = /^[-+]?\d+\.\d+(?:[eE][-+]?\d+)?$/
const jwt = /^eyJ[\w-]{6,}/
const fileName =
  /.\.(?:pdf|png|jpe?g|gif|svg|webp|bmp|tiff?|ico|heic|docx?|xlsx?|pptx?|odt|ods|rtf|zip|gz|tgz|tar|bz2|xz|7z|rar|jar|war|deb|rpm|apk|exe|dmg|iso|img|bin|mp[34]|m4a|wav|ogg|flac|aac|avi|mov|mkv|webm|ts|m3u8|mpd|srt|vtt|ttf|woff2?|otf|eps|psd|ai|log|bak|sql|db|sqlite|parquet|avro|md|eml|msg|ics|vcf|pem|crt|cer|key|p12|pfx|sig|asc|sha\d+|md5)$/i
const domain =
  /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+(?:com|org|net|io|edu|gov|info|biz|dev|app|co|eu|de|uk|fr|nl|it|es|ch|at|be|se|no|dk|pl|cz|ru|cn|jp|in|br|au|ca|us|test|local|internal|example|localhost)$/i
/** Standards and machines have digits in their names; these are literals far more often than values. */
const technical =
  /^(?:sha|md|base|utf|iso|rfc|http|oauth|ipv|mp|h|x|ed|rsa|es|rs|ps|hs|aes|crc|u?int|float|web|win|k|i|s|ec|b|p|c|v|l|e|d|n|a|r|g|m|t)\d+(?:[a-z]\w*)?$/i

/**
 * The shape of one segment as it stands in a path, or null when it may as well be a literal. Leans to null: a value that is taken for a literal is
 * found by its siblings, a literal that is taken for a value is lost. Linear time; at most 128 characters are looked at.
 */
export function segmentShape(text: string): SegmentShape | null {
  const length = text.length
  if (length === 0) return null
  let digits = 0
  let lower = 0
  let upper = 0
  let hex = 0
  let joints = 0
  let dots = 0
  let others = 0
  /** How often letters turn into digits or digits into letters. */
  let turns = 0
  let previous = 0
  if (length > longMax) return jwt.test(text) ? 'jwt' : 'text'
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    let kind = 0
    if (code >= 48 && code <= 57) {
      digits++
      hex++
      kind = 1
    } else if (code >= 97 && code <= 122) {
      lower++
      if (code <= 102) hex++
      kind = 2
    } else if (code >= 65 && code <= 90) {
      upper++
      if (code <= 70) hex++
      kind = 2
    } else if (code === 45 || code === 95) joints++
    else if (code === 46) dots++
    else others++
    if (kind !== 0) {
      if (previous !== 0 && previous !== kind) turns++
      previous = kind
    }
  }
  if (digits === length) return 'integer'
  const letters = lower + upper
  if (others === 0 && dots === 0 && joints === 0) {
    if (digits === 0) return text === 'true' || text === 'false' ? 'boolean' : null
    return mixed(text, digits, letters, hex, turns)
  }
  if (others > 0) return marked(text)
  if (letters === 0) return plain(text, digits)
  if (dots > 0) return dotted(text, digits, turns)
  return joined(text, digits, upper, turns)
}

/** Letters and digits only, at least one of each. */
function mixed(text: string, digits: number, letters: number, hex: number, turns: number): SegmentShape | null {
  const length = text.length
  if (length === 26 && ulid.test(text)) return 'ulid'
  if (hex === length && length >= 6 && (digits >= 2 || length >= 12)) return length === 24 ? 'object-id' : 'hash'
  if (period.test(text)) return 'date'
  if (dateTime.test(text)) return 'date-time'
  if (technical.test(text) && digits <= 4 && turns <= 2) return null
  if (turns >= 4) return length >= 14 ? 'token' : 'code'
  if (turns >= 3 && length >= 4) return 'code'
  if (digits >= 4 && length >= 5) return 'code'
  if (digits >= 3 && letters <= 4) return 'code'
  if (digits >= 2 && turns >= 2 && length >= 8 && letters <= 2 * digits) return 'code'
  return null
}

/** Digits with `-`, `_`, `.` or a sign. */
function plain(text: string, digits: number): SegmentShape | null {
  if (digits === 0) return null
  if (date.test(text) || dayFirst.test(text) || period.test(text)) return 'date'
  if (dateTime.test(text)) return 'date-time'
  if (ipv4.test(text)) return 'ip'
  if (number.test(text)) return 'number'
  if (version.test(text)) return 'version'
  const first = text.charCodeAt(0)
  if (first === 45 && digits === text.length - 1) return 'integer'
  return digits >= 2 ? 'code' : null
}

/** Letters with dots, perhaps digits. */
function dotted(text: string, digits: number, turns: number): SegmentShape | null {
  if (jwt.test(text)) return 'jwt'
  if (version.test(text)) return 'version'
  if (dateTime.test(text)) return 'date-time'
  if (fileName.test(text)) return 'file-name'
  if (domain.test(text)) return 'domain'
  return digits >= 4 && turns >= 4 ? 'code' : null
}

/** Letters with `-` or `_`, perhaps digits. */
function joined(text: string, digits: number, upper: number, turns: number): SegmentShape | null {
  const length = text.length
  if (uuid.test(text)) return 'uuid'
  if (locale.test(text)) return 'locale'
  if (digits === 0) return null
  if (jwt.test(text)) return 'jwt'
  if (period.test(text)) return 'date'
  if (dateTime.test(text)) return 'date-time'
  // A name with a number at its end (`oauth-2`, `step_1`) may be a literal; a number of three digits hardly ever is.
  if (digits >= 3 && (turns >= 3 || digits * 3 >= length || /(?:^|[-_])\d{3,}$/.test(text))) return 'code'
  if (turns >= 4) return length >= 16 ? 'token' : 'code'
  if (upper > 0 && upper + digits + 1 >= length && digits >= 2) return 'code'
  for (const piece of text.split(/[-_]/)) {
    // `cus_9s6XKzkNRiz8i3`: one piece is random by itself.
    if (piece.length >= 5 && piece !== text) {
      const shape = segmentShape(piece)
      if (shape === 'code' || shape === 'token' || shape === 'hash' || shape === 'object-id' || shape === 'ulid')
        return 'code'
    }
  }
  return null
}

/** Characters beyond `A-Za-z0-9-_.`. */
function marked(written: string): SegmentShape | null {
  const kind = maskedKind.exec(written)?.[1]
  if (kind !== undefined) return kind as SegmentShape
  if (masked.test(written)) return 'masked'
  const text = decoded(written)
  if (uuid.test(text)) return 'uuid'
  if (email.test(text)) return 'email'
  if (handle.test(text)) return 'handle'
  if (phone.test(text)) return 'phone'
  if (/^[+]\d+$/.test(text)) return 'integer'
  if (coordinates.test(text)) return 'coordinates'
  if (dateTime.test(text)) return 'date-time'
  if (date.test(text)) return 'date'
  if (time.test(text)) return 'time'
  if (ipv4.test(text) || ipv6.test(text)) return 'ip'
  // `$metadata`, `~`, `*`, `a:b`, `f(x)`: signs that APIs use in names.
  if (/^[$~]?[A-Za-z][\w-]*$|^[*~]$|^[\w.-]+:[A-Za-z][\w-]*$/.test(text)) return null
  return 'text'
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
