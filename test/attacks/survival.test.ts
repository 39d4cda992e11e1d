import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { randomOf, type Random } from '../fuzz/mutation.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'
import { startWorld, type World } from './world.ts'

const sha256 = createHash('sha256').update('the-right-key').digest('hex')
// Cost 4: a wrong password is to be wrong quickly here.
const routes = `routes:
  - name: jwt
    match: { path: /jwt/** }
    service: origin
    policies:
      - { use: jwt, with: { issuer: "https://idp.example/", audience: a, algorithms: [HS256], secret: 0123456789abcdef0123456789abcdef, claimsToHeaders: { sub: X-Sub } } }
      - { use: require, with: { roles: { any: [x] } } }
  - name: key
    match: { path: /key/** }
    service: origin
    policies:
      - { use: ip, with: { allow: [127.0.0.0/8] } }
      - { use: size, with: { url: 4KiB, body: { default: 100KiB } } }
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [{ id: one, sha256: ${sha256}, subject: s }] } } }
      - { use: rate-limit, with: { algorithm: leaky-bucket, limit: 1000/s, queue: 50, delay: 1s, by: [principal] } }
      - { use: headers, with: { request: { set: { X-Who: "\${principal.subject}" } }, response: { set: { X-Out: "\${request.id}" } } } }
  - name: basic
    match: { path: /basic/** }
    service: origin
    policies: [{ use: basic, with: { realm: r, users: "u:$2y$04$EtNQWZzQyXqCqQe2vEJQxOYVmVzWTTJBGzG.Ll0PoWn2/sd.nuJKa" } }]
  - name: schema
    match: { path: /schema/** }
    service: origin
    policies:
      - { use: anonymous }
      - { use: json-schema, with: { request: { type: object, properties: { a: { type: integer } } } } }
  - { name: rest, match: { path: "/rest/:id/**" }, service: origin, policies: [{ use: rate-limit, id: h, with: { algorithm: sliding-window, limit: 100000/s, by: [{ header: x-k }, address] } }, { use: anonymous }] }
`

const valid = [
  'GET /jwt/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA\r\n\r\n',
  'GET /key/x?y=1&z HTTP/1.1\r\nHost: a:80\r\nX-API-Key: the-right-key\r\nConnection: keep-alive, x-y\r\n\r\n',
  'POST /key/x HTTP/1.1\r\nHost: a\r\nX-API-Key: the-right-key\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  'GET /basic/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dTpw\r\n\r\n',
  'POST /schema/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}',
  'POST /schema/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\n{"a\r\n4\r\n":1}\r\n0\r\nX-T: y\r\n\r\n',
  'PUT /rest/7/x HTTP/1.1\r\nHost: a\r\nX-K: 1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HEAD /rest/a%20b/ HTTP/1.0\r\nConnection: keep-alive\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
]

test('garbage, half requests and clients that vanish kill no worker and leave nothing held', {
  timeout: 60_000,
}, async () => {
  const control = await freePort()
  await using world = await startWorld(routes, {
    top: `workers: 1\nstateDir: FOLDER/state\ncontrol: { address: "127.0.0.1:${control}" }`,
  })
  const seed = Number(process.env['ATTACK_SEED'] ?? Date.now() % 1e6)
  const random = randomOf(seed)
  const end = performance.now() + Number(process.env['ATTACK_MS'] ?? 6_000)
  let sent = 0
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      while (performance.now() < end) {
        await assault(world.port, random)
        sent++
      }
    }),
  )
  const token = (await readFile(path.join(world.folder, 'state/control-token'), 'utf8')).trim()
  const metrics = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${control}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    return answer.text()
  }
  const value = (text: string, name: RegExp): number =>
    [...text.matchAll(new RegExp(`^${name.source}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
  const words = `seed ${seed}, ${sent} connections`
  await until(
    `nothing in flight and nothing held; ${words}`,
    20_000,
    async () => {
      const text = await metrics()
      return value(text, /portcullis_requests_in_flight/) === 0 && value(text, /portcullis_buffered_bytes/) === 0
    },
    500,
  )
  assert.equal(value(await metrics(), /portcullis_worker_restarts_total/), 0, words)
  const errors = world.gateway.lines.filter(line => /error|crashed|gone|failed/.test(line))
  assert.deepEqual(errors, [], words)
  await stillServes(world)
  assert.ok(sent > 100, words)
})

async function stillServes(world: World): Promise<void> {
  const { status } = await world.attack('GET /key/x HTTP/1.1\r\nHost: a\r\nX-API-Key: the-right-key\r\n\r\n')
  assert.equal(status, 200)
}

/** One connection: some requests, mutated or whole, in pieces, perhaps cut off by an end or a reset. */
function assault(port: number, random: Random): Promise<void> {
  return new Promise(resolve => {
    let bytes = Buffer.alloc(0)
    for (let i = random.below(4); i >= 0; i--) {
      const one = Buffer.from(random.pick(valid), 'latin1')
      bytes = Buffer.concat([bytes, random.chance(0.6) ? mutated(one, random) : one])
    }
    if (random.chance(0.3)) bytes = bytes.subarray(0, random.below(bytes.length + 1))
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
    const pieces = random.chance(0.5) ? 1 : 1 + random.below(8)
    let at = 0
    const next = (): void => {
      if (at < bytes.length) {
        const to = pieces === 1 ? bytes.length : Math.min(bytes.length, at + 1 + random.below(bytes.length))
        socket.write(bytes.subarray(at, to), () => setImmediate(next))
        at = to
      } else if (random.chance(0.4)) socket.resetAndDestroy()
      else if (random.chance(0.5)) socket.destroy()
      else {
        socket.end()
        setTimeout(() => socket.destroy(), 200).unref()
      }
    }
    socket.on('connect', next)
  })
}

function mutated(bytes: Buffer, random: Random): Buffer {
  let text = bytes.toString('latin1')
  for (let i = random.below(5); i >= 0; i--) {
    const at = random.below(text.length + 1)
    const to = Math.min(text.length, at + random.below(12))
    const insert = random.pick([
      '',
      '\r',
      '\n',
      '\0',
      ' ',
      ':',
      ',',
      '\xff',
      '%',
      '%2e',
      '/',
      '\r\n\r\n',
      '0\r\n',
      'Content-Length: 9\r\n',
      'A'.repeat(5000),
      String.fromCharCode(random.below(256)),
      text.slice(at, to),
    ])
    text = text.slice(0, at) + insert + text.slice(random.chance(0.5) ? at : to)
  }
  return Buffer.from(text, 'latin1')
}
