// Hot path: once per exchange on the data plane; copies only.
import type { Fields } from '../../core/fields.ts'
import {
  DROPPED,
  ENCRYPTED,
  EVENTS,
  EXCHANGE,
  exchangeHeadBytes,
  fieldsMax,
  frameBytesMax,
  frameHeadBytes,
  HELLO,
  REQUEST_BODY,
  RESPONSE_BODY,
  streamProtocol,
} from './frames.ts'

/** What the data plane gathered of an exchange, beside its event. */
export interface Contents {
  /** As sent, without `?`; latin-1. */
  readonly query: string
  readonly requestFields: Fields
  /** null when the service was not asked, or did not answer. */
  readonly responseFields: Fields | null
  /** The first bytes of the bodies, as bytes or as latin-1 text; null when there was none. Copied before the call returns. */
  readonly requestBody: Uint8Array | string | null
  readonly responseBody: Uint8Array | string | null
  readonly encrypted: boolean
}

/**
 * Frames gathered into one batch. A batch has a fixed size, and a call that finds no room says no and changes nothing: the sender then takes the
 * batch and writes it, or counts a loss when its socket is behind. Not for two threads.
 */
export interface FrameEncoder {
  hello(worker: number): boolean
  /** `line` is ASCII and ends in LF, as the event's serializer made it. */
  event(line: string): boolean
  exchange(line: string, contents: Contents): boolean
  dropped(events: number, contents: number): boolean
  /** Bytes in the batch. */
  readonly waiting: number
  /** The batch, which is the caller's until it gives it back; null when there is nothing. */
  take(): Buffer<ArrayBuffer> | null
  /** After the socket has written it; its memory serves again. */
  giveBack(batch: Buffer<ArrayBuffer>): void
}

interface Latin1Target {
  latin1Write(text: string, at: number, bytes: number): number
}

/** Batches kept for use again: one being filled, one being written. */
const spareMax = 2

/** `batchBytes` (at most 4 MiB) also bounds one frame; with less than two bodies' caps, large exchanges lose their contents. */
export function createFrameEncoder(batchBytes: number = 256 * 1024): FrameEncoder {
  if (!(batchBytes >= 1024 && batchBytes <= frameBytesMax))
    throw new RangeError(`a batch has 1 KiB to 4 MiB, not ${batchBytes} bytes`)
  const size = batchBytes & ~3
  const spare: Buffer<ArrayBuffer>[] = []
  let batch = Buffer.allocUnsafeSlow(size)
  let words = new Uint32Array(batch.buffer)
  let end = 0
  /** Start of the open frame of events, which further lines join; -1 when the last frame is of another kind. */
  let open = -1
  let closed = 0

  function text(value: string, at: number): number {
    ;(batch as unknown as Latin1Target).latin1Write(value, at, value.length)
    return at + value.length
  }

  function body(value: Uint8Array | string | null, at: number): number {
    if (value === null) return at
    if (typeof value === 'string') return text(value, at)
    batch.set(value, at)
    return at + value.length
  }

  /** Writes the head of the frame from `start` to `stop`, padded to a multiple of 4. */
  function close(kind: number, flags: number, start: number, stop: number): void {
    const padding = -stop & 3
    words[start >> 2] = stop + padding - start - 4
    words[(start >> 2) + 1] = kind | (flags << 8) | (padding << 16)
    for (let i = 0; i < padding; i++) batch[stop + i] = 0
    end = stop + padding
  }

  function closeEvents(): void {
    if (open < 0) return
    close(EVENTS, 0, open, closed)
    open = -1
  }

  /** Where the next frame begins; the open frame of events is padded. */
  const next = (): number => (end + 3) & ~3

  function offsets(fields: Fields, count: number, at: number): number {
    const from = fields.offsets
    const base = from[0] as number
    for (let i = 0; i < count * 4; i++) words[at + i] = (from[i] as number) - base
    return at + count * 4
  }

  return {
    get waiting() {
      return end
    },
    hello(worker) {
      const json = JSON.stringify({ protocol: streamProtocol, worker })
      if (next() + frameHeadBytes + json.length + 3 > size) return false
      closeEvents()
      close(HELLO, 0, end, text(json, end + frameHeadBytes))
      return true
    },
    event(line) {
      const at = open < 0 ? end + frameHeadBytes : end
      // Three bytes stay free for the padding.
      if (at + line.length + 3 > size) return false
      if (open < 0) open = end
      end = text(line, at)
      closed = end
      return true
    },
    exchange(line, contents) {
      const { query, requestFields, responseFields, requestBody, responseBody } = contents
      const requestCount = Math.min(requestFields.size, fieldsMax)
      const responseCount = responseFields === null ? 0 : Math.min(responseFields.size, fieldsMax)
      const requestLength = span(requestFields, requestCount)
      const responseLength = responseFields === null ? 0 : span(responseFields, responseCount)
      const requestBytes = requestBody === null ? 0 : requestBody.length
      const responseBytes = responseBody === null ? 0 : responseBody.length
      const room =
        frameHeadBytes +
        exchangeHeadBytes +
        (requestCount + responseCount) * 16 +
        line.length +
        query.length +
        requestLength +
        responseLength +
        requestBytes +
        responseBytes +
        3
      if (next() + room > size) return false
      closeEvents()
      const start = end
      let word = (start + frameHeadBytes) >> 2
      words[word++] = line.length
      words[word++] = query.length
      words[word++] = requestCount
      words[word++] = requestLength
      words[word++] = responseCount
      words[word++] = responseLength
      words[word++] = requestBytes
      words[word++] = responseBytes
      if (requestCount > 0) word = offsets(requestFields, requestCount, word)
      if (responseFields !== null && responseCount > 0) word = offsets(responseFields, responseCount, word)
      let at = text(query, text(line, word << 2))
      if (requestCount > 0) at = text(covered(requestFields, requestLength), at)
      if (responseFields !== null && responseCount > 0) at = text(covered(responseFields, responseLength), at)
      at = body(requestBody, at)
      at = body(responseBody, at)
      const flags =
        (requestBody === null ? 0 : REQUEST_BODY) |
        (responseBody === null ? 0 : RESPONSE_BODY) |
        (contents.encrypted ? ENCRYPTED : 0)
      close(EXCHANGE, flags, start, at)
      return true
    },
    dropped(events, contents) {
      if (next() + frameHeadBytes + 8 > size) return false
      closeEvents()
      const word = (end + frameHeadBytes) >> 2
      words[word] = events
      words[word + 1] = contents
      close(DROPPED, 0, end, end + frameHeadBytes + 8)
      return true
    },
    take() {
      closeEvents()
      if (end === 0) return null
      const full = batch.subarray(0, end)
      batch = spare.pop() ?? Buffer.allocUnsafeSlow(size)
      words = new Uint32Array(batch.buffer)
      end = 0
      return full
    },
    giveBack(used) {
      if (spare.length < spareMax && used.buffer.byteLength === size) spare.push(Buffer.from(used.buffer, 0, size))
    },
  }
}

/** Characters from the first name to the last value. */
function span(fields: Fields, count: number): number {
  return count === 0 ? 0 : (fields.offsets[count * 4 - 1] as number) - (fields.offsets[0] as number)
}

function covered(fields: Fields, length: number): string {
  const base = fields.offsets[0] as number
  return fields.text.slice(base, base + length)
}
