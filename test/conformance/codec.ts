import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { FieldNames } from '../../src/net/h1/field-names.ts'
import { Budget } from '../../src/net/budget.ts'
import { Pulse } from '../../src/net/pulse.ts'
import type { RequestHead } from '../../src/net/h1/request-head.ts'
import type { ResponseHead } from '../../src/net/h1/response-head.ts'
import { ServerConnection } from '../../src/net/h1/server-connection.ts'
import { UpstreamConnection } from '../../src/net/h1/upstream-connection.ts'
import type { SeenMessage } from './llhttp-vectors.ts'

/** What our codec made of a stream of bytes. */
export interface Reading {
  readonly messages: readonly SeenMessage[]
  /** Private reason of the refusal or of the break; null when there was none. */
  readonly refused: string | null
}

type Draft = {
  -readonly [K in keyof SeenMessage]: SeenMessage[K] extends readonly string[] ? string[] : SeenMessage[K]
}

interface Head {
  readonly text: string
  readonly offsets: readonly number[]
}

function fieldsOf(head: Head): string[] {
  const fields: string[] = []
  for (let i = 0; i < head.offsets.length; i += 4) {
    const name = head.text.slice(head.offsets[i], head.offsets[i + 1]).toLowerCase()
    fields.push(`${name}: ${head.text.slice(head.offsets[i + 2], head.offsets[i + 3])}`)
  }
  return fields
}

/** Drives the connection that listeners use, with `pieces` as successive reads and then the client's end. */
export async function readRequests(pieces: readonly Buffer[]): Promise<Reading> {
  const [client, server] = duplexPair()
  const messages: Draft[] = []
  let refused: string | null = null
  const pulse = new Pulse()
  const names = new FieldNames()
  const connection = new ServerConnection(server as Socket, { address: '192.0.2.1', port: 1 }, null, {
    listener: 'conformance',
    secure: false,
    names,
    limits: {
      headBytesMax: 32 * 1024,
      fieldsMax: 100,
      urlBytesMax: 8 * 1024,
      requestsPerConnectionMax: 1_000,
      headTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      progressTimeoutMs: 30_000,
    },
    budget: new Budget(64 * 1024 * 1024),
    pulse,
    handler: {
      request(owner, head: RequestHead) {
        const draft: Draft = {
          start: `${head.method} ${head.target}`,
          fields: fieldsOf(head),
          body: '',
          complete: false,
        }
        messages.push(draft)
        const answer = () => {
          draft.complete = true
          owner.begin(204, 'HTTP/1.1 204 No Content\r\n', 0, null, false)
          owner.finish()
        }
        // As the gateway does: a body that is declared is read to its end before the answer.
        if (head.length === 0) answer()
        else owner.readBody()
        return {
          requestData: (bytes, from, to) => void (draft.body += bytes.toString('latin1', from, to)),
          requestEnd: trailers => {
            if (trailers !== null) draft.fields.push(...fieldsOf(trailers))
            answer()
          },
          requestFlush: () => {},
          clientDrained: () => {},
          aborted: reason => {
            refused ??= reason
            owner.destroy()
          },
        }
      },
      refused(owner, code, reason) {
        refused ??= `${code}: ${reason}`
        owner.destroy()
      },
      closed: () => {},
    },
  })
  client.resume()
  await feed(
    pieces,
    piece => new Promise(resolve => (server.destroyed ? resolve() : client.write(piece, () => resolve()))),
  )
  client.end()
  await settled(() => server.destroyed || server.writableEnded)
  connection.destroy()
  client.destroy()
  pulse.stop()
  return { messages, refused }
}

/** Drives the connection that services are asked on: one request (GET, or HEAD), and `pieces` as the service's answer followed by its end. */
export async function readResponse(pieces: readonly Buffer[], toHead = false): Promise<Reading> {
  const [service, gateway] = duplexPair()
  const messages: Draft[] = []
  let refused: string | null = null
  const pulse = new Pulse()
  const timeouts = { responseMs: 10_000, idleMs: 10_000, keepAliveMs: 10_000 }
  const connection = new UpstreamConnection(
    gateway as Socket,
    pulse,
    timeouts,
    () => {},
    () => {},
  )
  const start = (head: ResponseHead) =>
    messages.push({ start: `${head.status}`, fields: fieldsOf(head), body: '', complete: false })
  service.resume()
  connection.send(
    `${toHead ? 'HEAD' : 'GET'} / HTTP/1.1\r\nHost: service\r\n\r\n`,
    {
      informational(head) {
        start(head)
        ;(messages.at(-1) as Draft).complete = true
      },
      response: head => void start(head),
      responseData: (bytes, from, to) => void ((messages.at(-1) as Draft).body += bytes.toString('latin1', from, to)),
      responseFlush: () => {},
      responseEnd: trailers => {
        const last = messages.at(-1) as Draft
        if (trailers !== null) last.fields.push(...fieldsOf(trailers))
        last.complete = true
      },
      upstreamDrained: () => {},
      upstreamFailed: (kind, reason) => void (refused ??= `${kind}: ${reason}`),
    },
    toHead,
    false,
  )
  connection.finish()
  gateway.on('data', (piece: Buffer) => connection.received(piece, piece.length))
  await feed(
    pieces,
    piece => new Promise(resolve => (gateway.destroyed ? resolve() : service.write(piece, () => resolve()))),
  )
  service.end()
  await settled(() => gateway.destroyed || gateway.readableEnded)
  connection.abandon()
  service.destroy()
  pulse.stop()
  return { messages, refused }
}

/** Every piece is a read of its own: the loop turns between two writes. */
async function feed(pieces: readonly Buffer[], write: (piece: Buffer) => Promise<void>): Promise<void> {
  for (const piece of pieces) {
    await Promise.race([write(piece), turns(3)])
    await turns(1)
  }
}

async function settled(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await turns(1)
  for (let turn = 0; turn < 200 && !done(); turn++) await turns(1)
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}
