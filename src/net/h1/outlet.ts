// Hot path: everything that is sent goes through here.
import type { Socket } from 'node:net'
import { latin1 } from '../latin1.ts'

/** Bytes up to which text and data are sent in one write; beyond, a copy of their own is cheaper than a longer string. */
const JOIN_MAX = 16 * 1024

// Outlets with something to send. All reads of a turn are worked through first and all writes follow, back to back: a write wakes its
// receiver, and one that is awake already costs the kernel half (measured: see docs/decisions/002).
let queue: Outlet[] = []

/**
 * Gathers what one turn of the loop has to say and sends it in one write. Latin-1 text carries bytes one to one,
 * and joining strings is cheaper than joining Buffers. Data is always copied: the reader's buffer is used again at once,
 * and a slow receiver would otherwise get other people's bytes.
 */
export class Outlet {
  readonly #socket: Socket
  #text = ''
  #full = false
  #queued = false
  #wrote = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('drain', () => {
      this.#full = false
    })
  }

  /** Adds text of a head or of framing. */
  put(text: string): void {
    this.#text += text
  }

  /** Adds body bytes. */
  write(bytes: Buffer, from: number, to: number): void {
    const size = to - from
    if (size <= 0) return
    if (this.#text.length + size <= JOIN_MAX) {
      this.#text += latin1(bytes, from, to)
      return
    }
    this.#wrote = true
    this.#socket.cork()
    if (this.#text !== '') this.#socket.write(this.#text, 'latin1')
    this.#text = ''
    this.#full = !this.#socket.write(Buffer.from(bytes.subarray(from, to)))
    this.#socket.uncork()
  }

  /** Adds one chunk of a chunked body (RFC 9112 §7.1). */
  writeChunk(bytes: Buffer, from: number, to: number): void {
    if (to <= from) return
    this.#text += `${(to - from).toString(16)}\r\n`
    this.write(bytes, from, to)
    this.#text += '\r\n'
  }

  /** What was gathered goes out at the end of this turn of the loop. False: the receiver is slow, wait for `drain`. */
  flush(): boolean {
    // Many short answers of one turn must not hide from the receiver's limit until its end.
    if (this.#text.length > JOIN_MAX) this.send()
    if (this.#text !== '' && !this.#queued) {
      this.#queued = true
      if (queue.push(this) === 1) setImmediate(Outlet.#sendQueued)
    }
    return !this.#full
  }

  static #sendQueued(): void {
    const waiting = queue
    queue = []
    for (const outlet of waiting) {
      outlet.#queued = false
      outlet.send()
    }
  }

  /** Sends what was gathered now: before the connection is ended. */
  send(): void {
    if (this.#text === '' || this.#socket.destroyed) return
    const text = this.#text
    this.#text = ''
    this.#wrote = true
    this.#full = !this.#socket.write(text, 'latin1')
  }

  /** From here on `unsent` counts. */
  mark(): void {
    this.#wrote = false
  }

  /** All that was gathered since `mark`, when not a byte of it has gone out; else null. */
  get unsent(): string | null {
    return this.#wrote ? null : this.#text
  }

  /** Has the receiver more than it takes? Then `drain` follows. */
  get full(): boolean {
    return this.#full
  }

  /** Bytes that the receiver has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength
  }
}
