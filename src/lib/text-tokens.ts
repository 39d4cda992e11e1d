// Hot path: every value of every judged request is read once by this.

/** Tokens are numbers below this. */
export const tokenLimit = 512
/** Before the first and behind the last token of a text. */
export const startToken = 0
export const endToken = 1

/** A text's tokens, in a buffer that is used again for the next text. */
export interface Tokens {
  readonly ids: Uint16Array
  /** UTF-16 unit at which each token begins. */
  readonly starts: Uint32Array
  readonly length: number
}

const OTHER = 0
const LOWER = 1
const UPPER = 2
const DIGIT = 3
const WIDE = 4

const kinds = new Uint8Array(128)
for (let c = 48; c <= 57; c++) kinds[c] = DIGIT
for (let c = 65; c <= 90; c++) kinds[c] = UPPER
for (let c = 97; c <= 122; c++) kinds[c] = LOWER

const signs = 16
const letters = 400
const digits = 440
const mixed = 450
const strange = 470

const lengthMax = 128
const letterBins = binTable([1, 2, 3, 16, 32, 64])
const digitBins = binTable([1, 2, 3, 4, 5, 8, 16, 32])
/** What lies behind says nothing that its length does not. */
const textMax = 32_768
/** Changes between letters and digits from which a run is a random word (`9f3a01…`), not words and numbers. */
const turnsMax = 3
/** Letters and digits in one so long: no word has a number in it and goes on so. */
const randomMin = 14

/**
 * A reader of texts as tokens: runs of letters by case and length, runs of digits by length, random words of both by length, every other
 * ASCII character as it is (once, twice, more often). Names and numbers that were never seen are then nothing new, but each sign and each way in which signs,
 * words and numbers follow each other is. Linear; the first 32,768 units are read. Holds nothing of the text but its signs.
 */
export function createTokenReader(): (text: string) => Tokens {
  let ids = new Uint16Array(256)
  let starts = new Uint32Array(256)
  return text => {
    const end = Math.min(text.length, textMax)
    if (end > ids.length) {
      ids = new Uint16Array(end * 2)
      starts = new Uint32Array(end * 2)
    }
    let length = 0
    let at = 0
    while (at < end) {
      const code = text.charCodeAt(at)
      const kind = kindAt(code)
      if (kind === OTHER) {
        let to = at + 1
        while (to < end && text.charCodeAt(to) === code) to++
        ids[length] = code < 128 ? signs + code * 3 + Math.min(2, to - at - 1) : strangeToken(code)
        starts[length++] = at
        at = to
        continue
      }
      let to = at + 1
      let turns = 0
      let digit = kind === DIGIT
      let pieces = 1 << kind
      for (; to < end; to++) {
        const next = kindAt(text.charCodeAt(to))
        if (next === OTHER) break
        pieces |= 1 << next
        if ((next === DIGIT) !== digit) {
          turns++
          digit = !digit
        }
      }
      if (turns >= turnsMax || (turns > 0 && to - at >= randomMin)) {
        ids[length] = mixed + (pieces === smallRandom ? 0 : 7) + letterBin(to - at)
        starts[length++] = at
        at = to
        continue
      }
      while (at < to) {
        const from = at
        const first = kindAt(text.charCodeAt(at))
        let seen = 0
        let later = 0
        for (; at < to; at++) {
          const now = kindAt(text.charCodeAt(at))
          if ((now === DIGIT) !== (first === DIGIT)) break
          seen |= 1 << now
          if (at > from) later |= 1 << now
        }
        const run = at - from
        ids[length] =
          first === DIGIT
            ? digits + (digitBins[Math.min(lengthMax - 1, run)] as number)
            : letters + letterCase(seen, first, later) * 7 + letterBin(run)
        starts[length++] = from
      }
    }
    return { ids, starts, length }
  }
}

const smallRandom = (1 << DIGIT) | (1 << LOWER)

/** Small, capitals, capitalised, both mixed, beyond ASCII. */
function letterCase(seen: number, first: number, later: number): number {
  if ((seen & (1 << WIDE)) !== 0) return 4
  if (seen === 1 << LOWER) return 0
  if (seen === 1 << UPPER) return 1
  return first === UPPER && later === 1 << LOWER ? 2 : 3
}

function letterBin(run: number): number {
  return letterBins[Math.min(lengthMax - 1, run)] as number
}

const wideLetter = /[\p{L}\p{M}\p{N}]/u

function kindAt(code: number): number {
  if (code < 128) return kinds[code] as number
  // Characters beyond the first plane come as two halves; most are ideographs or pictures, and neither ends anything.
  if (code >= 0xd800 && code <= 0xdfff) return WIDE
  // Letters and signs in full or half width are read as ASCII by some: they must not pass as letters.
  if (code >= 0xff00 && code <= 0xffef) return OTHER
  return wideLetter.test(String.fromCharCode(code)) ? WIDE : OTHER
}

/** Invisible or blank, of other width, any other sign. */
function strangeToken(code: number): number {
  if (code >= 0xff00 && code <= 0xffef) return strange + 1
  return code < 0xa1 || (code >= 0x2000 && code <= 0x206f) || code === 0x3000 || code === 0xfeff ? strange : strange + 2
}

function binTable(bounds: readonly number[]): Uint8Array {
  const table = new Uint8Array(lengthMax)
  for (let run = 0; run < lengthMax; run++) {
    let bin = 0
    while (bin < bounds.length && run > (bounds[bin] as number)) bin++
    table[run] = bin
  }
  return table
}

/** What a token stands for: `a`, `A`, `Aa`, `aA`, `0`, `a0`, the sign itself. */
export function tokenWords(token: number): string {
  if (token >= strange) return '□'
  if (token >= mixed) return 'a0'
  if (token >= digits) return '0'
  if (token >= letters) return ['a', 'A', 'Aa', 'aA', 'ä'][Math.trunc((token - letters) / 7)] as string
  if (token < signs) return ''
  const code = Math.trunc((token - signs) / 3)
  const sign = code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCharCode(code)
  return sign.repeat(((token - signs) % 3) + 1)
}
