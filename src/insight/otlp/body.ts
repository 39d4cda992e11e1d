import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** A refusal of the receiver: a status with words for whoever configured the exporter. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const unzip = promisify(gunzip)

/** What the bodies under way may hold together, bytes. */
export class BodyBudget {
  readonly #max: number
  #used = 0

  constructor(max: number) {
    this.#max = max
  }

  get used(): number {
    return this.#used
  }

  take(bytes: number): void {
    if (this.#used + bytes > this.#max) throw new Refusal(503, 'too much is being received; send again later')
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}

/** Reads a request body of at most `bytesMax` bytes, before and after decompression. Throws a Refusal. */
export async function readBody(req: IncomingMessage, bytesMax: number, budget: BodyBudget): Promise<Buffer> {
  const gzip = codingOf(req)
  if (Number(req.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  const parts: Buffer[] = []
  let size = 0
  let held = 0
  try {
    for await (const part of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += part.length
      if (size > bytesMax) throw tooLarge(bytesMax)
      budget.take(part.length)
      held += part.length
      parts.push(part)
    }
    const body = Buffer.concat(parts, size)
    if (!gzip) return body
    // What comes out is not known before: the room for the most that may is asked for.
    budget.take(bytesMax)
    held += bytesMax
    return await unzip(body, { maxOutputLength: bytesMax })
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax)
    if (code?.startsWith('Z_') === true) throw new Refusal(400, 'the body is not gzip, as Content-Encoding says')
    throw error
  } finally {
    budget.give(held)
  }
}

function codingOf(req: IncomingMessage): boolean {
  const coding = (req.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'gzip') return true
  if (coding === 'identity' || coding === '') return false
  throw new Refusal(415, 'Content-Encoding must be gzip, or none')
}

function tooLarge(bytesMax: number): Refusal {
  return new Refusal(413, `a request may have ${bytesMax} bytes, decompressed; let the exporter send smaller batches`)
}
