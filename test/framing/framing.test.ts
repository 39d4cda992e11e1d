import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { type Answer, readAnswers } from './answers.ts'
import { chunks } from './corpus/chunks.ts'
import { fieldLines } from './corpus/fields.ts'
import { lengths } from './corpus/length.ts'
import type { Expectation, Sample } from './corpus/sample.ts'
import { startLines } from './corpus/start-line.ts'
import { type RecordingOrigin, recordingOrigin } from './recording-origin.ts'
import { readStrictly } from './strict-reader.ts'

const corpus: readonly Sample[] = [...startLines, ...fieldLines, ...lengths, ...chunks]

/** Ways to send one message: the writes, with a turn of the loop between two. */
type Cut = (bytes: Buffer) => Iterable<Buffer>

const whole: Cut = bytes => [bytes]
const everyByte: Cut = function* (bytes) {
  // Long messages are long for the sake of a limit: byte by byte near both ends, in pieces between.
  for (let at = 0; at < bytes.length; ) {
    const to = at < 400 || at >= bytes.length - 50 ? at + 1 : Math.min(at + 997, bytes.length - 50)
    yield bytes.subarray(at, to)
    at = to
  }
}

let origin: RecordingOrigin
let gateway: Running
let port = 0
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-framing-'))

before(async () => {
  origin = await recordingOrigin()
  port = await freePort()
  const config = path.join(folder, 'portcullis.yaml')
  writeFileSync(
    config,
    `version: 1
listeners:
  - { name: plain, address: 127.0.0.1:${port}, limits: { headTimeout: 3s } }
services:
  origin: { targets: [http://127.0.0.1:${origin.port}] }
routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`,
  )
  gateway = await startGateway({ config, env: { STATE_DIR: folder }, args: [] })
})

after(async () => {
  await gateway?.stop()
  await origin?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe('malformed and ambiguous HTTP/1.1 messages', () => {
  it('the corpus is large and no name stands twice', () => {
    assert.ok(corpus.length >= 440, `${corpus.length} messages`)
    assert.equal(new Set(corpus.map(([name]) => name)).size, corpus.length)
  })

  it('sent whole: nothing ambiguous and nothing smuggled reaches the service', () => runAll(whole, ''))
  it('sent byte by byte: the same', () => runAll(everyByte, ''))
  // First-request validation: what holds for the first request of a connection holds for all.
  it('sent behind a good request on the same connection: the same', () =>
    runAll(whole, 'GET /before HTTP/1.1\r\nHost: a.example\r\n\r\n'))
})

async function runAll(cut: Cut, prefix: string): Promise<void> {
  let ran = 0
  const wrong: string[] = []
  for (const [index, sample] of corpus.entries()) {
    const complaint = await judge(sample, index, cut, prefix)
    if (complaint !== null) wrong.push(`${sample[0]} (${sample[1]}): ${complaint}`)
    ran++
  }
  assert.deepEqual(wrong, [])
  assert.deepEqual(origin.faults, [], 'ambiguous at the service')
  assert.equal(ran, corpus.length)
}

/** Sends one message and says what was wrong about its fate; null for nothing. */
async function judge(
  [, , bytes, expect, wanted]: Sample,
  index: number,
  cut: Cut,
  prefix: string,
): Promise<string | null> {
  const requestsBefore = origin.requests.length
  const faultsBefore = origin.faults.length
  const connectionsBefore = origin.recordings.length
  const lengthsBefore = origin.recordings.map(({ text }) => text.length)
  const received = await send(Buffer.from(prefix + bytes, 'latin1'), cut)
  // What a message left behind on a connection to the service shows in the next request: it comes on its own connection and must arrive alone.
  const probe = `/probe/${index}`
  const probed = await send(
    Buffer.from(`GET ${probe} HTTP/1.1\r\nHost: probe.example\r\nConnection: close\r\n\r\n`),
    whole,
  )
  if (!probed.endsWith(`\r\n\r\n${probe}`)) return `the next client got ${JSON.stringify(probed)}`
  if (origin.faults.length > faultsBefore) return `ambiguous: ${origin.faults.at(-1)}`
  const seen = origin.requests.slice(requestsBefore)
  if (seen.pop()?.target !== probe) return 'smuggled: the probe was not the last request'
  if (prefix !== '' && seen.shift()?.target !== '/before') return 'the request before it was lost'
  const count = wanted ?? (expect === 'clean' ? 1 : 0)
  if (seen.length !== count)
    return `${seen.length} requests at the service in place of ${count}: ${JSON.stringify(seen.map(({ target }) => target))}`
  for (const request of seen) {
    if (request.target === '/smuggled' && wanted !== 2) return 'smuggled'
    if (JSON.stringify([request.fields, request.trailers]).includes('evil'))
      return `a field that must not pass: ${JSON.stringify(request)}`
  }
  const unfinished = origin.recordings.filter((recording, i) => {
    const from = i < connectionsBefore ? (lengthsBefore[i] as number) : 0
    return recording.text.length > from && readStrictly(recording.text).unfinished > 0
  })
  if (unfinished.length > 0 && expect !== 'cut') return 'a byte of it reached the service'
  for (const recording of unfinished) while (!recording.closed) await origin.changed()
  return complain(received, expect, count + (prefix === '' ? 0 : 1), bytes)
}

/** Was the client told what it should be told? */
function complain(received: string, expect: Expectation, good: number, bytes: string): string | null {
  const answers = readAnswers(received, answer => bytes.startsWith('HEAD') && answer === good - 1)
  const refusals = answers.filter(({ status }) => status >= 400)
  if (answers.slice(0, good).some(({ status }) => status !== 200))
    return `answers ${JSON.stringify(answers.map(({ status }) => status))}`
  if (expect === 'clean') return answers.length === good ? null : `${answers.length} answers`
  if (expect === 'answered')
    return answers.length === good + 1 && refusals.length === 0 ? null : `answers ${JSON.stringify(answers)}`
  const last = answers.at(-1)
  // A message that cannot be told from one that is still coming may also just be cut off.
  if (expect === 'cut' && answers.length === good) return null
  if (answers.length !== good + 1 || refusals.length !== 1 || last === undefined)
    return `answers ${JSON.stringify(answers)}`
  return complainOfRefusal(last, expect === 'cut' ? 'malformed-request' : expect, bytes.startsWith('TRACE '))
}

/** `wellFormed`: a request that is refused for what it asks and not for how it is written. */
function complainOfRefusal(answer: Answer, code: string, wellFormed: boolean): string | null {
  if (answer.fields.get('content-type') !== 'application/problem+json') return 'the refusal is not a problem document'
  const problem = JSON.parse(answer.body) as { code: string; status: number; type: string }
  if (problem.code !== code) return `refused as ${problem.code} in place of ${code}`
  if (problem.status !== answer.status || problem.type !== `urn:portcullis:problem:${code}`)
    return `problem ${answer.body}`
  const goesOn = wellFormed || code === 'ambiguous-path'
  if (!goesOn && answer.fields.get('connection') !== 'close') return 'the connection was kept'
  return null
}

/** Sends the pieces, ends its half, and gives everything that came back until the gateway closed. */
async function send(bytes: Buffer, cut: Cut): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString('latin1')))
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  for (const piece of cut(bytes)) {
    if (socket.destroyed || socket.readableEnded) break
    await new Promise<void>(resolve => socket.write(piece, () => setImmediate(resolve)))
  }
  socket.end()
  await closed
  return received
}
