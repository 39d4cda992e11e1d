import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Agent, request } from 'undici'
import type { Clock, Log } from '../../../core/host.ts'
import type { OpenSink } from '../../../core/sink.ts'
import { ProtobufError, ProtobufReader } from '../../../lib/protobuf-reader.ts'
import type { OtlpSettings } from './schema.ts'
import { encodeJson, encodeProtobuf, spansOf } from './spans.ts'

const zip = promisify(gzip)

/** Statuses after which the same request may succeed (OTLP/HTTP, "Failures"). */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])
const firstPauseMs = 250
const pauseMsMax = 5_000
const answerBytesMax = 64 * 1024
const complainEveryMs = 60_000

/** What the collector said, when it said no. */
class Refused extends Error {
  readonly again: boolean
  readonly afterMs: number | null

  constructor(message: string, again: boolean, afterMs: number | null = null) {
    super(message)
    this.again = again
    this.afterMs = afterMs
  }
}

/** Sends batches of spans, each until it is taken, refused for good, or too old. One at a time: the queue in front of it is bounded. */
export function openExporter(settings: OtlpSettings, log: Log, clock: Clock): OpenSink {
  const { endpoint, encoding, compression, timeout, retryFor, service, ca } = settings
  const agent = new Agent({
    connections: 1,
    pipelining: 1,
    allowH2: false,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxHeaderSize: 16_384,
    connect: { timeout, ...(ca === undefined ? {} : { ca }) },
  })
  const ending = new AbortController()
  const resource = { 'service.name': service, 'host.name': hostname() }
  const headers: Record<string, string> = {
    'user-agent': 'portcullis',
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  }
  for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = value.reveal()
  let complainedAt = Number.NEGATIVE_INFINITY

  function told(rejected: number, why: string): void {
    if (clock.monotonic() - complainedAt < complainEveryMs) return
    complainedAt = clock.monotonic()
    log.warn(`the collector at ${endpoint} did not take all spans: ${why}`, { sink: 'otlp', rejected })
  }

  async function attempt(body: Buffer): Promise<void> {
    const answer = await request(endpoint, { method: 'POST', headers, body, dispatcher: agent, signal: ending.signal })
    const { statusCode } = answer
    if (statusCode === 200) {
      const { rejected, why } = partialSuccess(await readAnswer(answer.body), encoding)
      if (rejected > 0) told(rejected, why)
      return
    }
    // Destroying makes the stream emit an error; without a listener that would end the process.
    answer.body.on('error', () => {}).destroy()
    const after = Number(answer.headers['retry-after'])
    throw new Refused(
      `${endpoint} answers ${statusCode}${statusCode === 401 || statusCode === 403 ? '; check headers' : statusCode === 404 ? '; check its path, usually /v1/traces' : ''}`,
      retryable.has(statusCode),
      Number.isFinite(after) && after > 0 ? Math.min(after * 1000, 30_000) : null,
    )
  }

  return {
    async write(lines) {
      const spans = spansOf(lines)
      if (spans.length === 0) return
      const plain = encoding === 'json' ? encodeJson(spans, resource) : encodeProtobuf(spans, resource)
      const body = compression === 'gzip' ? await zip(plain) : plain
      const end = clock.monotonic() + retryFor
      for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, pauseMsMax)) {
        try {
          return await attempt(body)
        } catch (error) {
          if (ending.signal.aborted) throw new Error('the sink is closing', { cause: error })
          const { again, afterMs } = error instanceof Refused ? error : { again: true, afterMs: null }
          const words =
            error instanceof Refused ? error.message : `${endpoint} cannot be reached: ${(error as Error).message}`
          const waitMs = afterMs ?? pause
          if (!again || clock.monotonic() + waitMs > end) throw new Error(words, { cause: error })
          await wait(waitMs, undefined, { signal: ending.signal }).catch(() => {})
        }
      }
    },
    async close() {
      ending.abort()
      await agent.destroy()
    },
  }
}

async function readAnswer(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > answerBytesMax) return Buffer.alloc(0)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** What an ExportTraceServiceResponse says was rejected. An answer that does not read says nothing: the spans were taken. */
function partialSuccess(
  body: Buffer,
  encoding: OtlpSettings['encoding'],
): { readonly rejected: number; readonly why: string } {
  let rejected = 0
  let why = ''
  try {
    if (encoding === 'json') {
      const said = (
        JSON.parse(body.toString('utf8')) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } }
      ).partialSuccess
      rejected = Number(said?.rejectedSpans ?? 0)
      why = String(said?.errorMessage ?? '')
    } else {
      const reader = new ProtobufReader(body)
      while (reader.next()) {
        if (reader.field !== 1) continue
        const outer = reader.enter()
        while (reader.next()) {
          if (reader.field === 1) rejected = reader.number
          else if (reader.field === 2) why = reader.text(256)
        }
        reader.leave(outer)
      }
    }
  } catch (error) {
    if (!(error instanceof ProtobufError) && !(error instanceof SyntaxError)) throw error
  }
  return { rejected: Number.isFinite(rejected) ? rejected : 0, why: why.slice(0, 256) }
}
