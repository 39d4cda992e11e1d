// Hot path: once per answer of a service.
import { Fields } from '../../core/fields.ts'
import type { FieldNames } from './field-names.ts'
import { type Malformed, malformed, readFraming, UNTIL_CLOSE } from './framing.ts'
import type { HeadScan } from './scan.ts'

/** A response head that has exactly one reading. */
export interface ResponseHead {
  readonly status: number
  /** Reason phrase as it arrived. */
  readonly reason: string
  readonly version: 0 | 1
  readonly fields: Fields
  readonly text: string
  readonly offsets: readonly number[]
  readonly flags: readonly number[]
  readonly union: number
  /** Body length in bytes, CHUNKED or UNTIL_CLOSE; 0 where the status or the method forbids a body. */
  readonly length: number
  /** `Content-Length` as declared, even where no body follows (HEAD, 304); null when absent. */
  readonly declaredLength: number | null
  readonly keepAlive: boolean
  readonly named: readonly string[] | null
}

/** Reads a scanned response head (RFC 9112 §4, §6.3); `toHead` says that the request was a HEAD. As strict as for requests: a doubtful length is refused. */
export function readResponseHead(
  text: string,
  scan: HeadScan,
  names: FieldNames,
  toHead: boolean,
): ResponseHead | Malformed {
  const lineEnd = scan.lineEnd - 2
  if (!text.startsWith('HTTP/1.') || lineEnd < 12 || text.charCodeAt(8) !== 32)
    return malformed('not an HTTP/1.x status line')
  const minor = text.charCodeAt(7) - 48
  if (minor !== 0 && minor !== 1) return malformed('not HTTP/1.0 or HTTP/1.1')
  const status = statusCode(text)
  if (status < 100 || status > 599) return malformed('the status is not three digits from 100 to 599')
  if (lineEnd > 12 && text.charCodeAt(12) !== 32) return malformed('no space after the status')
  const framing = readFraming(text, scan, names, minor)
  if ('malformed' in framing) return framing
  const bodiless = status < 200 || status === 204 || status === 304
  // RFC 9110 §8.6, RFC 9112 §6.1: a 1xx or 204 with a length or a coding is read in two ways.
  if (framing.length !== null && framing.length !== 0 && (status < 200 || status === 204))
    return malformed('a body declared where the status forbids one')
  const length = bodiless || toHead ? 0 : (framing.length ?? UNTIL_CLOSE)
  return {
    status,
    reason: text.slice(13, lineEnd),
    version: minor,
    fields: new Fields(text, scan.offsets),
    text,
    offsets: scan.offsets,
    flags: scan.flags,
    union: scan.union,
    length,
    declaredLength: framing.length !== null && framing.length >= 0 ? framing.length : null,
    keepAlive: length !== UNTIL_CLOSE && (minor === 1 ? !framing.close : framing.keepAlive && !framing.close),
    named: framing.named,
  }
}

function statusCode(text: string): number {
  let status = 0
  for (let i = 9; i < 12; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return 0
    status = status * 10 + digit
  }
  return status
}
