// An open-loop load generator: requests leave at a constant rate whatever the answers do, and latency counts from the moment a
// request was due, so that a stall is seen by every request that it delayed (a closed loop would simply ask less).
// node bench/open-loop.ts --url https://127.0.0.1:8443/orders --rate 10000 --seconds 300 [--connections 64] [--tokens FILE] [--body FILE]
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parseArgs } from 'node:util'

export interface OpenLoopOptions {
  readonly url: string
  readonly rate: number
  readonly seconds: number
  readonly connections?: number
  readonly tokens?: string | undefined
  readonly body?: string | undefined
}

export interface OpenLoopResult {
  readonly sent: number
  readonly answered: number
  /** Answers other than 2xx, by status. */
  readonly refused: Readonly<Record<string, number>>
  /** Broken connections and requests that never got an answer. */
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** How late the generator itself was with its sends, ms: what of the latency is its own. */
  readonly sendLagP99Ms: number
  /** What a request costs the generator, user and system, µs. */
  readonly cpuUsPerRequest: number
}

interface Connection {
  readonly socket: Socket
  /** When the request under way was due, ms; 0 when idle. */
  dueMs: number
  /** Bytes of the answer that are still to come; -1 while its head is awaited. */
  left: number
  head: string
  /** The answer says that it is the last one here. */
  last: boolean
}

/** Runs the load to its end; all connections are opened first. */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const url = new URL(options.url)
  const requests = requestsOf(url, options)
  const latency = new Histogram()
  const lag = new Histogram()
  const refused: Record<string, number> = {}
  const idle: Connection[] = []
  let errors = 0
  let answered = 0
  let finished = false

  const open = async () => {
    let connection: Connection | null = null
    const socket = await dial(url, bytes => {
      if (connection !== null) receive(connection, bytes)
    })
    connection = { socket, dueMs: 0, left: -1, head: '', last: false }
    socket.on('error', () => {})
    const opened = connection
    socket.on('close', () => {
      if (finished) return
      if (opened.dueMs !== 0) errors++
      const place = idle.indexOf(opened)
      if (place >= 0) idle.splice(place, 1)
      void open().catch(() => errors++)
    })
    idle.push(opened)
    pump()
  }
  const receive = (connection: Connection, bytes: Buffer) => {
    let position = 0
    if (connection.left < 0) {
      connection.head += bytes.toString('latin1')
      const end = connection.head.indexOf('\r\n\r\n')
      if (end < 0) return
      const status = connection.head.slice(9, 12)
      const length = /\r\ncontent-length: *(\d+)/i.exec(connection.head.slice(0, end + 2))?.[1]
      if (length === undefined) {
        // Every answer of this bench has a length; one without is not the one that was asked for.
        connection.socket.destroy()
        return
      }
      if (!status.startsWith('2')) refused[status] = (refused[status] ?? 0) + 1
      // A request sent after that would be lost by our own doing (RFC 9112 §9.6).
      connection.last = /\r\nconnection: *close\r\n/i.test(connection.head.slice(0, end + 2))
      position = bytes.length - (connection.head.length - end - 4)
      connection.left = Number(length)
      connection.head = ''
    }
    connection.left -= bytes.length - position
    if (connection.left > 0) return
    if (connection.left < 0) {
      connection.socket.destroy()
      return
    }
    answered++
    latency.add(performance.now() - connection.dueMs)
    connection.dueMs = 0
    connection.left = -1
    if (connection.last) {
      connection.socket.destroy()
      return
    }
    idle.push(connection)
    if (waiting.length > waitingFrom) pump()
  }

  /** Due times of requests that found no idle connection. */
  const waiting: number[] = []
  let waitingFrom = 0
  let sent = 0
  const pump = () => {
    while (waitingFrom < waiting.length && idle.length > 0) {
      const due = waiting[waitingFrom++] as number
      const connection = idle.pop() as Connection
      connection.dueMs = due
      lag.add(performance.now() - due)
      connection.socket.write(requests[sent++ % requests.length] as Buffer)
    }
    if (waitingFrom > 100_000) {
      waiting.splice(0, waitingFrom)
      waitingFrom = 0
    }
  }

  for (let i = 0; i < (options.connections ?? 64); i++) await open()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const total = options.rate * options.seconds
  let due = 0
  await new Promise<void>(resolve => {
    const tick = () => {
      const now = performance.now() - startedAt
      const shouldBeOut = Math.min(total, Math.floor((now / 1000) * options.rate))
      for (; due < shouldBeOut; due++) waiting.push(startedAt + ((due + 1) * 1000) / options.rate)
      pump()
      if (due >= total) resolve()
      else setTimeout(tick, 1)
    }
    tick()
  })
  const settled = () => answered + errors >= total
  for (let waitedMs = 0; waitedMs < 10_000 && !settled(); waitedMs += 50)
    await new Promise(resolve => setTimeout(resolve, 50))
  finished = true
  const lost = total - answered - errors
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const connection of idle) connection.socket.destroy()
  return {
    sent,
    answered,
    refused,
    errors: errors + lost,
    p50Ms: latency.percentile(0.5),
    p99Ms: latency.percentile(0.99),
    p999Ms: latency.percentile(0.999),
    maxMs: latency.max,
    sendLagP99Ms: lag.percentile(0.99),
    cpuUsPerRequest: (user + system) / Math.max(1, sent),
  }
}

