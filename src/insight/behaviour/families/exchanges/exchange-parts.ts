// Hot path: once per judged request.
import {
  kindOfText,
  named,
  type NamedText,
  type NamedValues,
  noValues,
  pairsOf,
} from '../../../profiles/named-values.ts'
import { type BodyParts, bodyParts } from '../../../profiles/message-parts.ts'
import { unescaped } from '../../../../lib/escaped-text.ts'
import type { ExchangeItem, HeaderField } from './exchange-item.ts'

/** An exchange taken apart. null: not known. */
export interface ExchangeParts {
  readonly segments: readonly NamedText[]
  readonly query: NamedValues
  readonly headers: NamedValues | null
  readonly cookies: NamedValues
  readonly contentType: string | null
  readonly body: BodyParts | null
  readonly response: BodyParts | null
}

const segmentsMax = 64
const cookiesMax = 64 * 1024

export function partsOfExchange(item: ExchangeItem): ExchangeParts {
  const contentType = item.headers === null ? null : (fieldOf(item.headers, 'content-type') ?? '')
  const responseType = item.responseHeaders === null ? '' : (fieldOf(item.responseHeaders, 'content-type') ?? '')
  return {
    segments: segmentsOf(item.path),
    query: pairsOf(item.query, '&'),
    headers: item.headers === null ? null : headersOf(item.headers),
    cookies:
      item.headers === null ? noValues : pairsOf((fieldOf(item.headers, 'cookie') ?? '').slice(0, cookiesMax), ';'),
    contentType,
    body: item.body === null ? null : bodyParts(item.body, contentType ?? ''),
    response: item.responseBody === null ? null : bodyParts(item.responseBody, responseType),
  }
}

function segmentsOf(path: string): NamedText[] {
  return path
    .slice(1)
    .split('/', segmentsMax)
    .map(segment => {
      const { text, marks } = unescaped(segment, false)
      return { name: '', written: '', text, kind: kindOfText(text), marks, loose: true }
    })
}

/** Names in the order of the alphabet: programs that write requests down seldom keep theirs. */
function headersOf(fields: readonly HeaderField[]): NamedValues {
  const values = fields
    .filter(([name]) => name !== 'cookie')
    .map(([name, text]) => {
      const found = unescaped(text, false)
      return {
        name: named(name).name,
        written: name,
        text: found.text,
        kind: kindOfText(found.text),
        marks: found.marks,
        loose: true,
      }
    })
  return { values, names: [...new Set(fields.map(([name]) => named(name).name))].sort(), whole: true }
}

function fieldOf(fields: readonly HeaderField[], name: string): string | undefined {
  for (const [candidate, value] of fields) if (candidate === name) return value
  return undefined
}
