import { Fields } from '../../core/fields.ts'
import { CONNECTION, CONTENT_LENGTH, type FieldNames, FRAMING, SINGLETON, TRANSFER_ENCODING } from './field-names.ts'
import type { HeadScan } from './scan.ts'

/** Body length when the message is chunked. */
export const CHUNKED = -1
/** Body length of a response that ends with its connection (RFC 9112 §6.3, last rule). */
export const UNTIL_CLOSE = -2

/** A message that cannot be framed, or whose reading is not certain: code of the problem and private reason. */
export interface Malformed {
  readonly malformed:
    | 'malformed-request'
    | 'not-implemented'
    | 'version-not-supported'
    | 'uri-too-long'
    | 'head-too-large'
    | 'expectation-failed'
  readonly reason: string
}

export function malformed(reason: string, code: Malformed['malformed'] = 'malformed-request'): Malformed {
  return { malformed: code, reason }
}

export interface Framing {
  /** Bytes, or CHUNKED; null when the head does not say. */
  readonly length: number | null
  /** `Connection` said `close`. */
  readonly close: boolean
  /** `Connection` said `keep-alive`. */
  readonly keepAlive: boolean
  /** Lower-case names of further fields that `Connection` declares hop-by-hop. */
  readonly named: readonly string[] | null
}

const plain: Framing = Object.freeze({ length: null, close: false, keepAlive: false, named: null })

/** Reads how long a message is and whether its connection lives on, in the strictest reading of RFC 9112 §6 and §9.3. */
export function readFraming(text: string, scan: HeadScan, names: FieldNames, version: 0 | 1): Framing | Malformed {
  if ((scan.union & (SINGLETON | CONNECTION | FRAMING)) === 0) return plain
  let length: number | null = null
  let close = false
  let keepAlive = false
  let named: string[] | null = null
  let seen: number[] | null = null
  for (let index = 0; index < scan.flags.length; index++) {
    const flags = scan.flags[index] as number
    if ((flags & (SINGLETON | CONNECTION | FRAMING)) === 0) continue
    const i = index * 4
    const nameStart = scan.offsets[i] as number
    const nameEnd = scan.offsets[i + 1] as number
    if ((flags & FRAMING) !== 0 && text.indexOf('_', nameStart) >>> 0 < nameEnd)
      return malformed('a framing field is spelled with an underscore')
    if ((flags & SINGLETON) !== 0) {
      if (seen !== null && repeats(text, scan, seen, nameStart, nameEnd))
        return malformed(`two ${text.slice(nameStart, nameEnd)} fields`)
      ;(seen ??= []).push(index)
    }
    if ((flags & (CONTENT_LENGTH | TRANSFER_ENCODING | CONNECTION)) === 0) continue
    const value = text.slice(scan.offsets[i + 2], scan.offsets[i + 3])
    if ((flags & CONTENT_LENGTH) !== 0) {
      if (length !== null) return malformed('both Content-Length and Transfer-Encoding')
      length = contentLength(value)
      if (length < 0) return malformed('Content-Length is not a plain decimal number')
    } else if ((flags & TRANSFER_ENCODING) !== 0) {
      if (length !== null) return malformed('both Content-Length and Transfer-Encoding')
      if (version === 0) return malformed('Transfer-Encoding in HTTP/1.0')
      if (value.toLowerCase() !== 'chunked') return malformed('a transfer coding other than chunked', 'not-implemented')
      length = CHUNKED
    } else {
      // Nearly always one of two words.
      if (value === 'keep-alive') keepAlive = true
      else if (value === 'close') close = true
      else {
        for (const option of value.toLowerCase().split(',')) {
          const name = option.trim()
          if (name === 'close') close = true
          else if (name === 'keep-alive') keepAlive = true
          else if (name !== '') {
            if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name))
              return malformed('Connection names something that is not a token')
            if (!names.mayBeNamed(name)) return malformed('Connection names a field that must not be taken away')
            ;(named ??= []).push(name)
          }
        }
      }
    }
  }
  return { length, close, keepAlive, named }
}

/**
 * The visible fields: everything except those that carry one of the `hidden` flags, and those that `Connection` named: they do not
 * reach the next hop, so nothing may be decided by them that the next hop then sees otherwise.
 */
export function visibleFields(
  text: string,
  scan: HeadScan,
  hidden: number,
  named: readonly string[] | null = null,
): Fields {
  if ((scan.union & hidden) === 0 && named === null) return new Fields(text, scan.offsets)
  const offsets: number[] = []
  for (let index = 0; index < scan.flags.length; index++) {
    if (((scan.flags[index] as number) & hidden) !== 0) continue
    const i = index * 4
    if (named !== null && named.includes(text.slice(scan.offsets[i], scan.offsets[i + 1]).toLowerCase())) continue
    offsets.push(
      scan.offsets[i] as number,
      scan.offsets[i + 1] as number,
      scan.offsets[i + 2] as number,
      scan.offsets[i + 3] as number,
    )
  }
  return new Fields(text, offsets)
}

/** 1*DIGIT and nothing else: no sign, no list, no hex (RFC 9112 §6.2); -1 for anything else or beyond 2^53. */
function contentLength(value: string): number {
  if (value.length === 0 || value.length > 15) return -1
  let length = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length
}

function repeats(text: string, scan: HeadScan, seen: readonly number[], start: number, end: number): boolean {
  for (const index of seen) {
    const otherStart = scan.offsets[index * 4] as number
    if ((scan.offsets[index * 4 + 1] as number) - otherStart !== end - start) continue
    // `Content_Type` beside `Content-Type` is two as well: a CGI-style origin may take either.
    if (folded(text, otherStart, end - start) === folded(text, start, end - start)) return true
  }
  return false
}

function folded(text: string, start: number, length: number): string {
  return text
    .slice(start, start + length)
    .toLowerCase()
    .replaceAll('_', '-')
}
