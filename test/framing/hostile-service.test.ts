import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { readAnswers } from './answers.ts'
import { type AnswerSample, answers } from './corpus/answers.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-hostile-'))
const sockets = new Set<Socket>()
/** The connection on which each sample was answered. */
const answeredOn = new Map<string, Socket>()
let split = false
/** Sent as soon as the sample was asked for: its client then waits for the one connection. */
let onSample: (() => Promise<void>) | null = null
let port = 0
let gateway: Running

/** Answers `/sample/N` and `/endless/N` with the bytes of that sample, and everything else honestly with its own path. */
const service = createServer({ noDelay: true }, socket => {
  sockets.add(socket)
  let text = ''
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const target = text.split(' ', 2)[1] as string
      text = text.slice(end + 4)
      const sample = answers[Number(/^\/(?:sample|endless)\/(\d+)$/.exec(target)?.[1])]
      if (sample === undefined) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`)
      else void misbehave(socket, sample, target)
    }
  })
})

async function misbehave(socket: Socket, sample: AnswerSample, target: string): Promise<void> {
  answeredOn.set(target, socket)
  await onSample?.()
  const pieces = split && sample.bytes.length < 5000 ? [...sample.bytes] : [sample.bytes]
  // What came later would be the answer to the next request, for whoever reads: the connection may be in use again by then.
  pieces[pieces.length - 1] += sample.surplus ?? ''
  for (const piece of pieces) {
    if (socket.destroyed) break
    await new Promise<void>(resolve => socket.write(piece, 'latin1', () => setImmediate(resolve)))
  }
  if (sample.closes) socket.end()
}

before(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  port = await freePort()
  const config = path.join(folder, 'portcullis.yaml')
  writeFileSync(
    config,
    `version: 1
workers: 1
listeners:
  - { name: plain, address: 127.0.0.1:${port} }
services:
  origin:
    targets: [http://127.0.0.1:${(service.address() as AddressInfo).port}]
    connections: 1
  # Only here does time decide, so only here it is short: on a busy machine the others may stand still for seconds.
  endless:
    targets: [http://127.0.0.1:${(service.address() as AddressInfo).port}]
    connections: 1
    timeouts: { response: 1s }
routes:
  - { name: endless, match: { path: /endless/** }, service: endless, policies: [{ use: anonymous }] }
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`,
  )
  gateway = await startGateway({ config })
})

after(async () => {
  await gateway?.stop()
  for (const socket of sockets) socket.destroy()
  service.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a hostile service', () => {
  it('the corpus is large and no name stands twice', () => {
    assert.ok(answers.length >= 100, `${answers.length} answers`)
    assert.equal(new Set(answers.map(({ name }) => name)).size, answers.length)
  })

  it('nothing that two readers could frame differently reaches a client, and no client gets another one’s answer', () =>
    runAll())

  it('the same when every byte comes alone', async () => {
    split = true
    await runAll()
  })
})

async function runAll(): Promise<void> {
  const wrong: string[] = []
  for (const [index, sample] of answers.entries()) {
    const complaint = await judge(sample, index)
    if (complaint !== null) wrong.push(`${sample.name} (${sample.clause}): ${complaint}`)
  }
  assert.deepEqual(wrong, [])
}

async function judge(sample: AnswerSample, index: number): Promise<string | null> {
  const service = sample.endless ? 'endless' : 'sample'
  const target = `/${service}/${index}`
  // A second client queues behind the first for the only connection: whatever is left on that connection would be its answer.
  let queued: Promise<string> | null = null
  onSample = async () => {
    onSample = null
    queued = ask('GET', `/${service}/queued/${index}`)
    // Its request is with the gateway once a third one, sent later, has been refused by it.
    await ask('TRACE', '/')
  }
  const received = await ask(sample.method ?? 'GET', target)
  const second = await (queued as Promise<string> | null)
  const third = await ask('GET', `/${service}/next/${index}`)
  const socket = answeredOn.get(target) as Socket
  answeredOn.delete(target)
  if (second?.endsWith(`\r\n\r\n/${service}/queued/${index}`) !== true)
    return `the client in the queue got ${JSON.stringify(second)}`
  if (!third.endsWith(`\r\n\r\n/${service}/next/${index}`)) return `the next client got ${JSON.stringify(third)}`
  if (sample.kept && socket.destroyed) return 'the connection was not kept'
  if (!sample.kept && !socket.destroyed) await once(socket, 'close', { signal: AbortSignal.timeout(30_000) })
  return complain(sample, received)
}

function complain(sample: AnswerSample, received: string): string | null {
  const { expect } = sample
  if (received.includes('evil')) return `got ${JSON.stringify(received)}`
  if (expect === 'broken') {
    // The fault came in the same read as the head: nothing of it had gone out.
    if (received === '') return null
    if (!received.startsWith('HTTP/1.1 200')) return `got ${JSON.stringify(received)}`
    try {
      readAnswers(received)
    } catch {
      return null
    }
    return `an answer that looks complete: ${JSON.stringify(received)}`
  }
  const head = sample.method === 'HEAD'
  const [answer, ...more] = readAnswers(received, () => head)
  if (answer === undefined || more.length > 0) return `got ${JSON.stringify(received)}`
  if (expect === 'refused') {
    if (answer.status !== 502 && answer.status !== 504) return `status ${answer.status}`
    const { code } = JSON.parse(answer.body) as { code: string }
    return /^upstream-(?:malformed|unreachable|timeout)$/.test(code) ? null : `code ${code}`
  }
  return answer.status === expect.status && answer.body === expect.body ? null : `got ${JSON.stringify(received)}`
}

/** One request on its own connection; everything that came back until it closed. */
async function ask(method: string, target: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.end(`${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`)
  await once(socket, 'close')
  return received
}
