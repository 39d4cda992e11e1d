import { isDeepStrictEqual } from 'node:util'
import { readRequests, readResponse } from '../conformance/codec.ts'
import type { Reading } from '../conformance/codec.ts'
import { withHost } from '../conformance/llhttp.ts'
import { readVectors } from '../conformance/llhttp-vectors.ts'
import { testData } from '../support/test-data.ts'
import { readWithLlhttp } from './llhttp-oracle.ts'
import { mutate, randomOf } from './mutation.ts'
import type { Random } from './mutation.ts'

const requestSeeds = [
  'GET /orders?a=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: fuzz\r\n\r\n',
  'POST /orders HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
  'POST /orders HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
  'GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-A\r\nX-A: 1\r\n\r\n',
  'PUT /x HTTP/1.1\r\nHost: a.example:8080\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  'GET /x HTTP/1.0\r\nConnection: keep-alive\r\nHost: a.example\r\n\r\nGET /y HTTP/1.0\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n',
]
const responseSeeds = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nServer: x\r\n\r\n',
  'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end',
]

/** What no reading may take longer than; a hundred times the usual. */
const SLOW_MS = 1_000

/**
 * Mutated HTTP/1.1 messages through the real connections. Findings: a throw; a reading that depends on how the bytes were cut; a
 * reading that takes long; and a request that another parser (Node's llhttp, strict) frames differently from us.
 */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const folder = testData('llhttp-vectors')
  const vectors = folder === null ? [] : readVectors(folder)
  const inputs = (kind: 'request' | 'response') =>
    vectors.filter(vector => vector.kind === kind).map(({ input }) => input)
  const seeds = {
    // Most vectors lack a Host and would be refused for that alone.
    request: [...requestSeeds.map(bytes), ...inputs('request').map(input => withHost(input) ?? input)],
    response: [...responseSeeds.map(bytes), ...inputs('response')],
  }
  const seed = Date.now() >>> 0
  const random = randomOf(seed)
  const until = performance.now() + budgetMs
  let runs = 0
  while (performance.now() < until) {
    const kind = random.chance(0.75) ? 'request' : 'response'
    const input = mutate(random, random.pick(seeds[kind]), seeds[kind])
    await examine(kind, input, random).catch((error: unknown) => {
      throw new Error(`seed ${seed}, run ${runs}, ${kind} ${JSON.stringify(input.toString('latin1'))}`, {
        cause: error,
      })
    })
    runs++
  }
  return { name: 'http1', runs }
}

async function examine(kind: 'request' | 'response', input: Buffer, random: Random): Promise<void> {
  const read = kind === 'request' ? readRequests : readResponse
  const startedAt = performance.now()
  const whole = await read([input])
  const pieces = await read(cut(input, random))
  const took = performance.now() - startedAt
  if (took > SLOW_MS) throw new Error(`took ${took.toFixed(0)} ms`)
  const [a, b] = [completed(whole), completed(pieces)]
  if (!isDeepStrictEqual(a, b))
    throw new Error(`cut differently, read differently: ${JSON.stringify(a)} and ${JSON.stringify(b)}`)
  if (kind === 'request') compareWithLlhttp(input, whole)
}

/** What we accept, llhttp has to frame alike: the same number of messages with the same bodies, as far as we went. */
function compareWithLlhttp(input: Buffer, ours: Reading): void {
  const theirs = readWithLlhttp(input)
  for (const [index, message] of ours.messages.filter(({ complete }) => complete).entries()) {
    const twin = theirs.messages[index]
    if (twin === undefined) {
      // llhttp knows a list of methods and a narrower set of target characters; its framing is not in doubt there.
      if (/method|url|token|HTTP\//i.test(theirs.error ?? '')) return
      // Framing fields of a trailer section: llhttp refuses them, here they are never forwarded (RFC 9110 §6.5.1).
      if (/Content-Length|Transfer-Encoding/.test(theirs.error ?? '') && framingFields(message.fields) > 1) return
      // Whitespace after a value is not part of it (RFC 9112 §5.1); we write the framing toward the service ourselves.
      if (
        /Transfer-Encoding/.test(theirs.error ?? '') &&
        /transfer-encoding:[ \t]*chunked[ \t]+\r\n/i.test(input.toString('latin1'))
      )
        return
      throw new Error(
        `we accept message ${index} ${JSON.stringify(message)}, llhttp says ${theirs.error ?? 'incomplete'}`,
      )
    }
    if (twin.body !== message.body) {
      throw new Error(
        `message ${index}: body ${JSON.stringify(message.body)} here, ${JSON.stringify(twin.body)} in llhttp`,
      )
    }
    if (twin.upgrade) return
  }
}

function framingFields(fields: readonly string[]): number {
  return fields.filter(field => /^(content-length|transfer-encoding):/.test(field)).length
}

function cut(input: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  for (let from = 0; from < input.length; ) {
    const to = Math.min(input.length, from + 1 + random.below(random.chance(0.5) ? 4 : 64))
    pieces.push(input.subarray(from, to))
    from = to
  }
  return pieces
}

function completed(reading: Reading): unknown {
  return reading.messages.filter(({ complete }) => complete)
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
