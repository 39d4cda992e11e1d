import { vocabularyTiers } from './vocabulary.ts'

/** What the letters of one text say of it. */
export interface TextTraits {
  /** valueOdds. */
  readonly odds: number
  /** Commonness of its least common word: 0 unknown, 4 in most APIs. */
  readonly tier: number
  /** Share of its letters that belong to known words. */
  readonly known: number
  readonly pieces: number
  /** First and last piece when there are several, lower case; '' otherwise. */
  readonly first: string
  readonly last: string
  /** Manner of writing: 0 `word`, 1 `two-words`, 2 `two_words`, 3 `twoWords`, 4 `Word`, 5 `WORD`, 6 with digits, 7 with a dot, 8 other. */
  readonly form: number
  readonly length: number
}

/** The traits of a segment, looked at without its suffix. */
export function traitsOf(segment: string): TextTraits {
  const text = segment.length > 64 ? segment.slice(0, 64) : segment
  const parts = wordsOf(text)
  let known = 0
  let letters = 0
  let tier = parts.length === 0 ? 0 : 4
  for (const part of parts) {
    const common = commonnessOf(part)
    letters += part.length
    if (common > 0) known += part.length
    tier = Math.min(tier, common)
  }
  const several = parts.length > 1
  return {
    odds: valueOdds(segment),
    tier,
    known: letters === 0 ? 0 : known / letters,
    pieces: parts.length,
    first: several ? (parts[0] as string) : '',
    last: several ? (parts.at(-1) as string) : '',
    form: manners.findIndex(manner => manner.test(text)),
    length: segment.length,
  }
}

const manners = [
  /^[a-z]+$/,
  /^[a-z]+(?:-[a-z]+)+$/,
  /^[a-z]+(?:_[a-z]+)+$/,
  /^[a-z]+(?:[A-Z]+[a-z]*)+$/,
  /^[A-Z][a-z]+(?:[A-Z]+[a-z]*)*$/,
  /^[A-Z_-]+$/,
  /^[\w-]*\d[\w-]*$/,
  /\./,
  /^/,
]

/**
 * Log odds (natural) that a segment without a typed shape is a value rather than a name in the API, by its letters alone: below zero for
 * `search`, `getUserById`; above for `octocat`, `xkqz7`. Context comes on top (decide.ts).
 */
export function valueOdds(segment: string): number {
  const text = segment.length > 64 ? segment.slice(0, 64) : segment
  if (version.test(text)) return -6
  if (!/[A-Za-z]/.test(text)) return /^[~*$]$/.test(text) ? -3 : 0
  if (text.startsWith('$') || text.startsWith('.')) return -4
  const parts = wordsOf(text)
  const digits = text.replaceAll(/\D/g, '').length
  const letters = text.replaceAll(/[^A-Za-z]/g, '').length
  if (parts.length === 0) return 0.5
  let known = 0
  let commonness = 4
  for (const part of parts) {
    const common = commonnessOf(part)
    if (common > 0) known += part.length
    commonness = Math.min(commonness, common)
  }
  const share = known / letters
  let odds: number
  if (share === 1) odds = [-0.4, -1.4, -2, -3.2, -4][Math.floor(commonness)] as number
  else if (share >= 0.5) odds = text.includes('-') ? 0.9 : -0.6
  else odds = 1.7
  if (share < 1) {
    const worst = Math.min(...parts.filter(part => part.length >= 4 && commonnessOf(part) === 0).map(pronounceable), 0)
    if (worst < unpronounceable) odds += 1.5
    if (looksRandom(text)) odds += 2
    if (/^[a-z]+[._][a-z]+$/.test(text)) odds += 0.4
  }
  const upper = /^[A-Z\d_-]+$/.test(text)
  if (upper && letters <= 5 && parts.length === 1)
    odds = Math.max(odds, share === 1 ? -0.5 : odds) + (letters <= 3 ? 1.6 : 1)
  else if (upper) odds += 3
  if (digits > 0 && /[A-Za-z]0\d*$/.test(text)) odds += 2.4
  else if (digits > 0)
    odds += share < 1 ? (digits >= 3 ? 2.2 : 1.4) : /[-_.]\d+$/.test(text) ? 1.8 : digits <= 2 ? 0.8 : 1.6
  // How English makes names of collections, of actions and of abstract things; people, places and products are seldom called so.
  const last = parts.at(-1) as string
  if (share < 1 && digits === 0 && !upper) {
    if (/[^su]s$/.test(last) && last.length >= 4 && !text.includes('.')) odds -= 1.9
    else if (last.length >= 6 && abstract.test(last)) odds -= 1.3
  }
  if (text.startsWith('_')) odds -= 1.5
  // Composed names are how code names things; people's values are rarely written so.
  if (/^[a-z]+(?:[A-Z][a-z]+)+$/.test(text) && parts.every(part => part.length >= 2) && !looksRandom(text))
    odds -= share >= 0.5 ? 0.8 : 1.2
  if (languages.has(text)) odds = Math.max(odds, 0.3)
  return odds
}

