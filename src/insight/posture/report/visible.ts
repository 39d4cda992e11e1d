import { inOneLine } from '../../../lib/unseen.ts'

/** The text on one line, as a name of an operation may stand in a report, cut at `max` characters. */
export function visible(text: string, max = 500): string {
  return inOneLine(text.length > max ? `${text.slice(0, max)}…` : text)
}
