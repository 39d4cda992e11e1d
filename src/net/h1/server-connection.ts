// Hot path: the client's side of every exchange.
import type { Socket } from 'node:net'
import type { Client, TlsInfo } from '../../core/exchange.ts'
import type { Budget } from '../budget.ts'
import type { Pulse, Pulsed } from '../pulse.ts'
import { ChunkedDecoder, type Trailers } from './chunked.ts'
import type { FieldNames } from './field-names.ts'
import { CHUNKED } from './framing.ts'
import { Outlet } from './outlet.ts'
import { type RequestHead, readRequestHead } from './request-head.ts'
import { BAD, HeadScan, MORE, scanHead, TOO_MANY } from './scan.ts'
import { latin1 } from '../latin1.ts'

/** Takes the rest of one request and hears of its connection. `bytes` are valid during the call only. */
export interface RequestSink {
  requestData(bytes: Buffer, from: number, to: number): void
  requestEnd(trailers: Trailers | null): void
  /** One read was worked through: send what was gathered. */
  requestFlush(): void
  /** The client took what was written. */
  clientDrained(): void
  /** The exchange cannot go on: the client is gone (`code` null), or broke its framing or stalled and may still be told so. */
  aborted(reason: string, code: 'malformed-request' | 'request-timeout' | null): void
}

export type RefusalCode =
  | 'malformed-request'
  | 'not-implemented'
  | 'version-not-supported'
  | 'uri-too-long'
  | 'head-too-large'
  | 'expectation-failed'
  | 'request-timeout'
  | 'overloaded'

/** The owner of a listener's connections. */
export interface ServerHandler {
  request(connection: ServerConnection, head: RequestHead): RequestSink
  /** No exchange could be made of the bytes; the handler answers by `begin` with `close`, or destroys. */
  refused(connection: ServerConnection, code: RefusalCode, reason: string): void
  closed(connection: ServerConnection): void
}

/** What a listener's connections share; fields are replaced at reload, so connections read them each time. */
export interface ServerSettings {
  readonly listener: string
  readonly secure: boolean
  readonly names: FieldNames
  limits: {
    readonly headBytesMax: number
    readonly fieldsMax: number
    readonly urlBytesMax: number
    readonly requestsPerConnectionMax: number
    readonly headTimeoutMs: number
    readonly idleTimeoutMs: number
    readonly progressTimeoutMs: number
  }
  readonly budget: Budget
  readonly pulse: Pulse
  readonly handler: ServerHandler
}

/** Bytes of a refused request's body that are read away so that the client sees the answer instead of a reset. */
const DISCARD_MAX = 256 * 1024
const LINGER_SECONDS = 2

type Phase = 'head' | 'body' | 'done' | 'discard' | 'linger' | 'closed'

/** One client connection: HTTP/1.1 requests one at a time, pipelined ones answered in order (RFC 9112 §9.3.2). */
export class ServerConnection implements Pulsed {
  readonly client: Client
  readonly tls: TlsInfo | null
  readonly settings: ServerSettings
  /** Text that the owner makes once for a connection and authority (`X-Forwarded-*`); kept here because it lives as long. */
  forwarded: { readonly authority: string; readonly text: string } | null = null
  readonly socket: Socket
  readonly #out: Outlet
  readonly #scan = new HeadScan()
  #phase: Phase = 'head'
  #sink: RequestSink | null = null
  #chunked: ChunkedDecoder | null = null
  /** Body bytes still to come, when the length is known. */
  #left = 0
  /** Bytes that nobody may have yet: a head in pieces, a pipelined request, a body before it is wanted. */
  #held: Buffer | null = null
  #wanted = false
  #paused = false
  #advancing = false
  #requests = 0
  #since: number
  /** A head has begun to arrive. */
  #inHead = false
  /** The current request's answer. */
  #begun = false
  #chunkedAnswer = false
  #bodilessAnswer = false
  /** An HTTP/1.0 client is getting a body that ends with the connection. */
  #untilClose = false
  #closeAfter = false
  #headRequest = false
  #oldClient = false
  #requestKeepAlive = true
  #clientEnded = false
  #draining = false
  #discarded = 0

