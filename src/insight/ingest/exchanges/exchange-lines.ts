import type { ExchangeRecord, RawExchange } from '../../model/exchange.ts'
import type { FieldChoice } from '../../model/field-choice.ts'
import type { Observation } from '../../model/observation.ts'
import type { Reader } from '../reader.ts'
import { jsonLinesReader } from './json-lines.ts'
import { bodyBytesMax, createNative, type ForeignCall, readBody, readFields } from './raw.ts'

/** What readers of contents need: the key of the event hashes, and the reduction, after which no contents are left. */
export interface Reduction {
  readonly hashKey: Uint8Array
  readonly reduce: (raw: RawExchange) => Observation
  /** Header fields that are kept of what was reduced before; absent: the usual ones. */
  readonly fields?: FieldChoice
}

/** One side of an exchange as `exchanges` has it. */
interface Side {
  readonly headers?: unknown
  readonly body?: unknown
  readonly encoding?: unknown
}

/**
 * Format `exchanges`: one object a line with `time`, `method`, `url`, `status`, any further field of the event, and `request` and `response` with
 * `headers`, `body` and `encoding`; or flat, as `portcullis learn` takes them: `headers`, `body`, `responseHeaders`, `responseBody`, a `principal` that is a
 * text, times in ms.
 */
export function exchangesReader(reduction: Reduction): Reader<ExchangeRecord> {
  const read = createForeignExchange(reduction)
  return jsonLinesReader(
    'exchanges',
    first => 'method' in first && 'url' in first && 'status' in first,
    (value, place) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object'
      const { time, id, method, url, host, status, request, response, ...rest } = value as ForeignCall & {
        readonly request?: unknown
        readonly response?: unknown
      }
      const { headers, body, responseHeaders, responseBody, ...more } = rest as Readonly<Record<string, unknown>>
      return read(
        {
          time: timeOf(time),
          id: typeof id === 'number' ? String(id) : id,
          method,
          url,
          host,
          status,
          more: typeof more['principal'] === 'string' ? { ...more, principal: named(more['principal']) } : more,
        },
        sideOf(request) ?? flatSide(headers, body),
        sideOf(response) ?? flatSide(responseHeaders, responseBody),
        place,
      )
    },
  )
}

/** A foreign call with its contents, reduced. Sides are null when the source has nothing of them. */
export function createForeignExchange({ hashKey, reduce }: Reduction) {
  const native = createNative(hashKey)
  return (call: ForeignCall, request: Side | null, response: Side | null, place: string): ExchangeRecord | string => {
    const requestFields = readFields(request?.headers)
    const responseFields = readFields(response?.headers)
    if (requestFields === null || responseFields === null) return 'headers are not names and values'
    const requestBody = readBody(request?.body, request?.encoding, bodyBytesMax)
    const responseBody = readBody(response?.body, response?.encoding, bodyBytesMax)
    const host = call.host ?? fieldOf(requestFields, 'host')
    const taken = native(
      {
        ...call,
        ...(host === undefined ? {} : { host }),
        more: {
          requestBytes: wholeBytes(request, requestBody),
          responseBytes: wholeBytes(response, responseBody),
          ...call.more,
        },
      },
      place,
    )
    if (typeof taken === 'string') return taken
    const { event, query, encrypted } = taken
    const raw = { event, query, requestFields, responseFields, requestBody, responseBody, encrypted }
    return { event, observation: reduce(raw) }
  }
}

function flatSide(headers: unknown, body: unknown): Side | null {
  return headers === undefined && body === undefined ? null : { headers, body }
}

/** A caller of whom only the name was written down. */
function named(subject: string): unknown {
  return { subject, method: 'unknown', issuer: null }
}

/** Unix ms are RFC 3339 then; what is neither stays, to be refused. */
function timeOf(time: unknown): unknown {
  return typeof time === 'number' && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : time
}

function sideOf(value: unknown): Side | null {
  return typeof value === 'object' && value !== null ? value : null
}

function fieldOf(fields: RawExchange['requestFields'], name: string): string | undefined {
  return fields.find(([candidate]) => candidate.toLowerCase() === name)?.[1]
}

/** Bytes of the body as it was, though only its beginning is kept. */
function wholeBytes(side: Side | null, body: Uint8Array | null): number {
  if (body === null || typeof side?.body !== 'string') return 0
  return body.length < bodyBytesMax
    ? body.length
    : Buffer.byteLength(side.body, side.encoding === 'base64' ? 'base64' : 'utf8')
}
