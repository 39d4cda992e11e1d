// Hot path: every token that is not in the cache is decoded here, three times.

const alphabet = /^[A-Za-z0-9_-]*$/
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Bytes of unpadded base64url (RFC 4648 §5, RFC 7515 §2), or null when the text is not the one canonical spelling:
 * padding, white space, the `+/` alphabet, an impossible length, or left-over bits that are not zero.
 * `Buffer.from` accepts all of those silently, so two different texts would mean one token.
 */
export function decodeBase64url(text: string): Buffer | null {
  const rest = text.length % 4
  if (rest === 1 || !alphabet.test(text)) return null
  if (rest !== 0) {
    const last = digits.indexOf(text.charAt(text.length - 1))
    // Two digits carry 8 of 12 bits, three carry 16 of 18: the low 4 or 2 bits belong to nothing.
    if ((last & (rest === 2 ? 0b1111 : 0b11)) !== 0) return null
  }
  return Buffer.from(text, 'base64url')
}
