// Hot path: once per request.

/** A path in the one form that is routed, checked, logged and forwarded, and the raw query behind it. */
export interface CanonicalTarget {
  readonly path: string
  /** Without `?`; '' when there is none. */
  readonly query: string
}

// What a character is to the usual target, the one that has nothing to decode and nothing to doubt.
const OTHER = 0
const PLAIN = 1
const SLASH = 2
const DOT = 3
const MARK = 4
const QUERY_ONLY = 5
const kinds: Uint8Array = (() => {
  const table = new Uint8Array(128)
  const set = (chars: string, kind: number): void => {
    for (const char of chars) table[char.charCodeAt(0)] = kind
  }
  for (let code = 0x21; code < 0x7f; code++) table[code] = QUERY_ONLY
  set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', PLAIN)
  set("-_~!$&'()*+,;=:@[]", PLAIN)
  set('/', SLASH)
  set('.', DOT)
  set('?', MARK)
  set('#', OTHER)
  return table
})()
const emptySegment = /\/\//
// A path parameter behind the dots (`/..;x`) is cut off by servlet containers before they resolve them, encoded or not.
const dotSegment = /\/\.{1,2}(?:[/;]|%3B|$)/
// Everything visible that is not a delimiter of its own: what a path may hold once escapes are judged (RFC 3986 §3.3, and brackets, which clients send).
const pathBytes = /^[A-Za-z0-9\-._~!$&'()*+,;=:@[\]/%]*$/
const queryBytes = /^[!"$-~]*$/

/**
 * Brings an origin-form target to its canonical form, or says why two readers could take it for two paths (DESIGN §4 "Ambiguous path").
 * Encoded unreserved characters are decoded and hex digits upper-cased (RFC 3986 §6.2.2); the query stays as it is.
 */
export function canonicalTarget(target: string): CanonicalTarget | string {
  const plain = plainTarget(target)
  if (plain !== null) return plain
  const mark = target.indexOf('?')
  const raw = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (query !== '' && !queryBytes.test(query))
    return 'the query has a fragment, a control character or a byte beyond ASCII'
  if (raw.charCodeAt(0) !== 47) return 'the path does not begin with a slash'
  if (!pathBytes.test(raw)) return 'the path has a character that must be encoded'
  const path = raw.includes('%') ? decodeUnreserved(raw) : raw
  if (path === null)
    return 'the path has an escape that is broken, encodes a separator or control character, or is not UTF-8'
  if (emptySegment.test(path)) return 'the path has an empty segment'
  if (dotSegment.test(path)) return 'the path has a dot segment'
  return { path, query }
}

/** By far most targets, in one pass: every segment without escapes and not beginning with a dot, none empty but the last. */
function plainTarget(target: string): CanonicalTarget | null {
  const { length } = target
  let before = OTHER
  let at = 0
  for (; at < length; at++) {
    const code = target.charCodeAt(at)
    const kind = code < 128 ? (kinds[code] as number) : OTHER
    if (kind === PLAIN) {
      if (at === 0) return null
    } else if (kind === SLASH) {
      if (before === SLASH) return null
    } else if (kind === DOT) {
      if (before === SLASH || at === 0) return null
    } else if (kind === MARK) break
    else return null
    before = kind
  }
  if (at === 0) return null
  if (at === length) return { path: target, query: '' }
  for (let i = at + 1; i < length; i++) {
    const code = target.charCodeAt(i)
    if (code >= 128 || kinds[code] === OTHER) return null
  }
  return { path: target.slice(0, at), query: target.slice(at + 1) }
}

const unreserved = /^[A-Za-z0-9\-._~]$/

/** Decodes `%41` and the like; null for a broken escape, `%2F`, `%5C`, control characters and invalid UTF-8. */
function decodeUnreserved(raw: string): string | null {
  let path = ''
  const octets: number[] = []
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i] as string
    if (char !== '%') {
      if (!wellFormed(octets)) return null
      octets.length = 0
      path += char
      continue
    }
    const hex = raw.slice(i + 1, i + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return null
    i += 2
    const octet = Number.parseInt(hex, 16)
    if (octet < 0x20 || octet === 0x7f || octet === 0x2f || octet === 0x5c) return null
    if (octet >= 0x80) octets.push(octet)
    else {
      if (!wellFormed(octets)) return null
      octets.length = 0
    }
    const decoded = String.fromCharCode(octet)
    path += unreserved.test(decoded) ? decoded : `%${hex.toUpperCase()}`
  }
  return wellFormed(octets) ? path : null
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Are these octets whole UTF-8 characters without C1 controls? */
function wellFormed(octets: readonly number[]): boolean {
  if (octets.length === 0) return true
  try {
    return !/[\u0080-\u009f]/.test(utf8.decode(Uint8Array.from(octets)))
  } catch {
    return false
  }
}
