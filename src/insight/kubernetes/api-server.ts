import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as plain } from 'node:http'
import { request as encrypted } from 'node:https'
import type { InsightConfig } from '../../config/types.ts'

export type ClusterTerms = NonNullable<InsightConfig['kubernetes']>

/** An API server of Kubernetes, to read from. */
export interface ApiServer {
  /** One answer, parsed. Rejects with an ApiRefusal, or an Error when nothing could be had. */
  get(path: string): Promise<unknown>
  /** A stream of lines until the server ends it; rejects as `get` does. `onLine` throws to end it. */
  watch(path: string, onLine: (line: string) => void): Promise<void>
  /** Ends everything that is open. */
  close(): void
}

/** The server answered, and not with what was asked for. */
export class ApiRefusal extends Error {
  readonly status: number
  constructor(status: number, path: string) {
    super(`the API server answered ${status} to ${path.replace(/\?.*/s, '')}`)
    this.status = status
  }
}

/** A page of 500 objects is some megabytes; an object at most 1.5 MiB (etcd). */
const answerBytesMax = 64 * 1024 * 1024
const lineBytesMax = 4 * 1024 * 1024
const answerMs = 30_000
/** A watch asks for less, and bookmarks come each minute. */
const silenceMs = 180_000

/**
 * Reads only: every request is a GET. Token and CA are read for each request, since the kubelet renews them; a token goes over TLS alone, to a server
 * that the CA vouches for.
 */
export function createApiServer({ server, tokenFile, caFile }: ClusterTerms): ApiServer {
  const base = new URL(server)
  const ending = new AbortController()

  async function open(path: string): Promise<IncomingMessage> {
    const secure = base.protocol === 'https:'
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'portcullis-insight' }
    let ca: string | undefined
    if (secure) {
      ca = await readFile(caFile, 'utf8')
      headers['authorization'] = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base)
    const sent = (secure ? encrypted : plain)(url, {
      headers,
      signal: ending.signal,
      timeout: answerMs,
      agent: false,
      ...(ca === undefined ? {} : { ca }),
    })
    sent.on('response', resolve)
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerMs / 1000} s`)))
    sent.on('error', reject)
    sent.end()
    const answer = await promise
    if (answer.statusCode === 200) return answer
    answer.destroy()
    throw new ApiRefusal(answer.statusCode ?? 0, path)
  }

  return {
    async get(path) {
      const answer = await open(path)
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > answerBytesMax) throw new Error(`an answer is larger than ${answerBytesMax} bytes`)
        chunks.push(chunk)
      }
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
    },
    async watch(path, onLine) {
      const answer = await open(path)
      answer.socket.setTimeout(silenceMs)
      let rest: Buffer[] = []
      let held = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        let start = 0
        for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
          const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8')
          rest = []
          held = 0
          start = end + 1
          if (line.trim() !== '') onLine(line)
        }
        if (start < chunk.length) rest.push(chunk.subarray(start))
        held += chunk.length - start
        if (held > lineBytesMax) throw new Error(`an event is larger than ${lineBytesMax} bytes`)
      }
    },
    close: () => ending.abort(),
  }
}
