// Hot path: one of these for every exchange of a learning route.
import { latin1 } from '../net/latin1.ts'

/** The first bytes of each body that insight gets to see, per direction: enough for the shape of what APIs exchange. */
export const capturedMax = 16 * 1024

/**
 * The beginnings of an exchange's bodies, gathered while they pass, as latin-1 text: that is the form in which the codec sends them on anyway,
 * so learning costs no second copy.
 */
export class Capture {
  #request: string | null = null
  #response: string | null = null

  get request(): string | null {
    return this.#request
  }

  get response(): string | null {
    return this.#response
  }

  addRequest(bytes: Buffer, from: number, to: number): void {
    const known = this.#request ?? ''
    const room = capturedMax - known.length
    if (room > 0) this.#request = known + latin1(bytes, from, Math.min(to, from + room))
  }

  /** The bytes as text when all of them were taken, so that the caller can send on that very text; null when there was not room for all. */
  addResponse(bytes: Buffer, from: number, to: number): string | null {
    const known = this.#response ?? ''
    const room = capturedMax - known.length
    if (room <= 0) return null
    const text = latin1(bytes, from, Math.min(to, from + room))
    this.#response = known === '' ? text : known + text
    return to - from <= room ? text : null
  }

  /** A response hook took the answer's place: what the service sent is not what the API gives. */
  forgetResponse(): void {
    this.#response = null
  }
}
