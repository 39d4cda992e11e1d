import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, it } from 'node:test'
import { assertProblem, curl } from '../support/curl.ts'
import { startFaultGateway } from '../support/fault-gateway.ts'
import { until } from '../support/until.ts'

// Descriptors or memory run out: the gateway sheds with 503 or closes, keeps what it has, and recovers by itself.

/** Answers when `release` was called; `/now` at once. */
const held = new Set<() => void>()
const origin = createServer((request, response) => {
  if (request.url === '/x/now') response.end('now')
  else held.add(() => response.end('held'))
})
let target = ''

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  target = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
})
after(() => {
  origin.closeAllConnections()
  origin.close()
})

function release(): void {
  for (const end of held) end()
  held.clear()
}

interface Client {
  readonly socket: Socket
  text: string
  closed: boolean
}

function client(port: number, first: string): Client {
  const made: Client = { socket: connect(port, '127.0.0.1'), text: '', closed: false }
  made.socket.on('error', () => {})
  made.socket.on('close', () => {
    made.closed = true
  })
  made.socket.on('data', bytes => {
    made.text += bytes.toString('latin1')
  })
  made.socket.write(first)
  return made
}

it('out of descriptors: sheds, finishes what it has, and serves again when there are some', {
  timeout: 120_000,
}, async () => {
  await using gateway = await startFaultGateway({
    yaml: `workers: 1
services: { origin: { targets: ["${target}"], timeouts: { connect: 2s } } }
routes: [{ name: x, match: { path: /x/** }, service: origin, policies: [{ use: anonymous }] }]
`,
    shell: 'ulimit -n 120; exec "$@"',
  })
  assert.equal((await curl(`${gateway.base}/x/now`)).body, 'now')
  const many = (count: number): Client[] =>
    Array.from({ length: count }, () => client(gateway.port, 'GET /x/held HTTP/1.1\r\nHost: x\r\n\r\n'))
  const first = many(10)
  const clients = [...first]
  try {
    await until('the first are with the origin', 30_000, () => held.size === first.length)
    clients.push(...many(290))
    await until('some are shed', 30_000, () => clients.some(({ closed, text }) => closed || text !== ''))
    release()
    await until('what it had is finished', 30_000, () => first.every(({ text }) => text.startsWith('HTTP/1.1 200')))
    for (const { text } of clients) assert.match(text, /^$|^HTTP\/1\.1 (200|503) /)
  } finally {
    for (const { socket } of clients) socket.destroy()
  }
  await until('it serves again', 30_000, async () => (await curl(`${gateway.base}/x/now`)).body === 'now', 100)
  assert.equal((await curl(`${gateway.base}/x/now`)).status, 200)
  assert.equal(await gateway.running.stop(), 0)
})

it('out of the memory budget: new work is 503, and all of it comes back', { timeout: 120_000 }, async () => {
  await using gateway = await startFaultGateway({
    yaml: `workers: 1
limits: { buffered: 2MiB }
services: { origin: { targets: ["${target}"] } }
routes:
  - name: x
    match: { path: /x/** }
    service: origin
    policies: [{ use: anonymous }, { use: json-schema, with: { request: { type: object } } }]
  - { name: free, match: { path: /free/** }, service: origin, policies: [{ use: anonymous }] }
`,
  })
  const big = `{"a":1${' '.repeat(700_000)}}`
  const head = `POST /x/now HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${big.length}\r\n\r\n`
  // All but the last byte of each: the bodies stay where they are.
  const clients = Array.from({ length: 8 }, () => client(gateway.port, head + big.slice(0, -1)))
  try {
    const shed = await until('some are shed', 30_000, () => {
      const refused = clients.filter(({ text }) => text !== '')
      return refused.length >= 5 && refused
    })
    for (const { text } of shed) assert.match(text, /^HTTP\/1\.1 503 [^]*"code":"overloaded"/)
    const used = await gateway.control.metric('portcullis_buffered_bytes')
    assert.ok(used <= 2 << 20, `${used} bytes`)
    const rest = clients.filter(({ text }) => text === '')
    assert.ok(rest.length > 0)
    for (const { socket } of rest) socket.write('}')
    await until('the others are decided', 30_000, () => rest.every(({ text }) => text !== ''))
    assert.ok(
      rest.some(({ text }) => text.startsWith('HTTP/1.1 200')),
      'what had found room is served',
    )
    for (const { text } of rest) assert.match(text, /^HTTP\/1\.1 (200|503) /)
  } finally {
    for (const { socket } of clients) socket.destroy()
  }
  await until(
    'the budget is whole',
    30_000,
    async () => (await gateway.control.metric('portcullis_buffered_bytes')) === 0,
  )
  const again = await curl('-H', 'Content-Type: application/json', '-d', '{}', `${gateway.base}/x/now`)
  assert.equal(again.status, 200)
  assertProblem(
    await curl('-H', 'Content-Type: application/json', '-d', '[]', `${gateway.base}/x/now`),
    422,
    'body-invalid',
  )
})