  /** `feeds`: the socket has a read buffer of its own, and its owner calls `received`. */
  constructor(socket: Socket, client: Client, tls: TlsInfo | null, settings: ServerSettings, feeds = false) {
    this.socket = socket
    this.client = client
    this.tls = tls
    this.settings = settings
    this.#out = new Outlet(socket)
    this.#since = settings.pulse.tick
    settings.pulse.add(this)
    if (!feeds) socket.on('data', (chunk: Buffer) => this.received(chunk, chunk.length))
    socket.on('end', () => this.#ended())
    socket.on('drain', () => {
      this.#since = settings.pulse.tick
      if (this.#sink !== null) this.#sink.clientDrained()
      else if (this.#phase === 'head' && this.#paused) this.#resume()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  get busy(): boolean {
    return this.#phase === 'body' || this.#phase === 'done'
  }

  get requests(): number {
    return this.#requests
  }

  // ---- what the exchange asks for

  /** The body is wanted now; its bytes go to the sink. Before this call they wait, and the client is slowed down. */
  readBody(): void {
    if (this.#wanted) return
    this.#wanted = true
    if (!this.#advancing) this.#resume()
  }

  /** Stops the body for a while: the receiver is slow. */
  pauseBody(): void {
    this.#wanted = false
    if (!this.#paused && this.#phase === 'body') this.#pause()
  }

  /** Sends `100 Continue` (RFC 9110 §10.1.1), or another interim answer with its fields. */
  interim(status: number, reason: string, fields: string): void {
    if (this.#begun || this.#oldClient || this.#phase === 'closed') return
    this.#out.put(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n`)
  }

  /**
   * Starts the answer. `head` is its status line and complete field lines; `length` is that of the body in bytes, CHUNKED or UNTIL_CLOSE for one yet
   * unknown; `contentLength` is the Content-Length to write, null where the head has it already or there is none. Returns whether the connection lives on.
   */
  begin(status: number, head: string, length: number, contentLength: number | null, close: boolean): boolean {
    if (this.#begun || this.#phase === 'closed') return false
    this.#begun = true
    const bodiless = this.#headRequest || status === 204 || status === 304 || status < 200
    this.#bodilessAnswer = bodiless
    this.#chunkedAnswer = false
    let closing =
      close ||
      !this.#requestKeepAlive ||
      this.#draining ||
      this.#requests >= this.settings.limits.requestsPerConnectionMax
    let framing = ''
    if (bodiless || length >= 0) {
      if (contentLength !== null && status !== 204) framing = `Content-Length: ${contentLength}\r\n`
    } else if (this.#oldClient) {
      closing = true
      this.#untilClose = true
    } else {
      framing = 'Transfer-Encoding: chunked\r\n'
      this.#chunkedAnswer = true
    }
    this.#closeAfter = closing
    if (framing !== '') head += framing
    this.#out.put(head)
    this.#out.put(closing ? 'Connection: close\r\n\r\n' : this.#oldClient ? 'Connection: keep-alive\r\n\r\n' : '\r\n')
    return !closing
  }

  /** Sends body bytes; they are copied. */
  write(bytes: Buffer, from: number, to: number): void {
    if (this.#phase === 'closed' || this.#bodilessAnswer) return
    if (this.#chunkedAnswer) this.#out.writeChunk(bytes, from, to)
    else this.#out.write(bytes, from, to)
  }

  /** Sends body bytes that somebody has as latin-1 text already, at most some KiB. */
  writeText(text: string): void {
    if (this.#phase === 'closed' || this.#bodilessAnswer || text === '') return
    if (this.#chunkedAnswer) this.#out.put(`${text.length.toString(16)}\r\n${text}\r\n`)
    else this.#out.put(text)
  }

  /** Sends what was gathered; false when the client is slow. */
  flush(): boolean {
    if (this.#phase === 'closed') return true
    this.#since = this.settings.pulse.tick
    return this.#out.flush()
  }

  /** The answer is complete. `trailers` are complete lines, sent only in a chunked answer. */
  finish(trailers = ''): void {
    if (this.#phase === 'closed') return
    if (this.#chunkedAnswer) this.#out.put(`0\r\n${trailers}\r\n`)
    this.#out.flush()
    this.#untilClose = false
    this.#sink = null
    this.#since = this.settings.pulse.tick
    // A drain that was asked for after the head had gone out holds too.
    if (this.#closeAfter || this.#draining) return this.#linger()
    if (this.#phase === 'body') {
      this.#phase = 'discard'
      this.#discarded = 0
      this.#wanted = true
    } else this.#phase = 'head'
    this.#begun = false
    if (this.#advancing) return
    if (this.#clientEnded && this.#held === null) return this.#linger()
    this.#resume()
  }

  /** Breaks the connection off: an answer that cannot be completed must not look complete. */
  destroy(): void {
    // Where an orderly close is the end of the body only a reset tells otherwise; over TLS the missing close_notify does.
    if (this.#untilClose && this.tls === null && this.client.address !== '') this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  /** Closes as soon as no exchange is open. */
  drain(): void {
    this.#draining = true
    if (this.#phase === 'head' && this.#held === null) this.#linger()
  }

  /** Called about once a second. */
  pulse(tick: number): void {
    const limits = this.settings.limits
    const waitedMs = (tick - this.#since - 1) * 1000
    switch (this.#phase) {
      case 'head':
        if (this.#paused) {
          if (waitedMs >= limits.progressTimeoutMs) this.destroy()
        } else if (this.#headBegun() || this.#requests === 0) {
          if (waitedMs < limits.headTimeoutMs) return
          if (!this.#headBegun()) this.destroy()
          else this.#refuse('request-timeout', 'the head did not arrive in time')
        } else if (waitedMs >= limits.idleTimeoutMs) this.#linger()
        return
      case 'body':
      case 'discard':
      case 'done':
        // Somebody must be making progress: the client by sending (when it is asked to) or by reading (when it has something to read).
        if (waitedMs < limits.progressTimeoutMs) return
        if (this.#out.waiting > 0) this.#fail('the client does not read', null)
        else if (this.#phase === 'discard') this.destroy()
        else if (this.#phase === 'body' && this.#wanted)
          this.#fail('the client stopped sending its body', 'request-timeout')
        return
      case 'linger':
        if (tick - this.#since > LINGER_SECONDS && (this.#out.waiting === 0 || waitedMs >= limits.progressTimeoutMs))
          this.destroy()
        return
      case 'closed':
    }
  }

  // ---- bytes from the client

  /** The first `length` bytes of `chunk` came from the client; valid during the call only. */
  received(chunk: Buffer, length: number): void {
    if (this.#phase === 'linger') {
      this.#discarded += length
      if (this.#discarded > DISCARD_MAX) this.destroy()
      return
    }
    const held = this.#held
    if (held === null) return this.#advance(chunk, length)
    this.#release()
    const more = chunk.subarray(0, length)
    const all = Buffer.concat([held, more])
    // A head in pieces is scanned again only when a line ended, so slow bytes cost nothing and a scan happens at most once a field.
    if (this.#phase === 'head' && all.length <= this.settings.limits.headBytesMax && !more.includes(10)) this.#hold(all)
    else this.#advance(all, all.length)
  }

  #advance(bytes: Buffer, length: number): void {
    this.#advancing = true
    let position = 0
    loop: while (!this.socket.destroyed) {
      switch (this.#phase) {
        case 'head': {
          if (position >= length) break loop
          // A client that asks on without reading its answers would have us keep them all.
          if (this.#out.full) {
            this.#hold(bytes.subarray(position, length))
            this.#pause()
            break loop
          }
          const after = this.#readHead(bytes, position, length)
          if (after < 0) {
            if (after === MORE) this.#hold(bytes.subarray(position, length))
            break loop
          }
          position = after
          break
        }
        case 'body':
        case 'discard': {
          if (!this.#wanted) {
            if (position < length) this.#hold(bytes.subarray(position, length))
            this.#pause()
            break loop
          }
          if (position >= length) break loop
          const after = this.#readBody(bytes, position, length)
          if (after < 0) break loop
          position = after
          break
        }
        case 'done':
          // A pipelined request waits for its turn, and the client with it.
          if (position < length) {
            this.#hold(bytes.subarray(position, length))
            this.#pause()
          }
          break loop
        default:
          break loop
      }
    }
    this.#advancing = false
    this.#sink?.requestFlush()
    // A pause that was taken back while these bytes were worked through.
    if (this.#paused && this.#wantsBytes()) this.#unpause()
    if (this.#clientEnded && !this.#paused) this.#nothingFollows()
  }

  /** The last bytes of a half-closed client were worked through. */
  #nothingFollows(): void {
    if (this.#phase === 'body' && this.#wanted) this.#fail('the client closed before its request was complete', null)
    else if (this.#headBegun()) this.#refuse('malformed-request', 'the connection ended inside a head')
    else if (this.#phase === 'head' || this.#phase === 'discard') this.#linger()
  }

  /** The beginning of a pipelined head may be held: the rest of it has to be read all the same. */
  #wantsBytes(): boolean {
    return (
      (this.#phase === 'head' && !this.#out.full) ||
      ((this.#phase === 'body' || this.#phase === 'discard') && this.#wanted)
    )
  }

  /** Reads one head; the position after it, MORE, or BAD when the connection is over. */
  #readHead(bytes: Buffer, start: number, length: number): number {
    const limits = this.settings.limits
    let from = start
    // One empty line before a request is tolerated (RFC 9112 §2.2); nothing of it is forwarded.
    if (bytes[from] === 13 && from + 1 < length && bytes[from + 1] === 10) from += 2
    const end = Math.min(length, from + limits.headBytesMax)
    const after = scanHead(bytes, from, end, this.settings.names, limits.fieldsMax, this.#scan)
    if (after < 0) {
      if (after === MORE && length - from < limits.headBytesMax) {
        // The time for a head counts from its first byte (the first one's from the connection), however many pieces follow: slowloris.
        if (!this.#inHead && this.#requests > 0) this.#since = this.settings.pulse.tick
        this.#inHead = true
        return MORE
      }
      if (after === BAD) this.#refuse('malformed-request', this.#scan.reason)
      else if (after === TOO_MANY) this.#refuse('head-too-large', 'more header fields than allowed')
      else if (!endsWithin(bytes.subarray(from, length), limits.urlBytesMax))
        this.#refuse('uri-too-long', 'the request line is longer than allowed')
      else this.#refuse('head-too-large', 'the head is larger than allowed')
      return BAD
    }
    const head = readRequestHead(
      latin1(bytes, from, after - 2),
      this.#scan,
      this.settings.names,
      this.settings.secure,
      limits.urlBytesMax,
    )
    if ('malformed' in head) {
      this.#refuse(head.malformed, head.reason)
      return BAD
    }
    this.#requests++
    this.#inHead = false
    this.#since = this.settings.pulse.tick
    this.#headRequest = head.method === 'HEAD'
    this.#oldClient = head.version === 0
    this.#requestKeepAlive = head.keepAlive
    this.#begun = false
    this.#wanted = false
    this.#left = head.length
    this.#chunked = head.length === CHUNKED ? new ChunkedDecoder(this.settings.names) : null
    this.#phase = head.length === 0 ? 'done' : 'body'
    const sink = this.settings.handler.request(this, head)
    // The answer may already have been given while the handler ran; then the exchange has no sink any more.
    if (this.#phase === 'body' || this.#phase === 'done') this.#sink = sink
    return after
  }

  #readBody(bytes: Buffer, position: number, length: number): number {
    this.#since = this.settings.pulse.tick
    const discarding = this.#phase === 'discard'
    if (this.#chunked !== null) {
      const after = this.#chunked.feed(bytes, position, length, (from, to) => {
        if (discarding) this.#discarded += to - from
        else this.#sink?.requestData(bytes, from, to)
      })
      if (after === BAD) {
        if (discarding) this.destroy()
        else this.#fail(`the request body is malformed: ${this.#chunked?.reason ?? ''}`, 'malformed-request')
        return BAD
      }
      if (discarding && this.#discarded > DISCARD_MAX) {
        this.destroy()
        return BAD
      }
      if (after === MORE) return length
      const trailers = this.#chunked?.trailers ?? null
      this.#bodyEnded(discarding, trailers)
      return after
    }
    const to = Math.min(length, position + this.#left)
    this.#left -= to - position
    if (discarding) {
      this.#discarded += to - position
      if (this.#discarded > DISCARD_MAX) {
        this.destroy()
        return BAD
      }
    } else this.#sink?.requestData(bytes, position, to)
    if (this.#left === 0) this.#bodyEnded(discarding, null)
    return to
  }

  #bodyEnded(discarding: boolean, trailers: Trailers | null): void {
    this.#chunked = null
    this.#left = 0
    if (discarding) {
      this.#phase = 'head'
      return
    }
    // The answer may have been finished by the last data call.
    if (this.#phase !== 'body') {
      if (this.#phase === 'discard') this.#phase = 'head'
      return
    }
    this.#phase = 'done'
    this.#sink?.requestEnd(trailers)
  }

  #resume(): void {
    if (this.#held !== null) {
      const held = this.#held
      this.#release()
      this.#advance(held, held.length)
    }
    if (this.#paused && this.#wantsBytes()) this.#unpause()
  }

  #unpause(): void {
    this.#paused = false
    this.#since = this.settings.pulse.tick
    this.socket.resume()
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.socket.pause()
  }

  #hold(bytes: Buffer): void {
    if (!this.settings.budget.charge(bytes.length)) {
      // Where an exchange is open its answer may have begun: a second head in the middle of it would be response splitting by our own hand.
      if (this.#phase === 'head') this.#refuse('overloaded', 'the memory budget of the worker is spent')
      else this.#fail('the memory budget of the worker is spent', null)
      return
    }
    // Copied, because the bytes may stand in a buffer that the next read uses again.
    this.#held = Buffer.from(bytes)
  }

  #release(): void {
    if (this.#held !== null) this.settings.budget.release(this.#held.length)
    this.#held = null
  }

  // ---- ends

  #refuse(code: RefusalCode, reason: string): void {
    this.#release()
    this.#requestKeepAlive = false
    this.#headRequest = false
    this.#phase = 'done'
    this.#begun = false
    this.settings.handler.refused(this, code, reason)
  }

  #fail(reason: string, code: 'malformed-request' | 'request-timeout' | null): void {
    const sink = this.#sink
    this.#sink = null
    if (sink === null) return this.destroy()
    this.#requestKeepAlive = false
    sink.aborted(reason, code)
    if (this.#phase !== 'linger') this.destroy()
  }

  #ended(): void {
    this.#clientEnded = true
    // A half-closed client that asked completely still gets its answer; one that stopped mid-request does not.
    if (this.#phase === 'done' || (this.#phase === 'body' && !this.#wanted && this.#held !== null)) return
    if (this.#phase === 'body') this.#fail('the client closed before its request was complete', null)
    else if (this.#headBegun()) this.#refuse('malformed-request', 'the connection ended inside a head')
    else {
      this.#out.send()
      this.socket.end()
    }
  }

  /** Has some of a head arrived? The empty line that old clients send behind a body is nothing (RFC 9112 §2.2). */
  #headBegun(): boolean {
    const held = this.#held
    if (this.#phase !== 'head' || held === null) return false
    return held.length > 2 || held[0] !== 13 || (held.length === 2 && held[1] !== 10)
  }

  /** Ends our side and reads the rest away for a moment, since closing over unread bytes resets the connection and the answer with it. */
  #linger(): void {
    this.#release()
    this.#phase = 'linger'
    this.#discarded = 0
    this.#since = this.settings.pulse.tick
    this.#out.send()
    this.socket.end()
    if (this.#paused) this.socket.resume()
    this.#paused = false
  }

  #closed(): void {
    const sink = this.#sink
    this.#sink = null
    this.#release()
    this.#phase = 'closed'
    this.settings.pulse.delete(this)
    sink?.aborted('the client closed the connection', null)
    this.settings.handler.closed(this)
  }
}

/** Does the request line end within `max` bytes? */
function endsWithin(bytes: Buffer, max: number): boolean {
  const end = bytes.indexOf(13)
  return end >= 0 && end <= max
}
