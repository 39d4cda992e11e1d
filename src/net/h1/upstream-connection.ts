// Hot path: the service's side of every exchange.
import type { Socket } from 'node:net'
import type { Pulse, Pulsed } from '../pulse.ts'
import { ChunkedDecoder, type Trailers } from './chunked.ts'
import { FieldNames } from './field-names.ts'
import { CHUNKED, UNTIL_CLOSE } from './framing.ts'
import { Outlet } from './outlet.ts'
import { type ResponseHead, readResponseHead } from './response-head.ts'
import { BAD, HeadScan, MORE, scanHead } from './scan.ts'
import { latin1 } from '../latin1.ts'

export type UpstreamFailure = 'unreachable' | 'malformed' | 'closed' | 'timeout'

/** Takes one answer. `bytes` are valid during the call only. */
export interface ResponseSink {
  informational(head: ResponseHead): void
  response(head: ResponseHead): void
  responseData(bytes: Buffer, from: number, to: number): void
  /** One read was worked through: send what was gathered. */
  responseFlush(): void
  responseEnd(trailers: Trailers | null): void
  /** The service took what was written. */
  upstreamDrained(): void
  /** The answer will not come or not be completed. `answered`: some byte of it had arrived. */
  upstreamFailed(kind: UpstreamFailure, reason: string, answered: boolean): void
}

export interface UpstreamTimeouts {
  readonly responseMs: number
  readonly idleMs: number
  readonly keepAliveMs: number
}

const HEAD_MAX = 64 * 1024
const FIELDS_MAX = 200
const INTERIM_MAX = 16
const names = new FieldNames()

/** One connection to a target: one exchange at a time, kept alive between. As strict with answers as the server side is with requests. */
export class UpstreamConnection implements Pulsed {
  /** How many exchanges it has carried; 0 for a fresh one, whose failure is not a stale socket. */
  used = 0
  readonly socket: Socket
  readonly #pulse: Pulse
  readonly #timeouts: UpstreamTimeouts
  readonly #out: Outlet
  readonly #scan = new HeadScan()
  readonly #idle: (connection: UpstreamConnection) => void
  readonly #gone: (connection: UpstreamConnection) => void
  #sink: ResponseSink | null = null
  #phase: 'idle' | 'head' | 'body' | 'answered' = 'idle'
  #toHead = false
  #chunked: ChunkedDecoder | null = null
  #left = 0
  #held: Buffer | null = null
  #answered = false
  #keepAlive = true
  #requestDone = false
  #chunkedRequest = false
  #interims = 0
  #trailers: Trailers | null = null
  #paused = false
  #since = 0
  /** Kept by hand: the streams' own answers are getters over several flags. */
  #alive = true

  /** `idle` is told when it may carry another exchange, `gone` when it closed. */
  constructor(
    socket: Socket,
    pulse: Pulse,
    timeouts: UpstreamTimeouts,
    idle: (c: UpstreamConnection) => void,
    gone: (c: UpstreamConnection) => void,
  ) {
    this.socket = socket
    this.#pulse = pulse
    this.#timeouts = timeouts
    this.#out = new Outlet(socket)
    this.#idle = idle
    this.#gone = gone
    this.#since = pulse.tick
    pulse.add(this)
    socket.on('drain', () => {
      this.#since = pulse.tick
      this.#sink?.upstreamDrained()
    })
    socket.on('end', () => {
      this.#alive = false
      this.#ended()
    })
    socket.on('error', error =>
      this.#fail('closed', `connection failed: ${(error as NodeJS.ErrnoException).code ?? error.message}`),
    )
    socket.on('close', () => {
      this.#alive = false
      pulse.delete(this)
      this.#fail('closed', 'the service closed the connection')
      this.#gone(this)
    })
  }

  get open(): boolean {
    return this.#alive
  }

  /** Starts an exchange: the request's head as complete text. */
  send(head: string, sink: ResponseSink, toHead: boolean, chunked: boolean): void {
    this.#sink = sink
    this.#phase = 'head'
    this.#toHead = toHead
    this.#chunkedRequest = chunked
    this.#answered = false
    this.#requestDone = false
    this.#keepAlive = true
    this.#interims = 0
    this.#since = this.#pulse.tick
    this.used++
    this.#out.mark()
    this.#out.put(head)
  }

  /** The whole request so far (head and framed body, latin-1), when not a byte of it has gone out; else null. Writes wait for the end of a turn, a close of the service does not. */
  get unsent(): string | null {
    return this.#out.unsent
  }

  /** Starts an exchange with what was `unsent` on another connection; `done` when it is the whole request. */
  sendAgain(unsent: string, sink: ResponseSink, toHead: boolean, chunked: boolean, done: boolean): void {
    this.send(unsent, sink, toHead, chunked)
    this.#out.flush()
    this.#requestDone = done
  }

