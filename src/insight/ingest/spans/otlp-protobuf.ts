// Hot path: once per span. opentelemetry-proto 1.x, trace/v1/trace.proto; only the fields that are read, in the order of their numbers.
import { ProtobufError, ProtobufReader, wire } from '../../../lib/protobuf-reader.ts'
import { TextMemory } from '../../../lib/text-memory.ts'
import type { Span } from '../../model/span.ts'
import { createSpanFields, failed, isDurationUs, isTimeUs, type SpanFields, spanKinds } from './span-fields.ts'

/** What a message of spans gave. */
export interface DecodedSpans {
  readonly spans: readonly Span[]
  /** Spans that broke a rule of OTLP: counted, the others are good. */
  readonly rejected: number
  /** Why the first of them was; null: none was. */
  readonly why: string | null
}

export type OtlpDecoder = (message: Uint8Array) => DecodedSpans

const textMax = 1024
const spansMax = 1_000_000

/**
 * A decoder of ExportTraceServiceRequest, which is TracesData too. Throws ProtobufError when the bytes are no such message; a span that
 * is malformed by itself is rejected and the rest goes on. Depth is that of the schema, so nesting costs nothing.
 */
export function createOtlpDecoder(fields: SpanFields = createSpanFields()): OtlpDecoder {
  const ways: Ways = { fields, texts: new TextMemory() }
  return message => {
    const reader = new ProtobufReader(message)
    const into: Collected = { spans: [], rejected: 0, why: null }
    while (reader.next()) {
      if (reader.field !== 1) continue
      const outer = reader.enter()
      resourceSpans(reader, ways, into)
      reader.leave(outer)
    }
    return into
  }
}

interface Collected {
  readonly spans: Span[]
  rejected: number
  why: string | null
}

/** What all messages of one decoder are read with. */
interface Ways {
  readonly fields: SpanFields
  readonly texts: TextMemory
}

interface Owner {
  readonly service: string
  readonly resource: Span['resource']
}

function resourceSpans(reader: ProtobufReader, ways: Ways, into: Collected): void {
  // The resource may stand behind its spans, so its place is found first.
  let owner: Owner | null = null
  const scopes: Buffer[] = []
  while (reader.next()) {
    if (reader.field === 1) {
      const outer = reader.enter()
      owner = resource(reader, ways)
      reader.leave(outer)
    } else if (reader.field === 2) {
      if (reader.type !== wire.bytes) throw new ProtobufError('a message is not of the wire type of one')
      scopes.push(reader.bytes())
    }
  }
  const known = owner ?? { service: 'unknown_service', resource: noResource }
  for (const bytes of scopes) scopeSpans(new ProtobufReader(bytes), known, ways, into)
}

const noResource: Span['resource'] = Object.freeze({})

function resource(reader: ProtobufReader, { fields, texts }: Ways): Owner {
  const kept: Record<string, string> = {}
  let service = ''
  while (reader.next()) {
    if (reader.field !== 1) continue
    const outer = reader.enter()
    const pair = keyValue(reader, texts)
    reader.leave(outer)
    if (pair.key === 'service.name' && typeof pair.value === 'string') service = fields.name(pair.value)
    else fields.resource(kept, pair.key, pair.value)
  }
  return { service: service === '' ? 'unknown_service' : service, resource: Object.freeze(kept) }
}

function scopeSpans(reader: ProtobufReader, owner: Owner, ways: Ways, into: Collected): void {
  while (reader.next()) {
    if (reader.field !== 2) continue
    const read = nested(reader, owner, ways)
    if (typeof read === 'string' || into.spans.length >= spansMax) {
      into.rejected++
      into.why ??= typeof read === 'string' ? read : 'too many spans in one message'
    } else into.spans.push(read)
  }
}

/** A span is as long as the message around it says, so one that is broken inside costs no other. */
function nested(reader: ProtobufReader, owner: Owner, ways: Ways): Span | string {
  const { behind } = reader
  const outer = reader.enter()
  try {
    return span(reader, owner, ways)
  } catch (error) {
    if (error instanceof ProtobufError) return 'a span is broken'
    throw error
  } finally {
    reader.abandon(behind, outer)
  }
}

