/**
 * A regular expression of JSON Schema (ECMA-262 with the `u` flag) → the same in RE2 syntax, which runs in linear time.
 * Throws an Error with the reason when it is no such expression, or uses what no linear engine has (look-around,
 * back-references). What both know under one spelling but read differently (`.`, `\s`) is spelled out.
 */
export function ecmaToRe2(source: string): string {
  try {
    void new RegExp(source, 'u')
  } catch (error) {
    throw new Error((error as Error).message, { cause: error })
  }
  const reader: Reader = { source, at: 0 }
  let out = ''
  while (reader.at < source.length) {
    const c = next(reader)
    if (c === '\\') out += escape(reader, false)
    else if (c === '[') out += classOf(reader)
    else if (c === '(') out += group(reader)
    else if (c === '.') out += '[^\\n\\r\\x{2028}\\x{2029}]'
    else out += c
  }
  return out
}

/**
 * May a backtracking engine run it? Only where that is plain to see: anchored at the start, a sequence of single characters and
 * classes without groups or alternatives, at most one of them repeated without bound. Then each place of the text costs at
 * most `choices` tries of `length` characters, so time is linear in the text. Everything else says false, however harmless it looks.
 */
export function isPlainlyLinear(source: string): boolean {
  if (!source.startsWith('^')) return false
  const end = source.length - (source.endsWith('$') && !source.endsWith('\\$') ? 1 : 0)
  let at = 1
  let unbounded = 0
  let choices = 1
  let length = 0
  while (at < end) {
    step.lastIndex = at
    const found = step.exec(source)
    if (found === null) return false
    at = step.lastIndex
    const { simple, least, more, most } = found.groups as Record<string, string | undefined>
    length += Number(most || (least ?? 1))
    if (simple === '*' || simple === '+' || (more !== undefined && most === '')) unbounded++
    else if (simple === '?') choices *= 2
    else if (most !== undefined) choices *= Math.max(1, Number(most) - Number(least) + 1)
  }
  return at === end && (unbounded === 0 ? choices * length <= 50_000 : unbounded === 1 && choices * length <= 16)
}

/** One character, escape or class, and how often it is repeated. */
const step =
  /(?:[^\\^$.*+?()[\]{}|]|\.|\\[dDwWsS]|\\[\^$\\.*+?()[\]{}|/-]|\[\^?(?:[^\\[\]]|\\[dDwWsS]|\\[\^$\\.*+?()[\]{}|/-])*\])(?:(?<simple>[*+?])\??|\{(?<least>\d+)(?<more>,(?<most>\d*))?\}\??)?/uy

interface Reader {
  readonly source: string
  at: number
}

/** ECMA-262 WhiteSpace and LineTerminator; RE2 knows only the ASCII part and not even `\v`. */
const spaces = '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const notSpaces =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}'

function next(reader: Reader): string {
  const c = String.fromCodePoint(reader.source.codePointAt(reader.at) as number)
  reader.at += c.length
  return c
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.source)?.[0] ?? ''
  reader.at += found.length
  return found
}

function group(reader: Reader): string {
  if (reader.source[reader.at] !== '?') return '(?:'
  if (take(reader, /\?:/y) !== '' || take(reader, /\?<[^=!>][^>]*>/y) !== '') return '(?:'
  if (/[=!]/.test(reader.source[reader.at + 1] ?? '') || reader.source[reader.at + 1] === '<')
    throw new Error('look-ahead and look-behind cannot be matched in linear time')
  throw new Error('flags inside a pattern are not supported')
}

/** What follows a backslash, as RE2 source. */
function escape(reader: Reader, inClass: boolean): string {
  const at = reader.at
  const c = next(reader)
  if ('dDwW'.includes(c)) return `\\${c}`
  if (c === 's') return inClass ? spaces : `[${spaces}]`
  if (c === 'S') return inClass ? notSpaces : `[${notSpaces}]`
  if (c === 'p' || c === 'P') return `\\${c}{${property(take(reader, /\{[^}]*\}/y).slice(1, -1))}}`
  if (!inClass && (c === 'b' || c === 'B')) return `\\${c}`
  if (/[1-9k]/.test(c)) throw new Error('back-references cannot be matched in linear time')
  reader.at = at
  return codePoint(escapedPoint(reader))
}

/** The code point that an escape stands for. */
function escapedPoint(reader: Reader): number {
  const c = next(reader)
  const short = { t: 9, n: 10, v: 11, f: 12, r: 13, b: 8, 0: 0 }[c]
  if (short !== undefined) return short
  if (c === 'c') return next(reader).charCodeAt(0) % 32
  if (c === 'x') return Number.parseInt(take(reader, /[0-9A-Fa-f]{2}/y), 16)
  if (c !== 'u') return c.codePointAt(0) as number
  const braced = take(reader, /\{[0-9A-Fa-f]+\}/y)
  if (braced !== '') return Number.parseInt(braced.slice(1, -1), 16)
  const unit = Number.parseInt(take(reader, /[0-9A-Fa-f]{4}/y), 16)
  if (unit < 0xd800 || unit > 0xdbff) return unit
  const low = take(reader, /\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}/y)
  return low === '' ? unit : 0x10000 + ((unit - 0xd800) << 10) + (Number.parseInt(low.slice(2), 16) - 0xdc00)
}

function codePoint(point: number): string {
  if (point >= 0xd800 && point <= 0xdfff)
    throw new Error('half of a surrogate pair matches nothing: such bodies are refused')
  return `\\x{${point.toString(16)}}`
}

function classOf(reader: Reader): string {
  const negated = take(reader, /\^/y) !== ''
  let members = ''
  while (reader.source[reader.at] !== ']') {
    const c = next(reader)
    if (c === '\\') members += escape(reader, true)
    else if (c === '-' && members !== '' && reader.source[reader.at] !== ']') members += '-'
    else members += codePoint(c.codePointAt(0) as number)
  }
  reader.at++
  if (members === '') return negated ? '[\\x{0}-\\x{10ffff}]' : '[^\\x{0}-\\x{10ffff}]'
  return `[${negated ? '^' : ''}${members}]`
}

/** A Unicode property under the name that RE2 knows: general categories and scripts. */
function property(written: string): string {
  const [name = '', value] = written.split('=')
  if (value !== undefined) {
    if (name === 'General_Category' || name === 'gc') return category(value)
    if (name === 'Script' || name === 'sc') return value
  } else if (categories.has(name) || /^[CLMNPSZ][a-z]?$/.test(name)) return category(name)
  throw new Error(`the property ${written} is not supported`)
}

function category(name: string): string {
  return categories.get(name) ?? name
}

const categories = new Map(
  Object.entries({
    Letter: 'L',
    Uppercase_Letter: 'Lu',
    Lowercase_Letter: 'Ll',
    Titlecase_Letter: 'Lt',
    Modifier_Letter: 'Lm',
    Other_Letter: 'Lo',
    Mark: 'M',
    Number: 'N',
    Decimal_Number: 'Nd',
    digit: 'Nd',
    Letter_Number: 'Nl',
    Other_Number: 'No',
    Punctuation: 'P',
    punct: 'P',
    Symbol: 'S',
    Currency_Symbol: 'Sc',
    Math_Symbol: 'Sm',
    Separator: 'Z',
    Space_Separator: 'Zs',
    Control: 'Cc',
    cntrl: 'Cc',
  }),
)
