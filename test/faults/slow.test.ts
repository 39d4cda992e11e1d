// Whoever is slow slows the other side down: nothing piles up in the gateway, and not a byte is lost or changed.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const total = 40 * MIB
/** What may lie between the two ends: socket buffers of the kernel on both connections, and the streams' own. */
const between = 24 * MIB
const block = randomBytes(64 * 1024)
const whole = createHash('sha256')
for (let sent = 0; sent < total; sent += block.length) whole.update(block)
const wanted = whole.digest('hex')

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-slow-'))
let origin: Server
let written = 0
let uploaded: IncomingMessage | null = null
let gateway: Running
let port = 0

/** Writes the whole body as fast as the receiver takes it. */
async function pour(sink: NodeJS.WritableStream, count: (bytes: number) => void): Promise<void> {
  for (let sent = 0; sent < total; sent += block.length) {
    count(block.length)
    if (!sink.write(block)) await once(sink, 'drain')
  }
  sink.end()
}

async function digest(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

/** Resolves when the number has stood still for a while; gives it. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1, still = 0; still < 10; ) {
    const now = read()
    still = now === before && now > 0 ? still + 1 : 0
    before = now
    await new Promise(resolve => setTimeout(resolve, 30))
  }
  return read()
}

/** Resident memory of a process, bytes. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

before(async () => {
  origin = createServer((incoming, response) => {
    if (incoming.method === 'GET') void pour(response, bytes => (written += bytes)).catch(() => {})
    else {
      uploaded = incoming
      incoming.once('end', () => response.end('taken'))
    }
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  port = await freePort()
  writeFileSync(
    path.join(folder, 'gateway.yaml'),
    `version: 1
workers: 1
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes: [{ name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }]
`,
  )
  gateway = await startGateway({ config: path.join(folder, 'gateway.yaml') })
})
after(async () => {
  await gateway?.stop()
  origin.closeAllConnections()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

it('a client that does not read stops the service, and then gets every byte', { timeout: 60_000 }, async () => {
  const before = resident(gateway.pid)
  const asked = request({ port, host: '127.0.0.1', path: '/down' }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.pause()
  const stopped = await settled(() => written)
  assert.ok(stopped < between, `the service wrote ${stopped} bytes for a client that reads none`)
  assert.ok(resident(gateway.pid) - before < between, 'memory of the gateway')
  assert.equal(await digest(answer), wanted)
})

it('a service that does not read stops the client, and then gets every byte', { timeout: 60_000 }, async () => {
  const before = resident(gateway.pid)
  const sending = request({ port, host: '127.0.0.1', path: '/up', method: 'POST' })
  let sent = 0
  const poured = pour(sending, bytes => (sent += bytes))
  await until('the service is asked', 30_000, () => uploaded !== null)
  const stopped = await settled(() => sent)
  assert.ok(stopped < between, `the client could send ${stopped} bytes to a service that reads none`)
  assert.ok(resident(gateway.pid) - before < between, 'memory of the gateway')
  const answered = once(sending, 'response')
  assert.ok(uploaded !== null)
  assert.equal(await digest(uploaded), wanted)
  await poured
  const [answer] = (await answered) as [IncomingMessage]
  assert.equal(answer.statusCode, 200)
  answer.resume()
})
