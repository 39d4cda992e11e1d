import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopback } from '../../config/address.ts'
import type { Address } from '../../config/types.ts'
import type { Log } from '../../core/host.ts'
import { type CidrSet, createCidrSet } from '../../lib/cidr-set.ts'
import { ProtobufError } from '../../lib/protobuf-reader.ts'
import { createOtlpJsonDecoder } from '../ingest/spans/otlp-json.ts'
import { createOtlpDecoder, type DecodedSpans } from '../ingest/spans/otlp-protobuf.ts'
import { createSpanFields } from '../ingest/spans/span-fields.ts'
import { type FieldChoice, usualFields } from '../model/field-choice.ts'
import type { Span } from '../model/span.ts'
import { failureAnswer, type OtlpCoding, successAnswer } from './answers.ts'
import { BodyBudget, readBody, Refusal } from './body.ts'

export interface OtlpReceiverParts {
  readonly address: Address
  /** Networks that may send; empty: everyone who reaches the address. */
  readonly allow?: readonly string[]
  /** Takes the spans of one request; false: no room now, the exporter sends them again. Called in order, never at once. */
  readonly take: (spans: readonly Span[]) => boolean
  readonly log: Log
  readonly limits?: Partial<OtlpLimits>
  /** Attributes that are kept. */
  readonly fields?: FieldChoice
}

export interface OtlpLimits {
  /** Bytes of one request, decompressed. */
  readonly bodyBytes: number
  /** Bytes of all requests under way. */
  readonly heldBytes: number
  readonly requests: number
  readonly connections: number
}

export interface OtlpCounts {
  requests: number
  spans: number
  /** Malformed spans in requests that were taken. */
  rejectedSpans: number
  /** Requests refused, by status. */
  readonly refused: Record<number, number>
}

export interface OtlpReceiver {
  /** Binds. Rejects with words that name a taken port. Gives the port (0: a Unix socket). */
  start(): Promise<number>
  counts(): OtlpCounts
  /** Takes no more, lets what is under way end for a second, then closes. */
  close(): Promise<void>
}

const defaults: OtlpLimits = {
  bodyBytes: 16 * 1024 * 1024,
  heldBytes: 96 * 1024 * 1024,
  requests: 64,
  connections: 256,
}

/** A batch of spans can be sent again after that long, s. */
const retryAfterS = 1

/**
 * OTLP/HTTP for traces (opentelemetry.io/docs/specs/otlp, 1.x): POST /v1/traces, protobuf and JSON, gzip. Malformed spans are reported as a
 * partial success, a malformed request is 400 and not to be sent again, no room is 429 or 503 and to be sent again. Logs and metrics: 404.
 */
