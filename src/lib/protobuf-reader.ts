// Hot path: once per field.
import type { TextMemory } from './text-memory.ts'

/** Bytes that are no protobuf message, or one that is larger or deeper than it may be. */
export class ProtobufError extends Error {}

/** Wire types (protobuf.dev/programming-guides/encoding). Groups (3, 4) are obsolete, and the only way to nest without a length: refused. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Reads one message's fields in place, without a schema: `next()` for each field, then the getter of its wire type or nothing (it is skipped
 * by the next `next()`). A nested message is read by entering it (`enter`, `leave`). Throws ProtobufError; never reads outside its bytes.
 */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at: number
  #end: number
  /** Number of the present field. */
  field = 0
  /** Its wire type. */
  type = 0
  #from = 0
  #to = 0
  #number = 0

  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = from
    this.#end = to
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at === this.#end) return false
    const tag = this.#varint()
    this.field = tag >>> 3
    this.type = tag & 7
    if (this.field === 0 || tag > 0xffff_ffff) throw new ProtobufError('a field has no number')
    switch (this.type) {
      case wire.varint:
        this.#number = this.#varint()
        return true
      case wire.bytes: {
        const length = this.#varint()
        this.#span(length)
        return true
      }
      case wire.fixed64:
        this.#span(8)
        return true
      case wire.fixed32:
        this.#span(4)
        return true
      default:
        throw new ProtobufError(
          this.type === 3 || this.type === 4 ? 'groups are not supported' : 'an unknown wire type',
        )
    }
  }

  /** A varint as a number: exact up to 2^53, beyond that near (the sign of a negative int64 is lost on purpose: nobody here reads one). */
  get number(): number {
    return this.#number
  }

  get boolean(): boolean {
    return this.#number !== 0
  }

  /** Bytes of the present field. */
  get length(): number {
    return this.#to - this.#from
  }

  /** Low and high half of a fixed64. */
  get low(): number {
    return this.#bytes.readUInt32LE(this.#from)
  }

  get high(): number {
    return this.#bytes.readUInt32LE(this.#from + 4)
  }

  get double(): number {
    return this.#bytes.readDoubleLE(this.#from)
  }

  hex(): string {
    return this.#bytes.toString('hex', this.#from, this.#to)
  }

  /** UTF-8; what is none becomes U+FFFD. At most `max` bytes of it. `memory`: for texts that come again. */
  text(max: number, memory: TextMemory | null = null): string {
    const to = Math.min(this.#to, this.#from + max)
    return memory === null ? this.#bytes.toString('utf8', this.#from, to) : memory.text(this.#bytes, this.#from, to)
  }

  /** Bytes of the present field, in place. */
  bytes(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to)
  }

  /** Goes into the message of the present field; gives what `leave` needs. */
  enter(): number {
    if (this.type !== wire.bytes) throw new ProtobufError('a message is not of the wire type of one')
    const outer = this.#end
    this.#at = this.#from
    this.#end = this.#to
    return outer
  }

  /** Out of a message that was read to its end. */
  leave(outer: number): void {
    this.#at = this.#end
    this.#end = outer
  }

  /** Where the field behind the present one begins. */
  get behind(): number {
    return this.#at
  }

  /** Out of a message that turned out to be broken: `behind` as it was before it was entered, and what `enter` gave. */
  abandon(behind: number, outer: number): void {
    this.#at = behind
    this.#end = outer
  }

  #span(length: number): void {
    if (length > this.#end - this.#at) throw new ProtobufError('a field is longer than its message')
    this.#from = this.#at
    this.#to = this.#at += length
  }

  #varint(): number {
    const bytes = this.#bytes
    let at = this.#at
    const end = this.#end
    if (at >= end) throw new ProtobufError('a number ends early')
    let byte = bytes[at++] as number
    if (byte < 128) {
      this.#at = at
      return byte
    }
    let value = byte & 127
    let scale = 128
    for (let i = 1; i < 10; i++) {
      if (at >= end) throw new ProtobufError('a number ends early')
      byte = bytes[at++] as number
      value += (byte & 127) * scale
      if (byte < 128) {
        this.#at = at
        return value
      }
      scale *= 128
    }
    throw new ProtobufError('a number has more than ten bytes')
  }
}