/** One word that several public APIs use in their paths. */
export function isCommonWord(text: string): boolean {
  return (known.get(text) ?? 0) >= 3
}

/** `v2`, `v1beta3`, `api_v1`. */
export function isVersionName(text: string): boolean {
  return version.test(text)
}

/** A two-letter language code that is no word of APIs. */
export function isLanguage(text: string): boolean {
  return languages.has(text)
}

/** ISO 639-1, those that are no word of APIs (`id`, `is`, `me`, `my`, `to` …). */
const languages: ReadonlySet<string> = new Set(
  'ar az bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy ja ka kk km kn ko ky lt lv mk ml mn mr ms mt nb ne nl nn pa pl pt ro ru si sk sl sq sr sv sw ta te th tr uk ur uz vi zh zu'.split(
    ' ',
  ),
)
const abstract = /(?:[ts]ion|ing|ment|ity|ance|ence|ness|able|ible|ive|ed|ate|i[sz]e|ify|ical|ology|graphy)$/
const version =
  /^v(?:er)?\d{1,3}(?:[._-]\d{1,3})*(?:[._-]?(?:alpha|beta|rc|preview|p)\d*(?:[._-]?\d+)?)?$|^(?:api|rest)[_-]?v\d+$|^v(?:\d{1,4}|20\d{6})[a-z]?$/i

const entries: ReadonlyArray<readonly [word: string, tier: number, follows: number]> = vocabularyTiers.flatMap(
  (tier, i) =>
    tier
      .trim()
      .split(/\s+/)
      .map(
        entry => [entry.replace(/[+-]$/, ''), 4 - i, entry.endsWith('+') ? 1 : entry.endsWith('-') ? -1 : 0] as const,
      ),
)
/** Words with their tier, 4 the most common. */
export const known: ReadonlyMap<string, number> = new Map(entries.map(([word, tier]) => [word, tier]))
/** Words with what mostly stands behind them: 1 a variable, -1 a literal, 0 either. */
export const follows: ReadonlyMap<string, number> = new Map(entries.map(([word, , sign]) => [word, sign]))

/** What public APIs write behind a literal: 1 mostly a variable, -1 mostly another literal, 0 either or unknown. */
export function mostlyFollowedBy(literal: string): -1 | 0 | 1 {
  if (version.test(literal)) return -1
  return (follows.get(wordsOf(literal).at(-1) ?? '') ?? 0) as -1 | 0 | 1
}

/** Pieces by case, digits and separators, lower case. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/%[\dA-Fa-f]{2}/g, ' ')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z]+/)
    .filter(part => part !== '')
    .map(part => part.toLowerCase())
}

/** 0: unknown; 1–4: tiers of the vocabulary; a little less for an inflected form, 0.5 for a derived one, 1 for known words run together. */
function commonnessOf(word: string): number {
  const direct = known.get(word)
  if (direct !== undefined) return direct
  if (word.length < 3) return 0
  for (const [form, inflected] of formsOf(word)) {
    const found = known.get(form)
    if (found !== undefined) return inflected ? Math.max(1, found - 0.5) : 0.5
  }
  return composed(word) ? 1 : 0
}

