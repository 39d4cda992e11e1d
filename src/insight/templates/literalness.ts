import { vocabularyTiers } from './vocabulary.ts'

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
  if (share === 1) odds = [-1.2, -1.4, -2, -3.2, -4][Math.floor(commonness)] as number
  else if (share >= 0.5) odds = text.includes('-') ? 0.4 : -0.6
  else odds = 1.3
  if (share < 1) {
    const worst = Math.min(...parts.filter(part => part.length >= 4 && commonnessOf(part) === 0).map(pronounceable), 0)
    if (worst < unpronounceable) odds += 1.5
    if (looksRandom(text)) odds += 2
    if (/^[a-z]+[._][a-z]+$/.test(text)) odds += 0.4
  }
  const upper = /^[A-Z\d_-]+$/.test(text)
  if (upper && letters <= 5 && parts.length === 1)
    odds = Math.max(odds, share === 1 ? -0.5 : odds) + (letters <= 3 ? 1.6 : 1)
  else if (upper) odds += 0.4
  if (digits > 0) odds += share < 1 ? (digits >= 3 ? 2.2 : 1.4) : /[-_.]\d+$/.test(text) ? 1.8 : digits <= 2 ? 0.8 : 1.6
  // Composed names are how code names things; people's values are rarely written so.
  if (/[a-z][A-Z]/.test(text) && parts.length >= 2 && share >= 0.5) odds -= 0.8
  if (letters === 2 && text.length === 2 && share < 1) odds += 0.3
  return odds
}

const version =
  /^v(?:er)?\d{1,3}(?:[._-]\d{1,3})*(?:[._-]?(?:alpha|beta|rc|preview|p)\d*(?:[._-]?\d+)?)?$|^(?:api|rest)[_-]?v\d+$|^v\d+[a-z]?$/i

const known: ReadonlyMap<string, number> = new Map(
  vocabularyTiers.flatMap((tier, i) =>
    tier
      .trim()
      .split(/\s+/)
      .map(word => [word, 4 - i] as const),
  ),
)

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

/** 0: unknown; 1–4: tiers of the vocabulary; a word of another form or of two words run together counts a little less. */
function commonnessOf(word: string): number {
  const direct = known.get(word)
  if (direct !== undefined) return direct
  if (word.length < 3) return 0
  for (const form of formsOf(word)) {
    const found = known.get(form)
    if (found !== undefined) return Math.max(1, found - 0.5)
  }
  return composed(word) ? 1 : 0
}

function formsOf(word: string): string[] {
  const forms = [`${word}s`, `${word}es`]
  const cut = (end: string, put = '') => {
    if (word.endsWith(end) && word.length - end.length >= 3) forms.push(word.slice(0, -end.length) + put)
  }
  cut('s')
  cut('es')
  cut('ies', 'y')
  cut('ed')
  cut('ed', 'e')
  cut('ing')
  cut('ing', 'e')
  cut('er')
  cut('er', 'e')
  cut('or')
  cut('or', 'e')
  cut('ion')
  cut('ion', 'e')
  cut('ation', 'e')
  cut('able')
  cut('able', 'e')
  cut('al')
  cut('ly')
  cut('ment')
  cut('y', 'ies')
  for (const start of ['un', 're', 'de', 'pre', 'sub', 'non', 'auto', 'multi', 'un'])
    if (word.startsWith(start) && word.length - start.length >= 3) forms.push(word.slice(start.length))
  return forms
}

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
