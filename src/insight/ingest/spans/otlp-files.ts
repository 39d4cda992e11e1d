import { ProtobufError } from '../../../lib/protobuf-reader.ts'
import type { FieldChoice } from '../../model/field-choice.ts'
import type { Span } from '../../model/span.ts'
import { readElements } from '../json-elements.ts'
import { readLines } from '../lines.ts'
import type { Quarantine } from '../quarantine.ts'
import type { Reader } from '../reader.ts'
import { createOtlpJsonDecoder } from './otlp-json.ts'
import { createOtlpDecoder, type DecodedSpans } from './otlp-protobuf.ts'
import { createSpanFields } from './span-fields.ts'

/** A message in a file, bytes. */
const messageBytesMax = 64 * 1024 * 1024

/** OTLP JSON: one request a line, as the collector's file exporter writes them, or one document over many lines. */
export const otlpJson = (choice: FieldChoice): Reader<Span> => ({
  format: 'otlp-json',
  matches(beginning) {
    const text = Buffer.from(beginning.buffer, beginning.byteOffset, Math.min(beginning.length, 4096)).toString('utf8')
    return /^\ufeff?\s*\{\s*"resourceSpans"\s*:/.test(text)
  },
  async *read(chunks, quarantine) {
    const decode = createOtlpJsonDecoder(createSpanFields(choice))
    const source = chunks[Symbol.asyncIterator]()
    const first = await source.next()
    if (first.done === true) return
    const all = joined(first.value, source)
    const taken = (text: string, place: string): readonly Span[] => {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        quarantine.add(place, 'not JSON')
        return []
      }
      return good(decode(value), place, quarantine)
    }
    if (oneLineEach(first.value)) {
      for await (const lines of readLines(all, quarantine, messageBytesMax))
        for (const { text, number } of lines) yield taken(text, `line ${number}`)
    } else {
      for await (const elements of readElements(all, ['resourceSpans'], quarantine))
        for (const { text, number } of elements) yield taken(`{"resourceSpans":[${text}]}`, `element ${number}`)
    }
  },
})

/** OTLP protobuf: one message, or several each behind its length in four bytes (big-endian), as the collector's file exporter writes them. */
export const otlpProtobuf = (choice: FieldChoice): Reader<Span> => ({
  format: 'otlp-protobuf',
  matches: beginning => isMessage(beginning) || isPrefixed(beginning),
  async *read(chunks, quarantine) {
    const decode = createOtlpDecoder(createSpanFields(choice))
    const bytes = new Bytes(chunks)
    const prefixed = isPrefixed(await bytes.peek(16))
    for (;;) {
      const at = bytes.position
      const place = `byte ${at}`
      const head = await bytes.peek(prefixed ? 4 : 11)
      if (head.length === 0) return
      const size = prefixed ? prefixedSize(head) : fieldSize(head)
      if (size === null || size > messageBytesMax) {
        // Where the next message begins is not known any more.
        quarantine.add(place, size === null ? 'no message of spans' : 'the message is too long')
        return
      }
      const message = await bytes.take(size)
      if (message.length < size) {
        quarantine.add(place, 'the file ends inside a message')
        return
      }
      try {
        yield good(decode(prefixed ? message.subarray(4) : message), place, quarantine)
      } catch (error) {
        if (!(error instanceof ProtobufError)) throw error
        quarantine.add(place, `a message is broken: ${error.message}`)
      }
    }
  },
})

function good(decoded: DecodedSpans | null, place: string, quarantine: Quarantine): readonly Span[] {
  if (decoded === null) {
    quarantine.add(place, 'no message of spans')
    return []
  }
  if (decoded.rejected > 0) quarantine.add(place, decoded.why ?? 'a span is broken', decoded.rejected)
  return decoded.spans
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}

/** Is the first line a whole document? A first line longer than the chunk is taken to be one: nobody writes a document so without indenting it. */
function oneLineEach(chunk: Uint8Array): boolean {
  const end = chunk.indexOf(10)
  if (end < 0) return true
  try {
    JSON.parse(
      Buffer.from(chunk.buffer, chunk.byteOffset, end)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    )
    return true
  } catch {
    return false
  }
}

/** Bytes of a field 1 with its tag and length; null when something else stands there. */
function fieldSize(head: Uint8Array): number | null {
  if (head[0] !== 0x0a) return null
  let length = 0
  for (let i = 1; i < Math.min(head.length, 6); i++) {
    const byte = head[i] as number
    length += (byte & 127) * 128 ** (i - 1)
    if (byte < 128) return 1 + i + length
  }
  return null
}

function prefixedSize(head: Uint8Array): number | null {
  return head.length < 4 ? null : 4 + Buffer.from(head.buffer, head.byteOffset, 4).readUInt32BE()
}

/** A field 1 that holds a resource, spans or a schema URL: no text begins like this. */
function isMessage(head: Uint8Array): boolean {
  const size = fieldSize(head)
  if (size === null || size < 2) return false
  let at = 1
  while ((head[at] ?? 0) >= 128) at++
  return [0x0a, 0x12, 0x1a].includes(head[at + 1] ?? 0)
}

function isPrefixed(head: Uint8Array): boolean {
  const size = prefixedSize(head)
  return size !== null && size > 6 && size <= messageBytesMax && isMessage(head.subarray(4))
}

/** A stream of bytes that can be looked ahead of, without joining more than was asked for. */
class Bytes {
  readonly #source: AsyncIterator<Uint8Array>
  #parts: Uint8Array[] = []
  #held = 0
  position = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]()
  }

  /** The next `count` bytes, fewer at the end; they stay. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#held < count) {
      const next = await this.#source.next()
      if (next.done === true) break
      this.#parts.push(next.value)
      this.#held += next.value.length
    }
    const [first] = this.#parts
    if (first !== undefined && first.length >= Math.min(count, this.#held)) return first.subarray(0, count)
    const whole = Buffer.concat(this.#parts)
    this.#parts = [whole]
    return whole.subarray(0, count)
  }

  async take(count: number): Promise<Uint8Array> {
    const taken = await this.peek(count)
    this.#held -= taken.length
    this.position += taken.length
    const [first, ...rest] = this.#parts
    const left = first?.subarray(taken.length)
    this.#parts = left === undefined || left.length === 0 ? rest : [left, ...rest]
    return taken
  }
}
