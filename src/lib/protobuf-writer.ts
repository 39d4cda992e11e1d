/** Writes protobuf messages (protobuf.dev/programming-guides/encoding). Grows as needed; `take` gives what was written and begins anew. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(16 * 1024)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** Whole numbers from 0 to 2^53. */
  varint(field: number, value: number): void {
    this.#tag(field, 0)
    this.#raw(value)
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, 1)
    this.#room(8)
    this.#at = this.#bytes.writeBigUInt64LE(value, this.#at)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, 5)
    this.#room(4)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  text(field: number, text: string): void {
    const length = Buffer.byteLength(text)
    this.#tag(field, 2)
    this.#raw(length)
    this.#room(length)
    this.#at += this.#bytes.write(text, this.#at)
  }

  /** Bytes as hex digits. */
  hex(field: number, digits: string): void {
    const length = digits.length / 2
    this.#tag(field, 2)
    this.#raw(length)
    this.#room(length)
    this.#at += this.#bytes.write(digits, this.#at, 'hex')
  }

  /** A message: `write` writes its fields. */
  message(field: number, write: () => void): void {
    this.#tag(field, 2)
    // One byte of length suffices for most; a longer message moves up by what its length takes.
    this.#room(1)
    const from = ++this.#at
    write()
    const length = this.#at - from
    if (length < 128) {
      this.#bytes[from - 1] = length
      return
    }
    const digits = Math.ceil(Math.log2(length + 1) / 7)
    this.#room(digits - 1)
    this.#bytes.copyWithin(from + digits - 1, from, this.#at)
    this.#at = from - 1
    this.#raw(length)
    this.#at += length
  }

  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at))
    this.#at = 0
    return taken
  }

  #tag(field: number, type: number): void {
    this.#raw(field * 8 + type)
  }

  #raw(value: number): void {
    this.#room(10)
    let left = value
    while (left >= 128) {
      this.#bytes[this.#at++] = (left % 128) + 128
      left = Math.floor(left / 128)
    }
    this.#bytes[this.#at++] = left
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
