import { type FieldNames } from './field-names.ts'
import { BAD, HeadScan, MORE, scanFields, TOO_MANY } from './scan.ts'
import { latin1 } from '../latin1.ts'

const CR = 13
const LF = 10
const LINE_MAX = 512
const TRAILER_MAX = 16 * 1024
const TRAILER_FIELDS_MAX = 32

// A chunk-size line: hex digits, then well-formed extensions (RFC 9112 §7.1.1), which end here: the next hop never sees them.
const sizeLine =
  /^([0-9A-Fa-f]{1,13})(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t !-~\x80-\xff])*"))?)*$/

/** The trailer section of a chunked message, still as text with offsets. */
export interface Trailers {
  readonly text: string
  readonly offsets: readonly number[]
  readonly flags: readonly number[]
}

/**
 * Takes a chunked body apart (RFC 9112 §7.1), in the strictest reading: CRLF only, plain hex sizes, bounded lines.
 * Feed it bytes; it hands data on and says where the body ended.
 */
export class ChunkedDecoder {
  /** Why the last `feed` gave BAD. */
  reason = ''
  /** Set when the body ended with a non-empty trailer section. */
  trailers: Trailers | null = null
  readonly #names: FieldNames
  /** Bytes of the current chunk that are still to come. */
  #left = 0
  #state: 'size' | 'data' | 'data-end' | 'trailers' = 'size'
  /** A line or trailer section that arrived in pieces. */
  #held: Buffer | null = null
  /** Extensions of all chunks together are bounded: CVE-2024-22019. */
  #lineBytes = 0

  constructor(names: FieldNames) {
    this.#names = names
  }

  /**
   * Consumes `bytes[start, end)`; calls `onData(from, to)` with ranges of `bytes`. Returns the position after the body when it ended,
   * MORE when it wants more, BAD when the framing is broken.
   */
  feed(bytes: Buffer, start: number, end: number, onData: (from: number, to: number) => void): number {
    let position = start
    while (position < end) {
      switch (this.#state) {
        case 'data': {
          const to = Math.min(end, position + this.#left)
          this.#left -= to - position
          if (this.#left === 0) this.#state = 'data-end'
          onData(position, to)
          position = to
          break
        }
        case 'data-end': {
          // CR and LF may come in different reads; #left counts how many of the two were seen (0, then -1).
          if (bytes[position] !== (this.#left === 0 ? CR : LF)) return this.#bad('chunk data is not followed by CRLF')
          position++
          if (this.#left === 0) this.#left = -1
          else {
            this.#left = 0
            this.#state = 'size'
          }
          break
        }
        case 'size': {
          const lf = bytes.indexOf(LF, position)
          if (lf < 0 || lf >= end)
            return this.#hold(bytes, position, end, LINE_MAX + 1) ? MORE : this.#bad('a chunk-size line is too long')
          const line = this.#line(bytes, position, lf)
          if (line === null) return this.#bad('a chunk-size line does not end in CRLF')
          const match = line.length > LINE_MAX ? null : sizeLine.exec(line)
          if (match === null) return this.#bad('a chunk size is not plain hex or its extension is malformed')
          const digits = match[1] as string
          this.#lineBytes += line.length - digits.length
          if (this.#lineBytes > TRAILER_MAX) return this.#bad('too many bytes of chunk extensions')
          position = lf + 1
          this.#left = Number.parseInt(digits, 16)
          this.#state = this.#left === 0 ? 'trailers' : 'data'
          break
        }
        case 'trailers':
          return this.#readTrailers(bytes, position, end)
      }
    }
    return MORE
  }

  #readTrailers(bytes: Buffer, position: number, end: number): number {
    const held = this.#held
    const section = held === null ? bytes : Buffer.concat([held, bytes.subarray(position, end)])
    const from = held === null ? position : 0
    const to = held === null ? end : section.length
    const scan = new HeadScan()
    const after = scanFields(section, from, from, to, this.#names, TRAILER_FIELDS_MAX, scan)
    if (after === MORE) {
      this.#held = null
      return this.#hold(section, from, to, TRAILER_MAX) ? MORE : this.#bad('the trailer section is too long')
    }
    if (after === BAD) return this.#bad(`trailer: ${scan.reason}`)
    if (after === TOO_MANY) return this.#bad('too many trailer fields')
    // As large as in pieces: the limit must not depend on how the bytes were cut.
    if (after - from > TRAILER_MAX) return this.#bad('the trailer section is too long')
    this.#held = null
    if (scan.flags.length > 0)
      this.trailers = { text: latin1(section, from, after - 2), offsets: scan.offsets, flags: scan.flags }
    return held === null ? after : position + (after - held.length)
  }

  /** Keeps an unfinished piece; false when it grew beyond `max`. */
  #hold(bytes: Buffer, position: number, end: number, max: number): boolean {
    const piece = Buffer.from(bytes.subarray(position, end))
    this.#held = this.#held === null ? piece : Buffer.concat([this.#held, piece])
    return this.#held.length <= max
  }

  #line(bytes: Buffer, position: number, lf: number): string | null {
    const text = latin1(bytes, position, lf)
    const line = this.#held === null ? text : this.#held.toString('latin1') + text
    this.#held = null
    return line.endsWith('\r') ? line.slice(0, -1) : null
  }

  #bad(reason: string): number {
    this.reason = reason
    return BAD
  }
}
