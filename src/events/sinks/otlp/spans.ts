import { ProtobufWriter } from '../../../lib/protobuf-writer.ts'
import { type EventOfSpan, eventSpan } from '../../event-span.ts'

/** A span on its way out; times in µs. */
export interface OutgoingSpan {
  readonly traceId: string
  readonly spanId: string
  /** '' when the trace begins here. */
  readonly parentId: string
  readonly name: string
  readonly startUs: number
  readonly endUs: number
  readonly error: boolean
  readonly attributes: Readonly<Record<string, string | number>>
}

type Event = EventOfSpan & {
  readonly traceId: string | null
  readonly spanId: string | null
  readonly parentId: string | null
  readonly client: string
  readonly requestBytes: number
  readonly responseBytes: number
}

/** The spans of whole event lines; an event without a trace (its request was no request) has none. */
export function spansOf(lines: Uint8Array): OutgoingSpan[] {
  const spans: OutgoingSpan[] = []
  for (const line of Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString('latin1').split('\n')) {
    if (line === '') continue
    const event = JSON.parse(line) as Event
    if (event.traceId === null || event.spanId === null) continue
    const { name, startUs, durationUs, error, attributes } = eventSpan(event)
    spans.push({
      traceId: event.traceId,
      spanId: event.spanId,
      parentId: event.parentId ?? '',
      name,
      startUs,
      endUs: startUs + durationUs,
      error,
      attributes: {
        ...attributes,
        'client.address': event.client,
        'http.request.body.size': event.requestBytes,
        'http.response.body.size': event.responseBytes,
      },
    })
  }
  return spans
}

/** `SPAN_KIND_SERVER` and `STATUS_CODE_ERROR` of opentelemetry-proto. */
const serverKind = 2
const errorCode = 2

/** An ExportTraceServiceRequest in protobuf (opentelemetry-proto 1.x). */
export function encodeProtobuf(spans: readonly OutgoingSpan[], resource: Readonly<Record<string, string>>): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writer.message(1, () => attributes(writer, 1, resource))
    writer.message(2, () => {
      writer.message(1, () => writer.text(1, 'portcullis'))
      for (const span of spans) writer.message(2, () => encodeSpan(writer, span))
    })
  })
  return writer.take()
}

function encodeSpan(writer: ProtobufWriter, span: OutgoingSpan): void {
  writer.hex(1, span.traceId)
  writer.hex(2, span.spanId)
  if (span.parentId !== '') writer.hex(4, span.parentId)
  writer.text(5, span.name)
  writer.varint(6, serverKind)
  writer.fixed64(7, BigInt(span.startUs) * 1000n)
  writer.fixed64(8, BigInt(span.endUs) * 1000n)
  attributes(writer, 9, span.attributes)
  if (span.error) writer.message(15, () => writer.varint(3, errorCode))
}

function attributes(writer: ProtobufWriter, field: number, pairs: Readonly<Record<string, string | number>>): void {
  for (const [key, value] of Object.entries(pairs)) {
    writer.message(field, () => {
      writer.text(1, key)
      writer.message(2, () => (typeof value === 'string' ? writer.text(1, value) : writer.varint(3, value)))
    })
  }
}

/** The same in JSON: 64-bit numbers as text, ids as hex digits. */
export function encodeJson(spans: readonly OutgoingSpan[], resource: Readonly<Record<string, string>>): Buffer {
  const pairs = (of: Readonly<Record<string, string | number>>) =>
    Object.entries(of).map(([key, value]) => ({
      key,
      value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
    }))
  return Buffer.from(
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: pairs(resource) },
          scopeSpans: [
            {
              scope: { name: 'portcullis' },
              spans: spans.map(span => ({
                traceId: span.traceId,
                spanId: span.spanId,
                ...(span.parentId === '' ? {} : { parentSpanId: span.parentId }),
                name: span.name,
                kind: serverKind,
                startTimeUnixNano: `${span.startUs}000`,
                endTimeUnixNano: `${span.endUs}000`,
                attributes: pairs(span.attributes),
                status: span.error ? { code: errorCode } : {},
              })),
            },
          ],
        },
      ],
    }),
  )
}