  /** Sends request body bytes; they are copied. */
  write(bytes: Buffer, from: number, to: number): void {
    // An upload that takes minutes and never meets a full socket is progress all the same.
    this.#since = this.#pulse.tick
    if (this.#chunkedRequest) this.#out.writeChunk(bytes, from, to)
    else this.#out.write(bytes, from, to)
  }

  flush(): boolean {
    return this.socket.destroyed ? true : this.#out.flush()
  }

  /** The request is complete. `trailers`: complete lines for a chunked request. */
  finish(trailers = ''): void {
    if (this.#chunkedRequest) this.#out.put(`0\r\n${trailers}\r\n`)
    this.#out.flush()
    this.#requestDone = true
    this.#since = this.#pulse.tick
    if (this.#phase === 'answered') this.#release()
  }

  /** The client is slow: stop reading the answer. */
  pause(): void {
    this.#paused = true
    this.socket.pause()
  }

  resume(): void {
    this.#since = this.#pulse.tick
    this.#paused = false
    this.socket.resume()
  }

  /** Gives the exchange up; the connection cannot be used again. */
  abandon(): void {
    this.#sink = null
    this.#destroy()
  }

  /** It was taken and nothing was sent on it: the next exchange may have it. */
  giveBack(): void {
    if (this.open) this.#idle(this)
    else this.#destroy()
  }

  pulse(tick: number): void {
    const waitedMs = (tick - this.#since - 1) * 1000
    if (this.#phase === 'idle') {
      if (waitedMs >= this.#timeouts.keepAliveMs) this.#destroy()
    } else if (this.#phase === 'head' && this.#requestDone) {
      if (waitedMs >= this.#timeouts.responseMs) this.#fail('timeout', 'no answer in time')
    } else if (waitedMs >= this.#timeouts.idleMs && !this.#paused) this.#fail('timeout', 'the exchange stalled')
  }

  /** The first `length` bytes of `bytes` came from the service; valid during the call only. */
  received(bytes: Buffer, length: number): void {
    // Bytes that nobody asked for would become the answer to the next request: response queue poisoning.
    if (this.#sink === null) {
      this.#destroy()
      return
    }
    this.#since = this.#pulse.tick
    this.#answered = true
    if (this.#held === null) this.#advance(bytes, length)
    else {
      const more = bytes.subarray(0, length)
      const all = Buffer.concat([this.#held, more])
      this.#held = null
      // A head in pieces is scanned again only when a line ended.
      if (this.#phase === 'head' && all.length < HEAD_MAX && !more.includes(10)) {
        this.#held = all
        return
      }
      this.#advance(all, all.length)
    }
    this.#sink?.responseFlush()
  }

  #advance(bytes: Buffer, length: number): void {
    let position = 0
    while (this.#phase === 'head') {
      position = this.#readHead(bytes, position, length)
      if (position < 0) return
    }
    if (this.#phase === 'body') {
      position = this.#readBody(bytes, position, length)
      if (position < 0) return
    }
    if (this.#phase !== 'answered') return
    // More than was asked for. Whoever gets this connection next would take it for its own answer (response queue poisoning),
    // so it has to be judged before the connection is handed on.
    if (position < length) this.#keepAlive = false
    this.#complete()
  }

  #readHead(bytes: Buffer, position: number, length: number): number {
    const end = Math.min(length, position + HEAD_MAX)
    const after = scanHead(bytes, position, end, names, FIELDS_MAX, this.#scan)
    if (after === MORE && length - position < HEAD_MAX) {
      if (position < length) this.#held = Buffer.from(bytes.subarray(position, length))
      return MORE
    }
    if (after < 0) {
      this.#fail('malformed', after === BAD ? this.#scan.reason : 'the head of the answer is too large')
      return BAD
    }
    const head = readResponseHead(latin1(bytes, position, after - 2), this.#scan, names, this.#toHead)
    if ('malformed' in head) {
      this.#fail('malformed', head.reason)
      return BAD
    }
    if (head.status < 200) {
      if (head.status === 101 || ++this.#interims > INTERIM_MAX) {
        this.#fail('malformed', head.status === 101 ? '101 without an upgrade' : 'too many interim answers')
        return BAD
      }
      this.#sink?.informational(head)
      return after
    }
    this.#keepAlive = head.keepAlive
    this.#left = head.length
    this.#chunked = head.length === CHUNKED ? new ChunkedDecoder(names) : null
    this.#trailers = null
    this.#phase = head.length === 0 ? 'answered' : 'body'
    this.#sink?.response(head)
    return after
  }

  #readBody(bytes: Buffer, position: number, length: number): number {
    if (this.#chunked !== null) {
      const after = this.#chunked.feed(bytes, position, length, (from, to) => this.#sink?.responseData(bytes, from, to))
      if (after === BAD) {
        this.#fail('malformed', `the answer's body is malformed: ${this.#chunked?.reason ?? ''}`)
        return BAD
      }
      if (after === MORE) return length
      this.#trailers = this.#chunked.trailers
      this.#chunked = null
      this.#phase = 'answered'
      return after
    }
    if (this.#left === UNTIL_CLOSE) {
      if (position < length) this.#sink?.responseData(bytes, position, length)
      return length
    }
    const to = Math.min(length, position + this.#left)
    this.#left -= to - position
    if (to > position) this.#sink?.responseData(bytes, position, to)
    if (this.#left === 0) this.#phase = 'answered'
    return to
  }

  #complete(): void {
    const sink = this.#sink
    const trailers = this.#trailers
    if (this.#requestDone) this.#release()
    else {
      // The answer is complete before the request is: it may go on, but this connection is not used again.
      this.#keepAlive = false
      this.#sink = null
      this.#destroy()
    }
    sink?.responseEnd(trailers)
  }

  #release(): void {
    this.#sink = null
    this.#phase = 'idle'
    this.#since = this.#pulse.tick
    if (!this.#keepAlive || !this.open) return void this.#destroy()
    // An exchange that had stopped the reading must not leave the next one deaf.
    if (this.#paused) this.resume()
    this.#idle(this)
  }

  #ended(): void {
    if (this.#phase === 'body' && this.#left === UNTIL_CLOSE && this.#chunked === null) {
      this.#keepAlive = false
      this.#phase = 'answered'
      this.#complete()
    } else this.#fail('closed', 'the service closed before its answer was complete')
    this.#destroy()
  }

  #fail(kind: UpstreamFailure, reason: string): void {
    const sink = this.#sink
    this.#sink = null
    this.#held = null
    this.#destroy()
    sink?.upstreamFailed(kind, reason, this.#answered)
  }

  #destroy(): void {
    this.#alive = false
    this.socket.destroy()
  }
}
