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

/** An exchange as it arrived. The bodies are views: use them before the call returns. */
export interface ExchangeFrame {
  /** The event's line with its LF, not looked into. */
  readonly line: string
  readonly query: string
  readonly requestFields: ReadonlyArray<readonly [name: string, value: string]>
  readonly responseFields: ReadonlyArray<readonly [name: string, value: string]>
  readonly requestBody: Uint8Array | null
  readonly responseBody: Uint8Array | null
  readonly encrypted: boolean
}

export interface FrameReader {
  hello(worker: number): void
  /** Whole lines; a view. */
  events(lines: Buffer): void
  exchange(frame: ExchangeFrame): void
  /** Totals since the connection began. */
  dropped(events: number, contents: number): void
}

/** The bytes are not of this protocol: the connection is of no use any more. */
export class FrameError extends Error {}

/**
 * Takes the bytes of one connection and tells what they say; holds at most one frame. Throws FrameError at the first thing that is not
 * exactly as `frames.ts` says; the decoder must not be used after that.
 */
export function createFrameDecoder(reader: FrameReader): (chunk: Buffer) => void {
  let kept: Buffer = Buffer.alloc(0)
  let keptEnd = 0
  let greeted = false

  function frame(body: Buffer): void {
    const kind = body[0] as number
    const flags = body[1] as number
    const padding = body.readUInt16LE(2)
    const stop = body.length - padding
    if (padding > 3 || stop < frameHeadBytes - 4) throw new FrameError('a frame with impossible padding')
    const content = body.subarray(frameHeadBytes - 4, stop)
    if (!greeted && kind !== HELLO) throw new FrameError('the first frame is not a hello')
    if ((flags & ~(kind === EXCHANGE ? REQUEST_BODY | RESPONSE_BODY | ENCRYPTED : 0)) !== 0)
      throw new FrameError('flags that mean nothing')
    switch (kind) {
      case HELLO:
        if (greeted) throw new FrameError('a second hello')
        greeted = true
        return reader.hello(greeting(content))
      case EVENTS:
        if (content.at(-1) !== 0x0a) throw new FrameError('events that do not end in LF')
        return reader.events(content)
      case EXCHANGE:
        return reader.exchange(exchange(content, flags))
      case DROPPED:
        if (content.length !== 8) throw new FrameError('dropped counts of another length')
        return reader.dropped(content.readUInt32LE(0), content.readUInt32LE(4))
      default:
        throw new FrameError(`a frame of unknown kind ${kind}`)
    }
  }

  /** Whole frames from the front of `bytes`; gives where the rest begins. */
  function frames(bytes: Buffer): number {
    let at = 0
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32LE(at)
      if (length < frameHeadBytes - 4 || length > frameBytesMax || (length & 3) !== 0)
        throw new FrameError(`a frame of ${length} bytes`)
      if (bytes.length - at - 4 < length) break
      frame(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    return at
  }

  return chunk => {
    let rest = chunk
    // What is left of the last chunk is completed to one frame, not joined with all of the next: so each byte is copied at most once.
    while (keptEnd > 0 && rest.length > 0) {
      const want = keptEnd < 4 ? 4 : 4 + kept.readUInt32LE(0)
      if (want > 4 + frameBytesMax) throw new FrameError(`a frame of ${want - 4} bytes`)
      if (kept.length < want) {
        const larger = Buffer.allocUnsafeSlow(Math.max(want, 64 * 1024))
        kept.copy(larger, 0, 0, keptEnd)
        kept = larger
      }
      const taken = Math.min(want - keptEnd, rest.length)
      rest.copy(kept, keptEnd, 0, taken)
      keptEnd += taken
      rest = rest.subarray(taken)
      if (keptEnd >= 4 && frames(kept.subarray(0, keptEnd)) > 0) keptEnd = 0
    }
    if (rest.length === 0) return
    rest = rest.subarray(frames(rest))
    if (rest.length === 0) return
    if (kept.length < rest.length) kept = Buffer.allocUnsafeSlow(Math.max(rest.length, 64 * 1024))
    rest.copy(kept)
    keptEnd = rest.length
  }
}

function greeting(content: Buffer): number {
  let hello: unknown
  try {
    hello = JSON.parse(content.toString('latin1'))
  } catch {
    throw new FrameError('a hello that is not JSON')
  }
  const { protocol, worker } = (hello ?? {}) as { protocol?: unknown; worker?: unknown }
  if (protocol !== streamProtocol) throw new FrameError(`protocol ${String(protocol)}, not ${streamProtocol}`)
  if (typeof worker !== 'number' || !Number.isInteger(worker) || worker < 0)
    throw new FrameError('a hello without its worker')
  return worker
}

function exchange(content: Buffer, flags: number): ExchangeFrame {
  if (content.length < exchangeHeadBytes) throw new FrameError('an exchange without its lengths')
  const length = (index: number): number => content.readUInt32LE(index * 4)
  const [requestCount, responseCount] = [length(2), length(4)]
  if (requestCount > fieldsMax || responseCount > fieldsMax) throw new FrameError('too many fields')
  let at = exchangeHeadBytes + (requestCount + responseCount) * 16
  const section = (bytes: number): Buffer => {
    const start = at
    at += bytes
    return content.subarray(start, at)
  }
  const line = section(length(0)).toString('latin1')
  const query = section(length(1)).toString('latin1')
  const requestText = section(length(3)).toString('latin1')
  const responseText = section(length(5)).toString('latin1')
  const requestBody = section(length(6))
  const responseBody = section(length(7))
  if (at !== content.length) throw new FrameError('an exchange whose lengths do not add up')
  return {
    line,
    query,
    requestFields: fields(content, exchangeHeadBytes, requestCount, requestText),
    responseFields: fields(content, exchangeHeadBytes + requestCount * 16, responseCount, responseText),
    requestBody: body(requestBody, (flags & REQUEST_BODY) !== 0),
    responseBody: body(responseBody, (flags & RESPONSE_BODY) !== 0),
    encrypted: (flags & ENCRYPTED) !== 0,
  }
}

function body(bytes: Buffer, present: boolean): Buffer | null {
  if (present) return bytes
  if (bytes.length > 0) throw new FrameError('a body that is not there has bytes')
  return null
}

function fields(content: Buffer, from: number, count: number, text: string): [name: string, value: string][] {
  const found: [string, string][] = []
  for (let i = 0; i < count; i++) {
    const at = from + i * 16
    const nameStart = content.readUInt32LE(at)
    const nameEnd = content.readUInt32LE(at + 4)
    const valueStart = content.readUInt32LE(at + 8)
    const valueEnd = content.readUInt32LE(at + 12)
    if (!(nameStart <= nameEnd && nameEnd <= valueStart && valueStart <= valueEnd && valueEnd <= text.length))
      throw new FrameError('a field outside its text')
    found.push([text.slice(nameStart, nameEnd), text.slice(valueStart, valueEnd)])
  }
  return found
}
