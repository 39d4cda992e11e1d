// Hot path: once per request.
import type { Fields } from '../../core/fields.ts'
import { flatText } from '../../lib/flat-text.ts'
import { EXPECT, type FieldNames, HOST, RESERVED } from './field-names.ts'
import { type Malformed, malformed, readFraming, visibleFields } from './framing.ts'
import type { HeadScan } from './scan.ts'

/** A request head that has exactly one reading. */
export interface RequestHead {
  readonly method: string
  /** Origin-form path and query as they arrived (absolute-form is taken apart), or `*`. */
  readonly target: string
  /** Minor version: HTTP/1.0 or HTTP/1.1. */
  readonly version: 0 | 1
  /** Host field, lower case, with port if given; '' only in HTTP/1.0. */
  readonly authority: string
  /** The fields that policies may see: reserved ones are hidden. */
  readonly fields: Fields
  /** The head as it arrived, and where each field stands: what forwarding is made from. */
  readonly text: string
  readonly offsets: readonly number[]
  readonly flags: readonly number[]
  readonly union: number
  /** Body length in bytes, 0 for none, CHUNKED. */
  readonly length: number
  readonly keepAlive: boolean
  readonly expectContinue: boolean
  /** Further hop-by-hop names from `Connection`. */
  readonly named: readonly string[] | null
}

/** Characters of a Host that a connection keeps. */
const HOST_KEPT_MAX = 255
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
// Methods are case-sensitive tokens (RFC 9110 §9.1); one with small letters is what some origins repair to another method.
const otherMethod = /^[!#$%&'*+\-.^_`|~0-9A-Z]{1,32}$/
const authorityForm = /^(?:[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/

/** Reads a scanned request head (RFC 9112 §3). `text` is the head as latin-1, `secure` whether it came over TLS. */
export function readRequestHead(
  text: string,
  scan: HeadScan,
  names: FieldNames,
  secure: boolean,
  urlBytesMax: number,
): RequestHead | Malformed {
  const methodEnd = text.indexOf(' ')
  const targetEnd = text.indexOf(' ', methodEnd + 1)
  const lineEnd = scan.lineEnd - 2
  if (methodEnd <= 0 || targetEnd < 0 || methodEnd > lineEnd || targetEnd > lineEnd)
    return malformed('the request line does not have three parts')
  const method = text.slice(0, methodEnd)
  if (method !== 'GET' && method !== 'POST' && !methods.has(method)) {
    if (!otherMethod.test(method)) return malformed('the method is not an upper-case token')
    // In every form of the target: a 2xx to it ends HTTP on the connection (RFC 9110 §9.3.6).
    if (method === 'CONNECT') return malformed('CONNECT is not offered', 'not-implemented')
  }
  const version = readVersion(text, targetEnd + 1, lineEnd)
  if (typeof version === 'object') return version
  if (targetEnd - methodEnd - 1 > urlBytesMax)
    return malformed('the request target is longer than allowed', 'uri-too-long')
  const framing = readFraming(text, scan, names, version)
  if ('malformed' in framing) return framing

  let authority = ''
  let expectContinue = false
  if ((scan.union & (HOST | EXPECT)) !== 0) {
    for (let index = 0; index < scan.flags.length; index++) {
      const flags = scan.flags[index] as number
      if ((flags & (HOST | EXPECT)) === 0) continue
      const valueStart = scan.offsets[index * 4 + 2] as number
      const valueEnd = scan.offsets[index * 4 + 3] as number
      const known = scan.host
      if (
        (flags & HOST) !== 0 &&
        known !== null &&
        valueEnd - valueStart === known.written.length &&
        text.startsWith(known.written, valueStart)
      ) {
        authority = known.authority
        continue
      }
      const value = text.slice(valueStart, valueEnd).toLowerCase()
      if ((flags & HOST) !== 0) {
        if (!authorityForm.test(value) || portBeyond(value))
          return malformed('Host is not a host with an optional port')
        authority = flatText(value)
        if (value.length <= HOST_KEPT_MAX)
          scan.host = { written: flatText(text.slice(valueStart, valueEnd)), authority }
      } else if (version === 1) {
        if (value !== '100-continue') return malformed('an expectation other than 100-continue', 'expectation-failed')
        expectContinue = true
      }
    }
  }
  if (version === 1 && authority === '') return malformed('HTTP/1.1 without Host')

  let target = text.slice(methodEnd + 1, targetEnd)
  if (target.charCodeAt(0) !== 47) {
    const taken = takeApart(method, target, authority, secure)
    if (typeof taken === 'object') return taken
    target = taken
  }
  const length = framing.length ?? 0
  return {
    method,
    target,
    version,
    authority,
    fields: visibleFields(text, scan, RESERVED, framing.named),
    text,
    offsets: scan.offsets,
    flags: scan.flags,
    union: scan.union,
    length,
    keepAlive: version === 1 ? !framing.close : framing.keepAlive && !framing.close,
    expectContinue: expectContinue && length !== 0,
    named: framing.named,
  }
}

/** Is there a port that no socket has? Readers that cut it to 16 bits see another one. */
function portBeyond(authority: string): boolean {
  const colon = authority.lastIndexOf(':')
  return colon > 0 && authority.charCodeAt(authority.length - 1) !== 93 && Number(authority.slice(colon + 1)) > 65535
}

function readVersion(text: string, start: number, end: number): 0 | 1 | Malformed {
  if (end - start === 8 && text.startsWith('HTTP/1.', start)) {
    const minor = text.charCodeAt(start + 7)
    if (minor === 49) return 1
    if (minor === 48) return 0
  }
  return /^HTTP\/[0-9]\.[0-9]$/.test(text.slice(start, end)) && !text.startsWith('HTTP/1.', start)
    ? malformed('a major version other than 1', 'version-not-supported')
    : malformed('the request line does not end in HTTP/1.0 or HTTP/1.1')
}

/** Absolute-form, asterisk-form and authority-form (RFC 9112 §3.2); the origin-form target, or why not. */
function takeApart(method: string, target: string, authority: string, secure: boolean): string | Malformed {
  if (target === '*') return method === 'OPTIONS' ? target : malformed('asterisk-form with a method other than OPTIONS')
  const scheme = secure ? 'https://' : 'http://'
  if (target.slice(0, scheme.length).toLowerCase() !== scheme)
    return malformed('the target is neither a path nor an absolute URL of this listener')
  const pathStart = target.indexOf('/', scheme.length)
  const queryStart = target.indexOf('?', scheme.length)
  const authorityEnd = Math.min(pathStart < 0 ? target.length : pathStart, queryStart < 0 ? target.length : queryStart)
  // RFC 9112 §3.2.2 lets the target win over Host; where they differ some reader downstream takes the other one.
  if (target.slice(scheme.length, authorityEnd).toLowerCase() !== authority)
    return malformed('the absolute target and Host differ')
  const rest = target.slice(authorityEnd)
  return rest.startsWith('/') ? rest : `/${rest}`
}
