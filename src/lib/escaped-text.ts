// Hot path: every parameter of every judged request.

/** Ways of writing that hide something, as bits of a mask. */
export const escapeMarks = {
  /** A letter, digit, `-`, `.`, `_` or `~` is escaped, which nothing needs (RFC 3986 §2.3). */
  needless: 1,
  /** `%` without two hex digits. */
  broken: 2,
  /** Bytes that are not UTF-8 (or overlong); they are read as Latin-1. */
  notUtf8: 4,
  /** What came out is escaped again. */
  twice: 8,
  /** Control characters or NUL came out. */
  control: 16,
} as const

export const escapeMarkNames = [
  'escapes that nothing needs',
  'broken escapes',
  'bytes that are not UTF-8',
  'escapes of escapes',
  'control characters',
] as const

export interface Unescaped {
  readonly text: string
  readonly marks: number
}

/** Text without its percent escapes, once. Takes anything and never throws: what does not decode stays. `plus`: `+` is a space (forms and queries). Linear. */
export function unescaped(raw: string, plus: boolean): Unescaped {
  const spaced = plus && raw.includes('+') ? raw.replaceAll('+', ' ') : raw
  if (!spaced.includes('%')) return { text: spaced, marks: controlMark(spaced) }
  let marks = 0
  const bytes = Buffer.allocUnsafe(spaced.length * 3)
  let length = 0
  let copied = 0
  for (let at = spaced.indexOf('%'); at >= 0; at = spaced.indexOf('%', at)) {
    const high = hex(spaced.charCodeAt(at + 1))
    const low = hex(spaced.charCodeAt(at + 2))
    if (high < 0 || low < 0) {
      marks |= escapeMarks.broken
      at++
      continue
    }
    length += bytes.write(spaced.slice(copied, at), length)
    const byte = high * 16 + low
    if (isUnreserved(byte)) marks |= escapeMarks.needless
    bytes[length++] = byte
    at += 3
    copied = at
  }
  length += bytes.write(spaced.slice(copied), length)
  const written = bytes.subarray(0, length)
  let text = written.toString('utf8')
  if (text.includes('�') && !raw.includes('�') && !/%EF%BF%BD/i.test(raw)) {
    marks |= escapeMarks.notUtf8
    text = written.toString('latin1')
  }
  if (/%[0-9A-Fa-f]{2}/.test(text)) marks |= escapeMarks.twice
  return { text, marks: marks | controlMark(text) }
}

function controlMark(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 127) return escapeMarks.control
  }
  return 0
}

function hex(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function isUnreserved(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 57) ||
    (byte >= 65 && byte <= 90) ||
    (byte >= 97 && byte <= 122) ||
    byte === 45 ||
    byte === 46 ||
    byte === 95 ||
    byte === 126
  )
}
