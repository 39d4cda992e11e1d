import type { FieldChoice } from '../../model/field-choice.ts'
import type { Span } from '../../model/span.ts'
import { readLines } from '../lines.ts'
import type { Reader } from '../reader.ts'
import {
  createSpanFields,
  failed,
  isDurationUs,
  isTimeUs,
  type SpanFields,
  type SpanKind,
  sourceId,
  spanKinds,
} from './span-fields.ts'

const lineBytesMax = 1024 * 1024

/** Our own Span, one JSON object a line (docs/formats.md). Fields of other names are dropped. */
export const ndjsonSpans = (choice: FieldChoice): Reader<Span> => ({
  format: 'spans-ndjson',
  matches(beginning) {
    const text = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.length).toString('utf8')
    const line = (text.split('\n', 1)[0] ?? '').replace(/^\ufeff/, '').trim()
    // A first line longer than the beginning: by its keys.
    if (line.length === text.trim().length && !line.endsWith('}'))
      return /^\{[^{]*"spanId"/.test(line) && line.includes('"startUs"')
    try {
      const value = JSON.parse(line) as Record<string, unknown> | null
      return typeof value === 'object' && value !== null && 'spanId' in value && 'startUs' in value
    } catch {
      return false
    }
  },
  async *read(chunks, quarantine) {
    const fields = createSpanFields(choice)
    for await (const lines of readLines(chunks, quarantine, lineBytesMax)) {
      const spans: Span[] = []
      for (const { text, number } of lines) {
        const span = spanOfLine(text, fields)
        if (typeof span === 'string') quarantine.add(`line ${number}`, span)
        else spans.push(span)
      }
      if (spans.length > 0) yield spans
    }
  },
})

function spanOfLine(text: string, fields: SpanFields): Span | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  return spanOf(value, fields)
}

/** Our own form as a parsed value → Span, or why it is none. */
export function spanOf(value: unknown, fields: SpanFields): Span | string {
  if (typeof value !== 'object' || value === null) return 'not an object'
  const given = value as Readonly<Record<string, unknown>>
  const traceId = sourceId(given['traceId'])
  const spanId = sourceId(given['spanId'])
  if (traceId === null || spanId === null) return 'a trace or span id is missing or malformed'
  const parent = given['parentId'] ?? ''
  const parentId = parent === '' ? null : sourceId(parent)
  if (parentId === null && parent !== '') return 'the parent id is malformed'
  const startUs = given['startUs']
  if (!isTimeUs(startUs)) return 'the start is no time'
  const durationUs = given['durationUs']
  if (!isDurationUs(durationUs)) return 'the duration is none'
  const { service, name, kind } = given
  if (typeof service !== 'string' || service === '' || typeof name !== 'string') return 'service or name is missing'
  const resource: Record<string, string> = {}
  for (const [key, text] of entries(given['resource'])) fields.resource(resource, key, text)
  const attributes: Record<string, string | number | boolean> = {}
  for (const [key, one] of entries(given['attributes'])) fields.attribute(attributes, key, one)
  return {
    traceId,
    spanId,
    parentId,
    service: fields.name(service),
    name: fields.name(name),
    kind: spanKinds.includes(kind as SpanKind) ? (kind as SpanKind) : 'unspecified',
    startUs,
    durationUs,
    error: given['error'] === true || failed(attributes),
    resource,
    attributes,
  }
}

function entries(value: unknown): ReadonlyArray<readonly [string, unknown]> {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