function span(reader: ProtobufReader, owner: Owner, { fields, texts }: Ways): Span | string {
  let traceId = ''
  let spanId = ''
  let parentId: string | null = null
  let name = ''
  let kind = 0
  let startUs = -1
  let endUs = -1
  let error = false
  let why = ''
  const attributes: Record<string, string | number | boolean> = {}
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        if (reader.type === wire.bytes && reader.length === 16) traceId = reader.hex()
        else why = 'a trace id is not of 16 bytes'
        break
      case 2:
        if (reader.type === wire.bytes && reader.length === 8) spanId = reader.hex()
        else why = 'a span id is not of 8 bytes'
        break
      case 4:
        if (reader.type !== wire.bytes || (reader.length !== 0 && reader.length !== 8))
          why = 'a parent id is not of 8 bytes'
        else if (reader.length === 8) parentId = reader.hex()
        break
      case 5:
        if (reader.type === wire.bytes) name = reader.text(textMax, texts)
        break
      case 6:
        if (reader.type === wire.varint) kind = reader.number
        break
      case 7:
        if (reader.type === wire.fixed64) startUs = microseconds(reader.high, reader.low)
        break
      case 8:
        if (reader.type === wire.fixed64) endUs = microseconds(reader.high, reader.low)
        break
      case 9: {
        const outer = reader.enter()
        const { key, value } = keyValue(reader, texts)
        reader.leave(outer)
        fields.attribute(attributes, key, value)
        break
      }
      case 15: {
        const outer = reader.enter()
        error = statusCode(reader) === 2
        reader.leave(outer)
        break
      }
      default:
        break
    }
  }
  if (why !== '') return why
  if (traceId === '' || zeros.test(traceId)) return 'a trace id is missing'
  if (spanId === '' || zeros.test(spanId)) return 'a span id is missing'
  if (!isTimeUs(startUs) || startUs === 0) return 'the start is no time'
  const durationUs = endUs <= startUs ? 0 : endUs - startUs
  if (!isDurationUs(durationUs)) return 'the duration is none'
  return {
    traceId,
    spanId,
    parentId: parentId !== null && zeros.test(parentId) ? null : parentId,
    service: owner.service,
    name: fields.name(name),
    kind: spanKinds[kind] ?? 'unspecified',
    startUs,
    durationUs,
    error: error || failed(attributes),
    resource: owner.resource,
    attributes,
  }
}

function statusCode(reader: ProtobufReader): number {
  let code = 0
  while (reader.next()) if (reader.field === 3 && reader.type === wire.varint) code = reader.number
  return code
}

const zeros = /^0+$/

/** Nanoseconds as two halves → µs; the number of ns itself is beyond 2^53. */
function microseconds(high: number, low: number): number {
  const whole = Math.floor(high / 1000)
  return whole * 4_294_967_296 + Math.floor(((high - whole * 1000) * 4_294_967_296 + low) / 1000)
}

interface Pair {
  readonly key: string
  /** Lists, maps and bytes are nothing that is kept. */
  readonly value: string | number | boolean | null
}

function keyValue(reader: ProtobufReader, texts: TextMemory): Pair {
  let key = ''
  let value: Pair['value'] = null
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wire.bytes) key = reader.text(128, texts)
    else if (reader.field === 2) {
      const outer = reader.enter()
      value = anyValue(reader, texts)
      reader.leave(outer)
    }
  }
  return { key, value }
}

function anyValue(reader: ProtobufReader, texts: TextMemory): Pair['value'] {
  let value: Pair['value'] = null
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wire.bytes) value = reader.text(textMax, texts)
    else if (reader.field === 2 && reader.type === wire.varint) value = reader.boolean
    else if (reader.field === 3 && reader.type === wire.varint) value = reader.number
    else if (reader.field === 4 && reader.type === wire.fixed64) value = reader.double
  }
  return value
}
