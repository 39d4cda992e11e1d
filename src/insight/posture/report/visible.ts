/** Characters that move a terminal's cursor, end a line or turn text around, and would let a name of an operation write the report. */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/gu

/** The text with such characters written out (`\u{1b}`), cut at `max` characters. */
export function visible(text: string, max = 500): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return cut.replace(unseen, character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