/** Other forms of a word, and whether they are mere inflections. */
function formsOf(word: string): Array<readonly [form: string, inflected: boolean]> {
  const forms: Array<readonly [string, boolean]> = [
    [`${word}s`, true],
    [`${word}es`, true],
  ]
  for (const [end, put, inflected] of endings)
    if (word.endsWith(end) && word.length - end.length >= 3) forms.push([word.slice(0, -end.length) + put, inflected])
  for (const start of beginnings)
    if (word.startsWith(start) && word.length - start.length >= 3) forms.push([word.slice(start.length), false])
  return forms
}

const endings: ReadonlyArray<readonly [end: string, put: string, inflected: boolean]> = [
  ['s', '', true],
  ['es', '', true],
  ['ies', 'y', true],
  ['y', 'ies', true],
  ['ed', '', true],
  ['ed', 'e', true],
  ['ing', '', true],
  ['ing', 'e', true],
  ['ion', '', true],
  ['ion', 'e', true],
  ['ation', 'e', true],
  ['er', '', false],
  ['er', 'e', false],
  ['or', '', false],
  ['or', 'e', false],
  ['able', '', false],
  ['able', 'e', false],
  ['al', '', false],
  ['ly', '', false],
  ['ment', '', false],
]
const beginnings = ['un', 're', 'de', 'pre', 'sub', 'non', 'auto', 'multi']

/** `getconnection`: known words of at least three letters run together (two letters only for a few). */
function composed(word: string): boolean {
  if (word.length < 6 || word.length > 40) return false
  const reach = new Uint8Array(word.length + 1)
  reach[0] = 1
  for (let from = 0; from < word.length; from++) {
    if (reach[from] === 0) continue
    for (let to = from + 2; to <= Math.min(word.length, from + 20); to++) {
      if (reach[to] === 1 || to - from === word.length) continue
      const piece = word.slice(from, to)
      if (to - from === 2 ? joiners.has(piece) : (known.get(piece) ?? 0) >= (to - from === 3 ? 2 : 1)) reach[to] = 1
    }
  }
  return reach[word.length] === 1
}

const joiners: ReadonlySet<string> = new Set(['by', 'to', 'in', 'of', 'id', 'on', 'is', 'my', 'at', 'or', 'as'])

/** Mean log probability of the letter pairs of a word, learnt from the vocabulary. */
function pronounceable(word: string): number {
  let sum = 0
  for (let i = 0; i <= word.length; i++) sum += pairLog[letter(word, i - 1) * 27 + letter(word, i)] as number
  return sum / (word.length + 1)
}

const pairLog = learnPairs()
const unpronounceable = -3.6

function learnPairs(): Float64Array {
  const counts = new Float64Array(27 * 27).fill(0.3)
  for (const word of known.keys())
    for (let i = 0; i <= word.length; i++) {
      const at = letter(word, i - 1) * 27 + letter(word, i)
      counts[at] = (counts[at] as number) + 1
    }
  for (let row = 0; row < 27; row++) {
    let sum = 0
    for (let i = 0; i < 27; i++) sum += counts[row * 27 + i] as number
    for (let i = 0; i < 27; i++) counts[row * 27 + i] = Math.log((counts[row * 27 + i] as number) / sum)
  }
  return counts
}

/** 0: the edge of the word. */
function letter(word: string, at: number): number {
  const code = word.charCodeAt(at)
  return code >= 97 && code <= 122 ? code - 96 : 0
}

/** Upper and lower case in a mixture that no name has: `aBxKqZwP`. */
function looksRandom(text: string): boolean {
  const turns = (text.match(/[a-z](?=[A-Z])/g) ?? []).length
  return turns >= 2 && text.length / (turns + 1) < 3.5
}
