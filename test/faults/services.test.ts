// Services that fail, each in its own way, behind a real gateway: what the client gets, and that the others go on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { until } from '../support/until.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-services-'))
const servers: Server[] = []
const sockets = new Set<Socket>()

/** A service made of bare sockets: `serve` sees each piece of each connection. */
async function service(serve: (socket: Socket, piece: string) => void): Promise<number> {
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece: Buffer) => serve(socket, piece.toString('latin1')))
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'
const malformed: Readonly<Record<string, string>> = {
  '/noise': 'hello\r\n\r\n',
  '/two-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ngood!',
  '/both': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n',
  '/folded': 'HTTP/1.1 200 OK\r\nX-One: 1\r\n 2\r\nContent-Length: 4\r\n\r\ngood',
}
/** Requests per connection of the service that gives up kept connections. */
const served = new Map<Socket, number>()
const posted: string[] = []
/** What came to the service that never answers. */
const heard: string[] = []
let base = ''
let port = 0
let gateway: Running

before(async () => {
  const [listen, closed] = (await freePorts(2)) as [number, number]
  port = listen
  base = `http://127.0.0.1:${listen}`
  const good = await service(socket => socket.write(ok))
  const silent = await service((_, piece) => void heard.push(piece))
  const bad = await service((socket, piece) => {
    socket.write(malformed[/^GET \/malformed(\/\S+)/.exec(piece)?.[1] ?? ''] ?? ok)
  })
  const cut = await service(socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it', () => socket.destroy())
  })
  const stale = await service((socket, piece) => {
    const count = (served.get(socket) ?? 0) + 1
    served.set(socket, count)
    if (piece.startsWith('POST')) posted.push(piece)
    if (count > 1) socket.destroy()
    else socket.write(ok)
  })
  const route = (name: string, targets: readonly string[], service = ''): string =>
    `  ${name}: { targets: [${targets.map(target => `"${target}"`).join(', ')}]${service} }`
  const tcp = (to: number): string => `http://127.0.0.1:${to}`
  const services = [
    route('closed', [tcp(closed)]),
    route('pair', [tcp(closed), tcp(good)]),
    route('handshake', [`https://127.0.0.1:${silent}`], ', timeouts: { connect: 300ms }'),
    route('silent', [tcp(silent)], ', timeouts: { response: 1s }'),
    route('busy', [tcp(silent)], ', connections: 1, timeouts: { connect: 200ms, response: 1m }'),
    route('malformed', [tcp(bad)]),
    route('cut', [tcp(cut)]),
    route('stale', [tcp(stale)]),
    route('good', [tcp(good)]),
  ]
  const names = services.map(line => line.trim().split(':')[0])
  writeFileSync(
    path.join(folder, 'gateway.yaml'),
    `version: 1
workers: 1
limits: { buffered: 1MiB }
listeners: [{ name: plain, address: "127.0.0.1:${listen}" }]
services:
${services.join('\n')}
events: [{ sink: stdout }]
routes:
${names.map(name => `  - { name: ${name}, match: { path: /${name}/** }, service: ${name}, policies: [{ use: anonymous }] }`).join('\n')}
  - name: whole
    match: { path: /whole, methods: [POST] }
    service: good
    limits: { bufferedBody: 4MiB }
    policies: [{ use: anonymous }, { use: json-schema, with: { request: { type: string } } }]
`,
  )
  gateway = await startGateway({ config: path.join(folder, 'gateway.yaml') })
})
after(async () => {
  await gateway?.stop()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(where: string, init: RequestInit = {}): Promise<{ status: number; code: string | null }> {
  const answer = await fetch(`${base}${where}`, init)
  const text = await answer.text()
  return {
    status: answer.status,
    code: answer.headers.get('content-type')?.startsWith('application/problem+json') ? JSON.parse(text).code : null,
  }
}

describe('a service', () => {
  it('that nobody serves is 502, and the others go on', async () => {
    assert.deepEqual(await ask('/closed/x'), { status: 502, code: 'upstream-unreachable' })
    assert.deepEqual(await ask('/good/x'), { status: 200, code: null })
  })

  it('with one target away is served by the other, whatever the method', async () => {
    for (const method of ['GET', 'POST', 'GET', 'POST'])
      assert.deepEqual(await ask('/pair/x', { method }), { status: 200, code: null })
  })

  it('that does not take the connection in time is 504', async () => {
    assert.deepEqual(await ask('/handshake/x'), { status: 504, code: 'upstream-timeout' })
  })

  it('that takes the request and does not answer is 504', async () => {
    assert.deepEqual(await ask('/silent/x'), { status: 504, code: 'upstream-timeout' })
  })

  for (const name of Object.keys(malformed)) {
    it(`whose answer can be read in two ways or in none is 502, and nothing of it is sent on (${name})`, async () => {
      const answer = await fetch(`${base}/malformed${name}`)
      const text = await answer.text()
      assert.equal(answer.status, 502)
      assert.equal(JSON.parse(text).code, 'upstream-malformed')
      assert.doesNotMatch(text, /good|hello/)
    })
  }

  it('that breaks off in the middle of an answer breaks the client’s connection off too', async () => {
    const answer = await fetch(`${base}/cut/x`)
    assert.equal(answer.status, 200)
    await assert.rejects(answer.text())
    await gateway.line(/"route":"cut".*"verdict":"error".*"code":"upstream-unreachable"/)
  })

  it('that closed a kept connection is asked once more on a fresh one, but never twice for a POST', async () => {
    assert.deepEqual(await ask('/stale/a'), { status: 200, code: null })
    // The kept connection is given up as the second request arrives; the answer comes over a new one.
    assert.deepEqual(await ask('/stale/b'), { status: 200, code: null })
    assert.equal(served.size, 2)
    assert.deepEqual(await ask('/stale/c', { method: 'POST', body: 'once' }), {
      status: 502,
      code: 'upstream-unreachable',
    })
    assert.equal(posted.length, 1)
  })

  it('whose connections are all busy is 503 after a short wait', async () => {
    const ending = new AbortController()
    const first = fetch(`${base}/busy/held`, { signal: ending.signal }).catch(() => null)
    await until('the service has the first one', 30_000, () => heard.some(piece => piece.startsWith('GET /busy/held ')))
    assert.deepEqual(await ask('/busy/x'), { status: 503, code: 'overloaded' })
    ending.abort()
    await first
  })
})

describe('the memory budget', () => {
  it('when it is spent makes new work 503, and is there again afterwards', async () => {
    const large = JSON.stringify('x'.repeat(2 * 1024 * 1024))
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const status = await postRaw('/whole', large)
    assert.equal(status, 503)
    assert.deepEqual(await ask('/whole', { ...init, body: '"small"' }), { status: 200, code: null })
  })
})

/** Status of a POST whose answer may come, and whose connection may end, before its body is sent. */
function postRaw(where: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
      if (status === undefined) return
      socket.destroy()
      resolve(Number(status))
    })
    socket.on('error', error => (text === '' ? reject(error) : undefined))
    socket.write(
      `POST ${where} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  })
}
