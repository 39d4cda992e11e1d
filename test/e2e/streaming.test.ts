import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, it } from 'node:test'
import { type EndlessBytes, endlessBytes } from '../support/endless-bytes.ts'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import type { Running } from '../support/process.ts'

const MB = 1_000_000
const FORTY = 40 * MB
/** What the gateway may grow by while bytes pass through it, however many. */
const GROWTH_MAX = 64 * MB
/** 10 GB instead of 1 GB, when somebody asks for it. */
const LONG = process.env['PORTCULLIS_LONG_STREAM'] === '1' ? 10_000 * MB : 1_000 * MB

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-streaming-'))
const seeds = new Map<number, EndlessBytes>()
const agent = new Agent({ keepAlive: true })
let gateway: Running
let port = 0

function bytesOf(seed: number): EndlessBytes {
  let bytes = seeds.get(seed)
  if (bytes === undefined) seeds.set(seed, (bytes = endlessBytes(seed)))
  return bytes
}

/** `/down?seed&length` gives those bytes, chunked or with a length; `/up?seed` reads slowly, checks and counts; `/echo` gives back what comes. */
const service = createServer((request, response) => {
  const url = new URL(request.url as string, 'http://x')
  const seed = Number(url.searchParams.get('seed'))
  const length = Number(url.searchParams.get('length'))
  if (url.pathname === '/echo') {
    request.pipe(response)
    return
  }
  if (url.pathname === '/down') {
    if (url.searchParams.has('sized')) response.setHeader('Content-Length', length)
    pipeline(bytesOf(seed).stream(length), response).catch(() => {})
    return
  }
  const reader = bytesOf(seed).slowReader(1024 * 1024, Number(url.searchParams.get('rest')))
  pipeline(request, reader.sink).then(
    async () => response.end(String(await reader.finished)),
    (error: unknown) => response.end(String(error)),
  )
  reader.finished.catch(() => {})
})

before(async () => {
  // A POST whose body streams is never sent twice, so a connection that the service closes at that moment would be its 502.
  service.keepAliveTimeout = 600_000
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
  origin: { targets: [http://127.0.0.1:${(service.address() as AddressInfo).port}] }
routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`,
  )
  gateway = await startGateway({ config })
  // Warm: code compiled, buffers there.
  await Promise.all(Array.from({ length: 20 }, (_, i) => echo(i + 1, 200_000)))
})

after(async () => {
  agent.destroy()
  await gateway?.stop()
  service.closeAllConnections()
  service.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('streaming', () => {
  for (const sized of ['', '&sized=1']) {
    it(`a slow reader of 40 MB (${sized === '' ? 'chunked' : 'with a length'}) gets its own bytes, and the gateway does not hold them`, async () => {
      const grown = await growth(async () => {
        const [response] = await exchange('GET', `/down?seed=7&length=${FORTY}${sized}`)
        const reader = bytesOf(7).slowReader(256 * 1024, 2)
        // Others read from the same buffers meanwhile: a missing copy would show their bytes here.
        const busy = Array.from({ length: 8 }, (_, i) => echoes(100 + i, 30))
        await pipeline(response, reader.sink)
        assert.equal(await reader.finished, FORTY)
        await Promise.all(busy)
      })
      assert.ok(grown < GROWTH_MAX, `grew by ${Math.round(grown / MB)} MB`)
    })
  }

  it('a slow service gets 40 MB as they were sent, and the gateway does not hold them', async () => {
    const grown = await growth(async () => {
      const busy = Array.from({ length: 8 }, (_, i) => echoes(200 + i, 30))
      for (const headers of [{ 'Content-Length': FORTY }, { 'Transfer-Encoding': 'chunked' }]) {
        const [response] = await exchange('POST', '/up?seed=9&rest=10', headers, bytesOf(9).stream(FORTY))
        assert.equal(await text(response), String(FORTY))
      }
      await Promise.all(busy)
    })
    assert.ok(grown < GROWTH_MAX, `grew by ${Math.round(grown / MB)} MB`)
  })

  it('hundreds of exchanges at once with bodies of their own never mix', async () => {
    const done = await Promise.all(Array.from({ length: 64 }, (_, i) => echoes(1000 + (i % 16), 10)))
    assert.equal(
      done.reduce((sum, n) => sum + n, 0),
      640,
    )
  })

  it(`${LONG / MB} MB pass in constant memory`, { timeout: 600_000 }, async () => {
    const check = bytesOf(11).checker()
    const grown = await growth(async () => {
      const [response] = await exchange('GET', `/down?seed=11&length=${LONG}`)
      for await (const piece of response) check.take(piece as Buffer)
    })
    assert.equal(check.seen, LONG)
    assert.ok(grown < GROWTH_MAX, `grew by ${Math.round(grown / MB)} MB`)
  })
})

/** Several echoes one after the other, of different lengths; how many. */
async function echoes(seed: number, count: number): Promise<number> {
  for (let i = 0; i < count; i++) await echo(seed, 1 + ((seed * 7919 + i * 104_729) % 150_000))
  return count
}

async function echo(seed: number, length: number): Promise<void> {
  const [response] = await exchange('POST', '/echo', {}, bytesOf(seed).stream(length))
  assert.equal(response.statusCode, 200)
  const check = bytesOf(seed).checker()
  for await (const piece of response) check.take(piece as Buffer)
  assert.equal(check.seen, length)
}

async function exchange(
  method: string,
  target: string,
  headers: Record<string, string | number> = {},
  body: NodeJS.ReadableStream | null = null,
): Promise<[IncomingMessage]> {
  const request = httpRequest({ port, host: '127.0.0.1', method, path: target, headers, agent })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  if (body === null) request.end()
  else await Promise.race([pipeline(body, request), answered])
  return answered
}

async function text(response: IncomingMessage): Promise<string> {
  let all = ''
  for await (const piece of response) all += String(piece)
  return all
}

/** By how many bytes the gateway's resident memory grew at most while `work` ran. */
async function growth(work: () => Promise<void>): Promise<number> {
  const before = resident()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, resident())
  }, 50)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(peak, resident()) - before
}

function resident(): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
