// Hot path: every byte of every message head passes here once.
import { type FieldNames, hashStep, normal } from './field-names.ts'

const CR = 13
const LF = 10
const HTAB = 9
const SPACE = 32
const COLON = 58
const DEL = 127

/** The head is not complete yet. */
export const MORE = -1
/** The bytes are not a head that two readers would read alike. */
export const BAD = -2
/** More fields than allowed. */
export const TOO_MANY = -3

/** What the scan found; reused from message to message by its owner. */
export class HeadScan {
  /** Position after the start line's CRLF. */
  lineEnd = 0
  /** Four offsets per field (name start, name end, value start, value end), relative to the start of the head. */
  offsets: number[] = []
  /** Flags of each field (field-names.ts). */
  flags: number[] = []
  /** All flags of the head ORed. */
  union = 0
  /** Why the scan gave BAD, in private words. */
  reason = ''
  /** The last `Host` of the connection that was found good, as it arrived and in lower case: it is nearly always the next one too. */
  host: { readonly written: string; readonly authority: string } | null = null
}

/**
 * Scans one head, start line included, from `start` (RFC 9112 §2.1, §5). Returns the position after the empty line, or MORE, BAD, TOO_MANY.
 * Refuses what lenient parsers repair: bare CR or LF, obs-fold, space before the colon, an empty name, control characters.
 */
export function scanHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: FieldNames,
  fieldsMax: number,
  out: HeadScan,
): number {
  const lineEnd = scanLine(bytes, start, end)
  if (lineEnd < 0) {
    if (lineEnd === BAD) out.reason = 'control character or bare CR/LF in the start line'
    return lineEnd
  }
  out.lineEnd = lineEnd - start
  return scanFields(bytes, start, lineEnd, end, names, fieldsMax, out)
}

/** Scans field lines up to and including the empty line; offsets are relative to `origin`. Serves trailers too. */
export function scanFields(
  bytes: Uint8Array,
  origin: number,
  from: number,
  end: number,
  names: FieldNames,
  fieldsMax: number,
  out: HeadScan,
): number {
  const offsets: number[] = []
  const flags: number[] = []
  let union = 0
  let position = from
  for (;;) {
    if (position >= end) return MORE
    let byte = bytes[position] as number
    if (byte === CR) {
      if (position + 1 >= end) return MORE
      if (bytes[position + 1] !== LF) return bad(out, 'bare CR in the head')
      out.offsets = offsets
      out.flags = flags
      out.union = union
      return position + 2
    }
    if (flags.length >= fieldsMax) return TOO_MANY
    const nameStart = position
    let hash = 0
    let char = normal[byte] as number
    while (char !== 0) {
      hash = hashStep(hash, char)
      if (++position >= end) return MORE
      byte = bytes[position] as number
      char = normal[byte] as number
    }
    // An empty name is CVE-2023-25725; a leading space is obs-fold; a space before the colon is RFC 9112 §5.1.
    if (byte !== COLON || position === nameStart)
      return bad(out, 'a header name is empty, folded or has a character that no token has')
    const nameEnd = position++
    while (position < end && ((byte = bytes[position] as number) === SPACE || byte === HTAB)) position++
    const valueStart = position
    while (position < end && ((byte = bytes[position] as number) >= SPACE ? byte !== DEL : byte === HTAB)) position++
    if (position >= end) return MORE
    if (byte !== CR) return bad(out, byte === LF ? 'bare LF in the head' : 'control character in a header value')
    if (position + 1 >= end) return MORE
    if (bytes[position + 1] !== LF) return bad(out, 'bare CR in the head')
    let valueEnd = position
    while (valueEnd > valueStart && ((byte = bytes[valueEnd - 1] as number) === SPACE || byte === HTAB)) valueEnd--
    position += 2
    const fieldFlags = names.flagsOf(bytes, nameStart, nameEnd, hash)
    union |= fieldFlags
    flags.push(fieldFlags)
    offsets.push(nameStart - origin, nameEnd - origin, valueStart - origin, valueEnd - origin)
  }
}

/** Position after the CRLF of the line at `start`; MORE, or BAD on a control character or a bare CR or LF. */
function scanLine(bytes: Uint8Array, start: number, end: number): number {
  let position = start
  while (position < end) {
    const byte = bytes[position] as number
    if (byte >= SPACE && byte !== DEL) {
      position++
      continue
    }
    if (byte !== CR) return BAD
    if (position + 1 >= end) return MORE
    return bytes[position + 1] === LF ? position + 2 : BAD
  }
  return MORE
}

function bad(out: HeadScan, reason: string): number {
  out.reason = reason
  return BAD
}
