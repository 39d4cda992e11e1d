// Hot path: a dozen calls per exchange.

const plain = /^[ !#-[\]-~]*$/
const escapes = /[^ !#-[\]-~]/g

/**
 * A JSON string in ASCII, quotes included. Everything outside printable ASCII is escaped, lone surrogates too: no input can end a line,
 * move a terminal's cursor (C0, C1), turn the reading order or be a different text to another reader. `JSON.parse` gives back the very same string.
 */
export function jsonText(text: string): string {
  return `"${jsonInner(text)}"`
}

/** As jsonText, without the quotes: the ordinary text comes back as it is, so nothing is copied. */
export function jsonInner(text: string): string {
  return plain.test(text) ? text : text.replace(escapes, escape)
}

/** As jsonInner, cut after `max` UTF-16 units with `...` behind: what a stranger chooses cannot grow a line without bound. */
export function jsonInnerCut(text: string, max: number): string {
  return jsonInner(text.length <= max ? text : `${text.slice(0, max)}...`)
}

function escape(char: string): string {
  switch (char) {
    case '"':
      return '\\"'
    case '\\':
      return '\\\\'
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    default:
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  }
}
