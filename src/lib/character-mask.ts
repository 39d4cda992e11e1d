// Hot path: every string of every observed body is read once by this.

/** Kinds of characters; a string's mask is the OR of those that occur in it. */
export const characterKinds = {
  lower: 1,
  upper: 2,
  digit: 4,
  hyphen: 8,
  underscore: 16,
  dot: 32,
  space: 64,
  slash: 128,
  colon: 256,
  at: 512,
  /** `+` and `=`, which base64 needs. */
  base64: 1024,
  /** Any other printable ASCII character. */
  punctuation: 2048,
  /** Beyond ASCII. */
  unicode: 4096,
  /** C0 and DEL. */
  control: 8192,
} as const

/** All kinds: of a string that was not read to its end. */
export const anyCharacter = 16_383

const table = new Uint16Array(128)
for (let c = 0; c < 128; c++) table[c] = kindOf(c)

/** The kinds of characters in a text. Linear; texts beyond 4,096 UTF-16 units may hold anything. */
export function characterMask(text: string): number {
  const length = text.length
  if (length > 4096) return anyCharacter
  let mask = 0
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i)
    mask |= c < 128 ? (table[c] as number) : characterKinds.unicode
  }
  return mask
}

/** A pattern (ECMA-262 with `u`) of texts made of these kinds alone; null when it would say nothing. Of control characters only tab and line ends are let in. */
export function maskPattern(mask: number): string | null {
  if (mask === 0) return null
  let members = ''
  for (const [kind, text] of spelled) if ((mask & kind) !== 0) members += text
  const hyphen = (mask & characterKinds.hyphen) !== 0 ? '\\-' : ''
  return `^[${members}${hyphen}]*$`
}

const k = characterKinds
const spelled: ReadonlyArray<readonly [kind: number, members: string]> = [
  [k.lower, 'a-z'],
  [k.upper, 'A-Z'],
  [k.digit, '0-9'],
  [k.underscore, '_'],
  [k.dot, '.'],
  [k.space, ' '],
  [k.slash, '\\/'],
  [k.colon, ':'],
  [k.at, '@'],
  [k.base64, '+='],
  [k.punctuation, '!"#$%&\'()*,;<>?\\[\\\\\\]\\^`{\\|}~'],
  [k.unicode, '\\u{80}-\\u{10ffff}'],
  [k.control, '\\t\\n\\r'],
]

function kindOf(c: number): number {
  const text = String.fromCharCode(c)
  if (text >= 'a' && text <= 'z') return characterKinds.lower
  if (text >= 'A' && text <= 'Z') return characterKinds.upper
  if (text >= '0' && text <= '9') return characterKinds.digit
  switch (text) {
    case '-':
      return characterKinds.hyphen
    case '_':
      return characterKinds.underscore
    case '.':
      return characterKinds.dot
    case ' ':
      return characterKinds.space
    case '/':
      return characterKinds.slash
    case ':':
      return characterKinds.colon
    case '@':
      return characterKinds.at
    case '+':
    case '=':
      return characterKinds.base64
    default:
      return c < 32 || c === 127 ? characterKinds.control : characterKinds.punctuation
  }
}
