/**
 * The same text in one piece of its own (latin-1 only): V8 keeps a concatenation as a tree and walks it at every use, and a piece of a
 * longer text (a request head, a token) keeps all of that alive.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** The same text in one piece of its own, for what is kept long and in thousands; one beyond latin-1 as it is. */
export function keptText(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return text
  return flatText(text)
}
