// Hot path: one look-up per header field of every message.

/** What the codec must know of a field name, as bits. */
export const HOP_BY_HOP = 1 // RFC 9110 §7.6.1: meant for the next hop only, never forwarded
export const SINGLETON = 2 // two lines would be two opinions: the message is refused
export const RESERVED = 4 // the gateway's own toward an upstream: removed from every request
export const HOST = 8
export const CONTENT_LENGTH = 16
export const TRANSFER_ENCODING = 32
export const CONNECTION = 64
export const EXPECT = 128
export const FRAMING = 256 // says where the message ends: a spelling with `_` is refused, since CGI-style origins read it as the real one

export const REPLACED = 1024 // policies may see it, the service gets the gateway's own

export const PROTECTED = 512 // may not be named by `Connection`: taking it away would change who is calling or what is asked

const known: ReadonlyArray<readonly [name: string, flags: number]> = [
  ['connection', HOP_BY_HOP | CONNECTION | FRAMING],
  ['keep-alive', HOP_BY_HOP],
  ['proxy-connection', HOP_BY_HOP],
  ['proxy-authenticate', HOP_BY_HOP],
  ['proxy-authorization', HOP_BY_HOP],
  ['te', HOP_BY_HOP],
  ['trailer', HOP_BY_HOP],
  ['upgrade', HOP_BY_HOP],
  ['http2-settings', HOP_BY_HOP],
  ['transfer-encoding', HOP_BY_HOP | TRANSFER_ENCODING | FRAMING | SINGLETON],
  ['content-length', CONTENT_LENGTH | FRAMING | SINGLETON | PROTECTED],
  ['host', HOST | FRAMING | SINGLETON | PROTECTED],
  ['expect', HOP_BY_HOP | EXPECT | SINGLETON],
  ['content-type', SINGLETON | PROTECTED],
  ['content-encoding', PROTECTED],
  ['authorization', SINGLETON | PROTECTED],
  ['cookie', PROTECTED],
  ['cache-control', PROTECTED],
  ['origin', SINGLETON | PROTECTED],
  ['traceparent', REPLACED],
  ['tracestate', REPLACED],
  ['range', SINGLETON | PROTECTED],
  ['content-range', SINGLETON | PROTECTED],
]

/**
 * Normal form of each byte of a field name: letters lowered, `_` as `-`, 0 for bytes that no token has (RFC 9110 §5.6.2).
 * `_` is folded because many origins cannot tell `X_User` from `X-User` (CGI variables).
 */
export const normal: Uint8Array = (() => {
  const table = new Uint8Array(256)
  for (const char of "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyz")
    table[char.charCodeAt(0)] = char.charCodeAt(0)
  for (let code = 65; code <= 90; code++) table[code] = code + 32
  table[0x5f] = 0x2d
  return table
})()

interface Entry {
  readonly name: string
  readonly flags: number
}

/** Field names that matter, found by the hash that the scanner computes on its way. Prefixes serve `X-Portcullis-*`. */
export class FieldNames {
  readonly #byHash = new Map<number, Entry[]>()
  readonly #prefixes: readonly string[]

  /** `reserved`: lower-case names; one that ends in `*` is a prefix. */
  constructor(reserved: Iterable<string> = []) {
    const flags = new Map(known)
    const prefixes: string[] = []
    for (const written of reserved) {
      // Look-ups fold `_`, so a name that is written with one would never be found.
      const name = written.replaceAll('_', '-')
      if (name.endsWith('*')) prefixes.push(name.slice(0, -1))
      else flags.set(name, (flags.get(name) ?? 0) | RESERVED)
    }
    this.#prefixes = prefixes
    for (const [name, bits] of flags) {
      const hash = hashName(name)
      const entries = this.#byHash.get(hash) ?? []
      entries.push({ name, flags: bits })
      this.#byHash.set(hash, entries)
    }
  }

  /** Flags of the name at `bytes[start, end)`, given its hash; 0 for a name that nobody asked about. */
  flagsOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const entries = this.#byHash.get(hash)
    if (entries !== undefined)
      for (const entry of entries) if (spells(bytes, start, end, entry.name)) return entry.flags
    for (const prefix of this.#prefixes)
      if (end - start >= prefix.length && spells(bytes, start, start + prefix.length, prefix)) return RESERVED
    return 0
  }

  /** Flags by name, for trailers and for the names that `Connection` lists. */
  flags(name: string): number {
    const bytes = Buffer.from(name, 'latin1')
    return this.flagsOf(bytes, 0, bytes.length, hashName(name))
  }

  /** May a `Connection` field name this one? Only what is neither framing nor identity (the `Connection: Authorization` trick). */
  mayBeNamed(name: string): boolean {
    return (this.flags(name) & (PROTECTED | FRAMING | RESERVED)) === 0
  }
}

/** The scanner's running hash: 30 bits, so that it stays a small integer. */
export function hashStep(hash: number, normalByte: number): number {
  return (Math.imul(hash, 31) + normalByte) & 0x3fffffff
}

function hashName(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = hashStep(hash, normal[name.charCodeAt(i) & 0xff] as number)
  return hash
}

function spells(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (normal[bytes[start + i] as number] !== name.charCodeAt(i)) return false
  return true
}
