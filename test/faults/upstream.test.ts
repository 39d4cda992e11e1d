import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, before, it } from 'node:test'
import { assertProblem, curl } from '../support/curl.ts'
import { type FaultGateway, startFaultGateway } from '../support/fault-gateway.ts'
import { freePorts } from '../support/ports.ts'
import { until } from '../support/until.ts'

// A service that is slow, half-open, resets or lies about lengths: what the client gets is never complete-looking nonsense, nothing
// that is not idempotent is sent twice, and the gateway is as good as before.

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'
/** `METHOD path` of each request head that the service got, and on which of its connections. */
const got: Array<readonly [head: string, connection: number]> = []

/** What the service does to a request, by the path's last segment. `nth` counts the requests of that connection from 1. */
const behaviours: Record<string, (socket: Socket, nth: number) => void> = {
  good: socket => socket.write(good),
  silent: () => {},
  end: socket => socket.end(),
  reset: socket => socket.resetAndDestroy(),
  'half-head': socket => socket.write('HTTP/1.1 200 OK\r\nContent-Le'),
  'half-head-end': socket => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  'half-body': socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
  'short-end': socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
  'short-reset': socket =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () =>
      setImmediate(() => socket.resetAndDestroy()),
    ),
  'chunks-end': socket => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
  'bad-chunk': socket => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX\r\n0\r\n\r\n'),
  long: socket => socket.write(`${good}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`),
  both: socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  twice: socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ngood'),
  noise: socket => socket.write('\x00\x01\x02 hello\r\n\r\n'),
  upgrade: socket => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
  // Keeps the connection after the first answer and resets it when the second request has come: the stale socket of RFC 9112 §9.3.1.
  stale: (socket, nth) => (nth === 1 ? socket.write(good) : socket.resetAndDestroy()),
}

let connections = 0
const sockets = new Set<Socket>()
const service = createServer({ allowHalfOpen: true }, socket => {
  const connection = ++connections
  let nth = 0
  let text = ''
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('data', bytes => {
    text += bytes.toString('latin1')
    for (;;) {
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) return
      const head = text.slice(0, text.indexOf(' HTTP/'))
      text = text.slice(end + 4 + length)
      got.push([head, connection])
      behaviours[head.replace(/.*\//, '').replace(/\?.*/, '')]?.(socket, ++nth)
    }
  })
})

let gateway: FaultGateway

before(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const [closed] = (await freePorts(1)) as [number]
  gateway = await startFaultGateway({
    yaml: `workers: 1
services:
  faulty: { targets: ["http://127.0.0.1:${(service.address() as AddressInfo).port}"], timeouts: { response: 3s, idle: 3s } }
  refusing: { targets: ["http://127.0.0.1:${closed}"] }
routes:
  - { name: faulty, match: { path: /faulty/** }, service: faulty, policies: [{ use: anonymous }] }
  - { name: refusing, match: { path: /refusing/** }, service: refusing, policies: [{ use: anonymous }] }
`,
  })
})
after(async () => {
  await gateway?.[Symbol.asyncDispose]()
  for (const socket of sockets) socket.destroy()
  service.close()
})

const ask = (name: string, ...args: string[]) => curl(...args, `${gateway.base}/faulty/${name}`)

it('no answer in time is 504, a broken one 502, and each says so as a problem', { timeout: 120_000 }, async () => {
  assertProblem(await curl(`${gateway.base}/refusing/x`), 502, 'upstream-unreachable')
  const cases: ReadonlyArray<readonly [name: string, status: number, code: string]> = [
    ['silent', 504, 'upstream-timeout'],
    ['half-head', 504, 'upstream-timeout'],
    ['end', 502, 'upstream-unreachable'],
    ['reset', 502, 'upstream-unreachable'],
    ['half-head-end', 502, 'upstream-unreachable'],
    ['both', 502, 'upstream-malformed'],
    ['twice', 502, 'upstream-malformed'],
    ['noise', 502, 'upstream-malformed'],
    ['upgrade', 502, 'upstream-malformed'],
  ]
  for (const [name, status, code] of cases) {
    const answer = await ask(name)
    assert.equal(answer.status, status, `${name}: ${answer.body}`)
    assertProblem(answer, status, code)
    assert.equal((await ask('good')).body, 'good', `after ${name}`)
  }
})

it('an answer that stays short of what it promised never looks complete', { timeout: 120_000 }, async () => {
  for (const name of ['half-body', 'short-end', 'short-reset', 'chunks-end', 'bad-chunk']) {
    const { exit, status } = await ask(name)
    // 18: fewer bytes than promised; 56: the connection broke; 52: it broke before the head.
    assert.ok([18, 52, 56].includes(exit), `${name}: curl ended with ${exit}, status ${status}`)
    assert.equal((await ask('good')).body, 'good', `after ${name}`)
  }
})

it('bytes behind an answer become nobody else’s answer', { timeout: 120_000 }, async () => {
  for (let i = 0; i < 20; i++) {
    assert.equal((await ask('long')).body, 'good')
    assert.equal((await ask('good')).body, 'good')
  }
})

it('a request on a stale connection is sent again if it is idempotent, and never otherwise', {
  timeout: 120_000,
}, async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'PATCH']) {
    const body = ['PUT', 'POST', 'PATCH'].includes(method) ? ['--data-binary', 'x'] : []
    const how = method === 'HEAD' ? ['-I'] : ['-X', method]
    // Only one connection may lie idle, and it must be one that has carried a `stale` before.
    for (const socket of sockets) socket.destroy()
    await until(
      'no connection to the service is left',
      30_000,
      async () => (await gateway.control.metric('portcullis_upstream_connections')) === 0,
    )
    assert.equal((await ask('stale?warm')).status, 200)
    const before = got.length
    const { status } = await ask(`stale?${method}`, ...how, ...body)
    const sent = got.slice(before).filter(([head]) => head === `${method} /faulty/stale?${method}`)
    // A body that streams cannot be sent again; PUT is one.
    const again = ['GET', 'HEAD', 'DELETE'].includes(method)
    assert.deepEqual([status, sent.length], again ? [200, 2] : [502, 1], method)
  }
})

it('a client that gives up ends the request to the service, and nothing is left over', {
  timeout: 120_000,
}, async () => {
  const clients = Array.from({ length: 20 }, () => {
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {})
    socket.write('GET /faulty/silent?gone HTTP/1.1\r\nHost: x\r\n\r\n')
    return socket
  })
  const asked = () => got.filter(([head]) => head === 'GET /faulty/silent?gone').length
  await until('all are asked', 30_000, () => asked() === 20)
  for (const socket of clients) socket.resetAndDestroy()
  await until('all are over', 30_000, async () => (await gateway.control.metric('portcullis_requests_in_flight')) === 0)
  assert.equal((await ask('good')).body, 'good')
  // Each worker tells it once a second.
  await until('no byte is held', 30_000, async () => (await gateway.control.metric('portcullis_buffered_bytes')) === 0)
})
