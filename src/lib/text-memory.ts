// Hot path: once per key and value of a span.

const lengthMax = 48

/**
 * Texts that come again and again as bytes (keys of attributes, names of methods), told by their bytes: the text itself is made once, which
 * costs ten times as much as finding it. Holds at most `slots` short texts (a power of two), so that strangers who choose them gain nothing.
 */
export class TextMemory {
  readonly #known: Array<string | null>
  readonly #mask: number

  constructor(slots = 2048) {
    this.#known = Array.from({ length: slots }, () => null)
    this.#mask = slots - 1
  }

  /** UTF-8 from `from` to `to`; what is none becomes U+FFFD. */
  text(bytes: Buffer, from: number, to: number): string {
    const length = to - from
    if (length > lengthMax) return bytes.toString('utf8', from, to)
    let hash = length
    let all = 0
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number
      hash = Math.imul(hash ^ byte, 0x01000193)
      all |= byte
    }
    // Beyond ASCII a byte is no character.
    if (all > 127) return bytes.toString('utf8', from, to)
    const slot = (hash ^ (hash >>> 15)) & this.#mask
    const known = this.#known[slot] ?? null
    if (known !== null && known.length === length && stands(known, bytes, from)) return known
    return (this.#known[slot] = bytes.toString('latin1', from, to))
  }
}

function stands(text: string, bytes: Buffer, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}
