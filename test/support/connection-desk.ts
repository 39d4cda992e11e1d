import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Budget } from '../../src/net/budget.ts'
import { FieldNames } from '../../src/net/h1/field-names.ts'
import type { RequestHead } from '../../src/net/h1/request-head.ts'
import { type RequestSink, ServerConnection, type ServerSettings } from '../../src/net/h1/server-connection.ts'
import { Pulse } from '../../src/net/pulse.ts'

/** One request as the owner of the connection met it. */
export interface Met {
  readonly connection: ServerConnection
  readonly head: RequestHead
  body: string
  ended: boolean
  trailers: string | null
  /** Reason and code, once it was aborted. */
  aborted: readonly [reason: string, code: string | null] | null
  drained: number
}

export interface DeskOptions {
  readonly limits?: Partial<ServerSettings['limits']>
  readonly budget?: number
  readonly reserved?: readonly string[]
  /** Called with each request as it comes; by default nothing happens until the test does it. */
  readonly onRequest?: (met: Met) => void
  /** Called with the body's pieces. */
  readonly onData?: (met: Met, bytes: Buffer) => void
}

/** A listener of one's own for tests of the client's side: records what it meets and leaves the answering to the test. Time passes only by `pulse.beat()`. */
export interface Desk extends AsyncDisposable {
  readonly met: Met[]
  readonly refused: Array<readonly [code: string, reason: string]>
  readonly connections: ServerConnection[]
  readonly pulse: Pulse
  readonly budget: Budget
  beats(count: number): void
  client(): Promise<DeskClient>
}

/** A client that keeps what it reads. */
export interface DeskClient {
  readonly socket: Socket
  /** Everything received so far, latin-1. */
  readonly text: string
  /** How the connection ended: 'end', 'reset', or null while it is open. */
  readonly ended: 'end' | 'reset' | null
  send(text: string): void
  /** Resolves when the received text fits. */
  receives(pattern: RegExp | string): Promise<string>
  /** Resolves when the connection is over, with how. */
  over(): Promise<'end' | 'reset'>
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const pulse = new Pulse()
  pulse.stop()
  const budget = new Budget(options.budget ?? 64 * 1024 * 1024)
  const met: Met[] = []
  const refused: Array<readonly [string, string]> = []
  const connections: ServerConnection[] = []
  const settings: ServerSettings = {
    listener: 'desk',
    secure: false,
    names: new FieldNames(options.reserved ?? []),
    limits: {
      headBytesMax: 32 * 1024,
      fieldsMax: 100,
      urlBytesMax: 8 * 1024,
      requestsPerConnectionMax: 1_000,
      headTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      progressTimeoutMs: 30_000,
      ...options.limits,
    },
    budget,
    pulse,
    handler: {
      request(connection, head): RequestSink {
        const one: Met = { connection, head, body: '', ended: false, trailers: null, aborted: null, drained: 0 }
        met.push(one)
        options.onRequest?.(one)
        return {
          requestData: (bytes, from, to) => {
            one.body += bytes.toString('latin1', from, to)
            options.onData?.(one, bytes.subarray(from, to))
          },
          requestEnd: trailers => {
            one.ended = true
            one.trailers = trailers?.text ?? null
          },
          requestFlush: () => {},
          clientDrained: () => void one.drained++,
          aborted: (reason, code) => void (one.aborted = [reason, code]),
        }
      },
      refused(connection, code, reason) {
        refused.push([code, reason])
        reply(connection, 400, code)
      },
      closed: () => {},
    },
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket =>
    connections.push(new ServerConnection(socket, { address: '127.0.0.1', port: 1 }, null, settings)),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clients: Socket[] = []
  return {
    met,
    refused,
    connections,
    pulse,
    budget,
    beats: count => {
      for (let i = 0; i < count; i++) pulse.beat()
    },
    client: async () => {
      const client = await openClient(server)
      clients.push(client.socket)
      return client
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of clients) socket.destroy()
      for (const { socket } of connections) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      // Whatever happened: nothing may stay charged.
      await until(() => budget.used === 0, 'the budget is released')
    },
  }
}

/** A whole answer of that text. */
export function reply(connection: ServerConnection, status: number, text: string, close = false): void {
  connection.begin(status, `HTTP/1.1 ${status} Status\r\n`, text.length, text.length, close)
  connection.writeText(text)
  connection.finish()
}

async function openClient(server: Server): Promise<DeskClient> {
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
    noDelay: true,
  })
  let text = ''
  let ended: 'end' | 'reset' | null = null
  socket.on('data', chunk => void (text += chunk.toString('latin1')))
  socket.on('end', () => void (ended ??= 'end'))
  socket.on('error', () => void (ended ??= 'reset'))
  socket.on('close', () => void (ended ??= 'end'))
  await once(socket, 'connect')
  const fits = (pattern: RegExp | string): boolean =>
    typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
  return {
    socket,
    get text() {
      return text
    },
    get ended() {
      return ended
    },
    send: bytes => void socket.write(bytes, 'latin1'),
    receives: async pattern => {
      await until(() => fits(pattern), `the client gets ${String(pattern)}, not ${JSON.stringify(text.slice(-300))}`)
      return text
    },
    over: async () => {
      await until(() => ended !== null, 'the connection is over')
      return ended as unknown as 'end' | 'reset'
    },
  }
}

/** Resolves when the condition holds, looked at once a turn of the loop; rejects with `what` after 30 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Lets everything that is already on its way arrive: a few turns of the loop, for proofs that something did not happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
