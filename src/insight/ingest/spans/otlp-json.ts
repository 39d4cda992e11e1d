import type { Span } from '../../model/span.ts'
import type { DecodedSpans } from './otlp-protobuf.ts'
import { createSpanFields, failed, isDurationUs, isTimeUs, type SpanFields, spanKinds } from './span-fields.ts'

const textMax = 1024

/**
 * Spans of an ExportTraceServiceRequest (or TracesData) in OTLP's JSON: ids as hex digits, times as decimal text, enums as numbers
 * (their names are taken too). Null when the value is none; a span that is malformed by itself is rejected and the rest goes on.
 */
export function createOtlpJsonDecoder(
  fields: SpanFields = createSpanFields(),
): (value: unknown) => DecodedSpans | null {
  return value => {
    const resourceSpans = member(value, 'resourceSpans')
    if (resourceSpans === undefined ? !isObject(value) : !Array.isArray(resourceSpans)) return null
    const into = { spans: [] as Span[], rejected: 0, why: null as string | null }
    for (const group of list(resourceSpans)) {
      const owner = ownerOf(member(group, 'resource'), fields)
      for (const scope of list(member(group, 'scopeSpans'))) {
        for (const one of list(member(scope, 'spans'))) {
          const span = spanOf(one, owner, fields)
          if (typeof span === 'string') {
            into.rejected++
            into.why ??= span
          } else into.spans.push(span)
        }
      }
    }
    return into
  }
}

interface Owner {
  readonly service: string
  readonly resource: Span['resource']
}

function ownerOf(resource: unknown, fields: SpanFields): Owner {
  const kept: Record<string, string> = {}
  let service = ''
  for (const [key, value] of pairs(member(resource, 'attributes'))) {
    if (key === 'service.name' && typeof value === 'string') service = fields.name(value)
    else fields.resource(kept, key, value)
  }
  return { service: service === '' ? 'unknown_service' : service, resource: Object.freeze(kept) }
}

function spanOf(value: unknown, { service, resource }: Owner, fields: SpanFields): Span | string {
  if (!isObject(value)) return 'a span is no object'
  const traceId = idOf(value['traceId'], 32)
  if (traceId === null) return 'a trace id is missing or not of 16 bytes'
  const spanId = idOf(value['spanId'], 16)
  if (spanId === null) return 'a span id is missing or not of 8 bytes'
  const parent = value['parentSpanId'] ?? ''
  const none = parent === '' || (typeof parent === 'string' && /^0{16}$/.test(parent))
  const parentId = none ? null : idOf(parent, 16)
  if (!none && parentId === null) return 'a parent id is not of 8 bytes'
  const startUs = microsecondsOf(value['startTimeUnixNano'])
  if (startUs === null || startUs === 0) return 'the start is no time'
  const endUs = microsecondsOf(value['endTimeUnixNano'] ?? '0')
  if (endUs === null) return 'the end is no time'
  const durationUs = Math.max(0, endUs - startUs)
  if (!isDurationUs(durationUs)) return 'the duration is none'
  const attributes: Record<string, string | number | boolean> = {}
  for (const [key, one] of pairs(value['attributes'])) fields.attribute(attributes, key, one)
  const status = member(value['status'], 'code')
  return {
    traceId,
    spanId,
    parentId,
    service,
    name: fields.name(typeof value['name'] === 'string' ? value['name'] : ''),
    kind: kindOf(value['kind']),
    startUs,
    durationUs,
    error: status === 2 || status === 'STATUS_CODE_ERROR' || failed(attributes),
    resource,
    attributes,
  }
}

function kindOf(kind: unknown): Span['kind'] {
  if (typeof kind === 'number') return spanKinds[kind] ?? 'unspecified'
  if (typeof kind !== 'string' || !kind.startsWith('SPAN_KIND_')) return 'unspecified'
  const word = kind.slice('SPAN_KIND_'.length).toLowerCase()
  return spanKinds.find(one => one === word) ?? 'unspecified'
}

function idOf(value: unknown, digits: number): string | null {
  if (typeof value !== 'string' || value.length !== digits || !/^[\da-f]+$/i.test(value) || /^0+$/.test(value))
    return null
  return value.toLowerCase()
}

/** 64-bit numbers are decimal text in protobuf's JSON; some encoders write numbers, which are near enough for µs. */
function microsecondsOf(value: unknown): number | null {
  if (typeof value === 'number') {
    const us = Math.floor(value / 1000)
    return isTimeUs(us) ? us : null
  }
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return null
  const us = value.length <= 3 ? 0 : Number(value.slice(0, -3))
  return isTimeUs(us) ? us : null
}

function* pairs(attributes: unknown): Iterable<readonly [string, unknown]> {
  for (const pair of list(attributes)) {
    const key = member(pair, 'key')
    const value = member(pair, 'value')
    if (typeof key !== 'string' || !isObject(value)) continue
    const text = value['stringValue']
    if (typeof text === 'string') yield [key, text.slice(0, textMax)]
    else if (typeof value['boolValue'] === 'boolean') yield [key, value['boolValue']]
    else if (value['intValue'] !== undefined) yield [key, Number(value['intValue'])]
    else if (typeof value['doubleValue'] === 'number') yield [key, value['doubleValue']]
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
