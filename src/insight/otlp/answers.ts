import { ProtobufWriter } from '../../lib/protobuf-writer.ts'

/** The two codings of OTLP/HTTP. */
export type OtlpCoding = 'application/x-protobuf' | 'application/json'

/** ExportTraceServiceResponse: empty, or with what was rejected (opentelemetry.io/docs/specs/otlp, "Partial Success"). */
export function successAnswer(coding: OtlpCoding, rejected: number, why: string | null): Buffer {
  if (coding === 'application/json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: why ?? '' }
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : { partialSuccess }))
  }
  if (rejected === 0) return Buffer.alloc(0)
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writer.varint(1, rejected)
    writer.text(2, why ?? '')
  })
  return writer.take()
}

/** Codes of google.rpc.Code that are answered. */
const codes: Readonly<Record<number, number>> = {
  400: 3,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 3,
  415: 3,
  421: 3,
  429: 8,
  503: 14,
}

/** google.rpc.Status: what every failure is answered with. */
export function failureAnswer(coding: OtlpCoding, status: number, message: string): Buffer {
  const code = codes[status] ?? 2
  if (coding === 'application/json') return Buffer.from(JSON.stringify({ code, message }))
  const writer = new ProtobufWriter()
  writer.varint(1, code)
  writer.text(2, message)
  return writer.take()
}
