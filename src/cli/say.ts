/** Whatever moves a terminal's cursor, changes its colours or title, or turns text around; not the end of a line. */
const unseen =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** Prints words of ours with names of strangers in them: what a terminal would obey is written out (`\u001b`). */
export function say(text: string): void {
  console.log(harmless(text))
}

/** The same to stderr. */
export function warn(text: string): void {
  console.error(harmless(text))
}

/** Prints a value for programs; it is JSON all the same, and harmless on a terminal too. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2))
}

/** The text with such characters as JSON would escape them. */
export function harmless(text: string): string {
  return text.replace(unseen, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same without ends of lines, behind which it could pass for a line of its own: a row of a table, the line after a comment. */
export function inOneLine(text: string): string {
  return harmless(text).replaceAll('\n', '\\u000a')
}
