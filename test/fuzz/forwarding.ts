import { keptLines } from '../../src/gateway/kept-lines.ts'
import { EXPECT, FieldNames, HOP_BY_HOP, RESERVED, TRANSFER_ENCODING } from '../../src/net/h1/field-names.ts'
import { CHUNKED } from '../../src/net/h1/framing.ts'
import { readRequestHead } from '../../src/net/h1/request-head.ts'
import { HeadScan, MORE, scanHead } from '../../src/net/h1/scan.ts'
import { chunks } from '../framing/corpus/chunks.ts'
import { fieldLines } from '../framing/corpus/fields.ts'
import { lengths } from '../framing/corpus/length.ts'
import { startLines } from '../framing/corpus/start-line.ts'
import { readStrictly } from '../framing/strict-reader.ts'
import { mutate, randomOf } from './mutation.ts'

const names = new FieldNames(['x-portcullis-*', 'x-forwarded-*', 'forwarded', 'x-real-ip'])
const DROPPED = HOP_BY_HOP | RESERVED | EXPECT | TRANSFER_ENCODING

/**
 * Mutated heads of the framing corpus, taken apart and put together as they are forwarded. Findings: a throw; a head whose scan depends on
 * how much of it is there; a forwarded head that a strict reader refuses or frames otherwise; one that is not the same when it is
 * forwarded once more; time that grows faster than the head.
 */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const corpus = [...startLines, ...fieldLines, ...lengths, ...chunks].map(([, , bytes]) =>
    Buffer.from(bytes.slice(0, 4096), 'latin1'),
  )
  const seed = Date.now() >>> 0
  const random = randomOf(seed)
  const until = performance.now() + budgetMs
  let runs = 0
  let forwarded = 0
  growth()
  while (performance.now() < until) {
    for (let i = 0; i < 100; i++, runs++) {
      const input = mutate(random, random.pick(corpus), corpus)
      try {
        if (examine(input, random.below(input.length + 1))) forwarded++
      } catch (error) {
        throw new Error(`seed ${seed}, run ${runs}: ${JSON.stringify(input.toString('latin1'))}`, { cause: error })
      }
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  // Nothing forwarded = nothing was compared.
  return { name: `forwarding (${forwarded} forwarded)`, runs: forwarded === 0 ? 0 : runs }
}

interface Forwarded {
  readonly text: string
  readonly length: number
}

/** The head as the next hop gets it, or null where it is refused or incomplete. */
function forward(input: Buffer): { out: Forwarded | null; after: number } {
  const scan = new HeadScan()
  const after = scanHead(input, 0, input.length, names, 100, scan)
  if (after < 0) return { out: null, after }
  const head = readRequestHead(input.toString('latin1', 0, after - 2), scan, names, false, 8192)
  if ('malformed' in head) return { out: null, after }
  const target = head.target === '*' ? '*' : head.target.replaceAll(/[^!-~]/g, '')
  let text = `${head.method} ${target} HTTP/1.1\r\n${keptLines(head, DROPPED, null)}`
  if (head.authority === '') text += 'Host: target\r\n'
  if (head.length === CHUNKED) text += 'Transfer-Encoding: chunked\r\n'
  return { out: { text: `${text}\r\n`, length: head.length }, after }
}

/** True when the head was good and was forwarded. */
function examine(input: Buffer, cutAt: number): boolean {
  const { out, after } = forward(input)
  // A part of a head is either refused for what is already wrong, or wants more; never read as whole.
  const scan = new HeadScan()
  const part = scanHead(input.subarray(0, cutAt), 0, cutAt, names, 100, scan)
  if (after > 0 && cutAt < after && part !== MORE) throw new Error(`whole ${after}, cut at ${cutAt}: ${part}`)
  if (after < 0 && part > 0) throw new Error(`refused whole (${after}), read in part (${part})`)
  if (out === null) return false
  const body = out.length === CHUNKED ? '0\r\n\r\n' : 'x'.repeat(Math.min(out.length, 10_000))
  const reading = readStrictly(out.text + body)
  if (reading.fault !== null) throw new Error(`forwarded as ${JSON.stringify(out.text)}: ${reading.fault}`)
  if (out.length <= 10_000 && (reading.requests.length !== 1 || reading.unfinished !== 0))
    throw new Error(`framed otherwise: ${JSON.stringify(out.text)}`)
  const twice = forward(Buffer.from(out.text, 'latin1')).out
  if (twice === null || twice.length !== out.length || fields(twice.text) !== fields(out.text))
    throw new Error(`not stable: ${JSON.stringify(twice)}`)
  return true
}

/** Lines in an order of their own: the gateway's framing line comes last. */
function fields(text: string): string {
  return text.split('\r\n').toSorted().join('\r\n')
}

/** Eight times the head in at most about eight times the time. */
function growth(): void {
  const shapes = [
    (n: number) => `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(n)}\r\n\r\n`,
    (n: number) => `GET /${'a'.repeat(n)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    (n: number) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${'x,'.repeat(n / 2)}\r\n\r\n`,
    (n: number) => `GET / HTTP/1.1\r\nHost: a\r\nX: y${' '.repeat(n)}\r\n\r\n`,
  ]
  for (const shape of shapes) {
    const time = (size: number): number => {
      const input = Buffer.from(shape(size), 'latin1')
      let best = Number.POSITIVE_INFINITY
      for (let i = 0; i < 9; i++) {
        const startedAt = performance.now()
        forward(input)
        best = Math.min(best, performance.now() - startedAt)
      }
      return best
    }
    time(1000)
    const ratio = time(32_000) / Math.max(time(4000), 0.01)
    if (ratio > 60) throw new Error(`eight times the head took ${ratio.toFixed(0)} times as long: ${shape(20)}`)
  }
}
