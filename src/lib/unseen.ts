/**
 * Characters that move a terminal's cursor, change its colours or title, end a line, hide or turn text around, and lone surrogates: a name of a stranger must
 * never be printed with them. C0, DEL, C1; soft hyphen, zero-width, line and paragraph separators, bidirectional controls, word joiners, byte order mark,
 * interlinear annotations (Unicode 17, general categories Cc, Cf, Zl, Zp and Cs, without what only emoji and scripts need).
 */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu

/** The text with such characters as JSON would write them (`\u001b`); ends of lines stay. */
export function withoutUnseen(text: string): string {
  return text.replace(unseen, character =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The same without ends of lines, behind which it could pass for a line of its own: a row of a table, the line after a comment. */
export function inOneLine(text: string): string {
  return withoutUnseen(text).replaceAll('\n', '\\u000a')
}
