/**
 * The same text in one piece of its own (latin-1 only): V8 keeps a concatenation as a tree and walks it at every use, and a piece of a
 * longer text (a request head, a token) keeps all of that alive.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
