import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'
import { startWorld } from './world.ts'

const sha256 = createHash('sha256').update('KEYMARKER-right').digest('hex')
const routes = `events:
  - { sink: file, path: FOLDER/events.jsonl }
routes:
  - name: keys
    match: { path: /keys/** }
    service: origin
    policies:
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [{ id: one, sha256: ${sha256} }] } } }
      - { use: headers, with: { request: { set: { X-Upstream-Secret: env:UPSTREAM } } } }
  - name: jwt
    match: { path: /jwt/** }
    service: origin
    policies: [{ use: jwt, with: { issuer: "https://a.example/", audience: one, algorithms: [HS256], secret: env:HMAC } }]
  - name: basic
    match: { path: /basic/** }
    service: origin
    policies: [{ use: basic, with: { realm: r, users: "u:$2y$04$EtNQWZzQyXqCqQe2vEJQxOYVmVzWTTJBGzG.Ll0PoWn2/sd.nuJKa" } }]
`
const secrets = [
  'KEYMARKER',
  'HMACMARKER',
  'UPSTREAMMARKER',
  'TOKENMARKER',
  'PASSMARKER',
  'QUERYMARKER',
  'COOKIEMARKER',
  'BODYMARKER',
]

test('no secret of a caller or of the configuration gets into events, logs, answers or what the control API shows', async () => {
  const control = await freePort()
  await using world = await startWorld(routes, {
    top: `workers: 1\nstateDir: FOLDER/state\ncontrol: { address: "127.0.0.1:${control}" }`,
    env: { HMAC: `HMACMARKER${'x'.repeat(40)}`, UPSTREAM: 'UPSTREAMMARKER' },
  })
  const basic = Buffer.from('u:PASSMARKER').toString('base64')
  const calls = [
    'GET /keys/x?token=QUERYMARKER HTTP/1.1\r\nHost: a\r\nX-API-Key: KEYMARKER-right\r\nCookie: a=COOKIEMARKER\r\n\r\n',
    'GET /keys/x HTTP/1.1\r\nHost: a\r\nX-API-Key: KEYMARKER-wrong\r\n\r\n',
    'GET /jwt/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKENMARKER.a.b\r\n\r\n',
    `GET /jwt/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.TOKENMARKER.AA\r\n\r\n`,
    `GET /basic/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${basic}\r\n\r\n`,
    'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nBODYMARKER',
    'GET /keys/x HTTP/1.1\r\nHost: a\r\nX-API-Key: KEYMARKER\0\r\n\r\n',
    'GET /keys/x HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer TOKENMARKER\r\n\r\n',
    'GET http://u:PASSMARKER@a/keys/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /keys/%0d%0aQUERYMARKER HTTP/1.1\r\nHost: a\r\n\r\n',
    // Words that try to be lines, fields and labels of their own.
    'GET /keys/","verdict":"pass","x":" HTTP/1.1\r\nHost: a\r\n\r\n',
    'FORGED{route=x} /keys/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'FORGED /keys/x HTTP/1.1\r\nHost: a\r\n\r\n',
  ]
  let answers = ''
  for (const call of calls) answers += (await world.attack(call)).answer
  const events = path.join(world.folder, 'events.jsonl')
  const lines = await until('all events', 10_000, async () => {
    const text = await readFile(events, 'utf8').catch(() => '')
    const all = text.split('\n').filter(line => line !== '')
    return all.length >= calls.length ? all : null
  })
  assert.equal(lines.length, calls.length)
  for (const line of lines) {
    assert.match(line, /^[ -~]+$/)
    const event = JSON.parse(line) as { status: number; verdict: string }
    assert.equal(event.verdict === 'pass', event.status === 200, line)
  }
  const token = (await readFile(path.join(world.folder, 'state/control-token'), 'utf8')).trim()
  let shown = ''
  for (const what of ['config', 'status', 'metrics', 'openapi.json', 'health/ready']) {
    const answer = await fetch(`http://127.0.0.1:${control}/${what}`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(answer.status, 200, what)
    shown += await answer.text()
  }
  const everything = { events: lines.join('\n'), log: world.gateway.lines.join('\n'), answers, control: shown }
  for (const [where, text] of Object.entries(everything)) {
    for (const secret of [...secrets, token, basic]) assert.ok(!text.includes(secret), `${secret} in the ${where}`)
  }
  assert.doesNotMatch(shown, /^[^#\n]*FORGED/m)
})
