// Hot path: every observed string that has signs.
import { createTokenReader, tokenWords } from './text-tokens.ts'

const formMax = 64
const startMax = 48

/**
 * A maker of forms: a text with its signs as they are, each word as `a`, each number as `0` (`1' or x=1--` → `0' a a=0--`). At most 64 characters; of a
 * longer one the beginning and each further sign once. Holds no value, and reading it gives the tokens of the text but for lengths and case.
 */
export function createTextForm(): (text: string) => string {
  const read = createTokenReader()
  return text => {
    const { ids, length } = read(text)
    let form = ''
    let i = 0
    for (; i < length && form.length < startMax; i++) form += plain(tokenWords(ids[i] as number))
    for (; i < length && form.length < formMax; i++) {
      const sign = plain(tokenWords(ids[i] as number))
      if (!form.includes(sign)) form += sign
    }
    return form.slice(0, formMax)
  }
}

/** Control characters stand as `␀`, since a form is a text that people read. */
function plain(words: string): string {
  if (words === 'A' || words === 'Aa' || words === 'aA' || words === 'ä') return 'a'
  return words.startsWith('\\x') ? '␀' : words
}