/** Complete requests, one per token, made before the clock runs. */
function requestsOf(url: URL, { tokens, body }: OpenLoopOptions): Buffer[] {
  const content = body === undefined ? '' : readFileSync(body, 'latin1')
  const start = `${body === undefined ? 'GET' : 'POST'} ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`
  const type = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${content.length}\r\n`
  const list = tokens === undefined ? [''] : readFileSync(tokens, 'utf8').trim().split('\n')
  return list.map(token => {
    const authorization = token === '' ? '' : `Authorization: Bearer ${token}\r\n`
    return Buffer.from(`${start}${authorization}${type}\r\n${content}`, 'latin1')
  })
}

/** All connections are read into it: what came is used up before the next read. */
const readBuffer = Buffer.alloc(64 * 1024)

function dial(url: URL, received: (bytes: Buffer) => void): Promise<Socket> {
  const port = Number(url.port)
  const onread = {
    buffer: readBuffer,
    callback: (length: number): boolean => {
      received(readBuffer.subarray(0, length))
      return true
    },
  }
  return new Promise((resolve, reject) => {
    const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect'
    // A variable, since the types do not know that tls.connect takes `onread` too.
    const overTls = { rejectUnauthorized: false, servername: 'localhost', ALPNProtocols: ['http/1.1'] }
    const where = { host: url.hostname, port, onread }
    const socket = url.protocol === 'https:' ? connectTls({ ...where, ...overTls }) : connectTcp(where)
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once(ready, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** Latencies in steps of 2 % from 1 µs to about 2 minutes: constant memory for any number of requests. */
class Histogram {
  readonly #counts = new Float64Array(1_000)
  #total = 0
  max = 0

  add(ms: number): void {
    const step = Math.max(0, Math.floor(Math.log(Math.max(ms, 0.001) / 0.001) / Math.log(1.02)))
    const index = Math.min(step, this.#counts.length - 1)
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#total++
    if (ms > this.max) this.max = ms
  }

  percentile(share: number): number {
    let seen = 0
    for (const [index, count] of this.#counts.entries()) {
      seen += count
      if (seen >= share * this.#total) return 0.001 * 1.02 ** (index + 1)
    }
    return this.max
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: '' },
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '10' },
      connections: { type: 'string', default: '64' },
      tokens: { type: 'string' },
      body: { type: 'string' },
    },
  })
  const result = await openLoop({
    url: values.url,
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    tokens: values.tokens,
    body: values.body,
  })
  console.log(JSON.stringify(result))
  process.exit(0)
}