export function createOtlpReceiver({
  address,
  allow = [],
  take,
  log,
  limits: given = {},
  fields: chosen = usualFields,
}: OtlpReceiverParts): OtlpReceiver {
  const limits = { ...defaults, ...given }
  const networks = allow.length === 0 ? null : networksOf(allow)
  const loopback = address.kind === 'tcp' && isLoopback(address)
  const fields = createSpanFields(chosen)
  const decodeProtobuf = createOtlpDecoder(fields)
  const decodeJson = createOtlpJsonDecoder(fields)
  const budget = new BodyBudget(limits.heldBytes)
  const counts: OtlpCounts = { requests: 0, spans: 0, rejectedSpans: 0, refused: {} }
  let underWay = 0
  let closing = false

  function decode(coding: OtlpCoding, body: Buffer): DecodedSpans {
    if (coding === 'application/x-protobuf') {
      try {
        return decodeProtobuf(body)
      } catch (error) {
        if (error instanceof ProtobufError) throw new Refusal(400, `not an ExportTraceServiceRequest: ${error.message}`)
        throw error
      }
    }
    let value: unknown
    try {
      value = JSON.parse(body.toString('utf8'))
    } catch {
      throw new Refusal(400, 'the body is not JSON')
    }
    const decoded = decodeJson(value)
    if (decoded === null) throw new Refusal(400, 'not an ExportTraceServiceRequest: no list of resourceSpans')
    return decoded
  }

  function admit(req: IncomingMessage): OtlpCoding {
    if (networks !== null && !networks.has(req.socket.remoteAddress ?? ''))
      throw new Refusal(403, 'this address may not send')
    // A page of a stranger's can make a browser resolve its own name to 127.0.0.1 (DNS rebinding), but not send another Host.
    if (loopback && !isLocalName(hostName(req.headers.host ?? '')))
      throw new Refusal(421, 'Host must name this machine')
    const path = (req.url ?? '').split('?', 1)[0]
    if (path !== '/v1/traces') throw new Refusal(404, 'only traces are taken, at /v1/traces')
    if (req.method !== 'POST') throw new Refusal(405, 'use POST')
    const type = (req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'application/x-protobuf' && type !== 'application/json')
      throw new Refusal(415, 'Content-Type must be application/x-protobuf or application/json')
    if (closing) throw new Refusal(503, 'the receiver is closing')
    if (underWay > limits.requests) throw new Refusal(503, 'too many requests at once; send again later')
    return type
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    counts.requests++
    underWay++
    let coding: OtlpCoding = codingWanted(req)
    try {
      coding = admit(req)
      const { spans, rejected, why } = decode(coding, await readBody(req, limits.bodyBytes, budget))
      if (spans.length > 0 && !take(spans)) throw new Refusal(429, 'no room for more spans now; send again later')
      counts.spans += spans.length
      counts.rejectedSpans += rejected
      answer(res, 200, coding, successAnswer(coding, rejected, why))
    } catch (error) {
      if (!(error instanceof Refusal)) {
        // The client went away in the middle of its body; anything else is a fault of ours.
        if (!req.errored && !req.destroyed) log.error(`the OTLP receiver failed: ${(error as Error).message}`)
        res.destroy()
        return
      }
      counts.refused[error.status] = (counts.refused[error.status] ?? 0) + 1
      if (error.status === 405) res.setHeader('allow', 'POST')
      if (error.status === 415) res.setHeader('accept-encoding', 'gzip')
      if (error.status === 429 || error.status === 503) res.setHeader('retry-after', String(retryAfterS))
      const body = failureAnswer(coding, error.status, error.message)
      if (req.complete) answer(res, error.status, coding, body)
      else await answerEarly(req, res, error.status, coding, body)
    } finally {
      underWay--
    }
  }

  const server: Server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
    },
    (req, res) => void serve(req, res),
  )
  server.maxConnections = limits.connections
  server.on('clientError', (_error, socket) => socket.destroy())

  return {
    async start() {
      const listening = once(server, 'listening')
      if (address.kind === 'unix') server.listen(address.path)
      else server.listen({ host: address.host, port: address.port, exclusive: true })
      try {
        await listening
      } catch (error) {
        const where = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
        const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
        const why = taken
          ? 'is taken by another process; end that one or choose another address'
          : (error as Error).message
        throw new Error(`insight.otlp: ${where} ${why}`, { cause: error })
      }
      return address.kind === 'unix' ? 0 : (server.address() as AddressInfo).port
    },
    counts: () => ({ ...counts, refused: { ...counts.refused } }),
    async close() {
      closing = true
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), 1_000)
      await closed
      clearTimeout(timer)
    },
  }
}

function answer(res: ServerResponse, status: number, coding: OtlpCoding, body: Buffer): void {
  res.writeHead(status, { 'content-type': coding, 'content-length': body.length })
  res.end(body)
}

/** How long the rest of a refused body is thrown away, ms. */
const lingerMs = 1_000

/**
 * Answers before the body has come, then closes. What still comes is thrown away for a moment first: bytes that nobody read make the
 * system reset the connection, and the answer would be lost with it.
 */
async function answerEarly(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  coding: OtlpCoding,
  body: Buffer,
): Promise<void> {
  res.writeHead(status, { 'content-type': coding, 'content-length': body.length, connection: 'close' })
  res.write(body)
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, lingerMs)
  for (const over of ['end', 'close', 'error']) req.once(over, () => resolve())
  req.resume()
  await promise
  clearTimeout(timer)
  res.end()
}

/** In which coding a refusal is worded when the request's own is not known yet. */
function codingWanted(req: IncomingMessage): OtlpCoding {
  return (req.headers['content-type'] ?? '').startsWith('application/x-protobuf')
    ? 'application/x-protobuf'
    : 'application/json'
}

function hostName(host: string): string {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d{1,5}$/, '')
  return name.toLowerCase()
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function networksOf(allow: readonly string[]): CidrSet {
  const set = createCidrSet(allow)
  if ('has' in set) return set
  throw new Error(`insight.otlp.allow: ${set.map(({ index, reason }) => `${allow[index]} ${reason}`).join(', ')}`)
}
