import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const schema = '{ type: object, required: [role], properties: { role: { enum: [user] } }, additionalProperties: false }'
const routes = `routes:
  - name: checked
    match: { path: /checked/** }
    service: origin
    policies: [{ use: anonymous }, { use: json-schema, with: { request: ${schema} } }]
  - name: watched
    match: { path: /watched/** }
    service: origin
    limits: { bufferedBody: 1KiB, body: 4KiB }
    policies: [{ use: anonymous }, { use: json-schema, mode: observe, with: { request: ${schema} } }]
  - name: limited
    match: { path: /limited/** }
    service: origin
    policies: [{ use: rate-limit, with: { algorithm: sliding-window, limit: 5/h, by: [address] } }, { use: anonymous }]
  - name: keyed
    match: { path: /keyed/** }
    service: origin
    policies: [{ use: rate-limit, id: keyed, with: { algorithm: sliding-window, limit: 5/h, by: [{ header: x-tenant }, address] } }, { use: anonymous }]
`
const good = '{"role":"user"}'
const bad = '{"role":"admin"}'

function post(path: string, body: string, ...lines: string[]): string {
  const type = lines.some(line => /^content-type/i.test(line)) ? [] : ['Content-Type: application/json']
  const framed = lines.some(line => /^(?:content-length|transfer-encoding)/i.test(line))
    ? []
    : [`Content-Length: ${body.length}`]
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${[...type, ...framed, ...lines].join('\r\n')}\r\n\r\n${body}`
}

const chunked = (...pieces: string[]): string =>
  `${pieces.map(piece => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`

test('no dress of a request carries a body past its schema', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  assert.equal((await world.attack(post('/checked/x', good))).status, 200)
  assert.equal(
    (await world.attack(post('/checked/x', chunked('{"ro', 'le":"us', 'er"}'), 'Transfer-Encoding: chunked'))).status,
    200,
  )
  const attacks: ReadonlyArray<readonly [string, string]> = [
    ['plain', post('/checked/x', bad)],
    ['chunked', post('/checked/x', chunked(bad), 'Transfer-Encoding: chunked')],
    ['one byte at a time', post('/checked/x', chunked(...bad), 'Transfer-Encoding: chunked')],
    ['text', post('/checked/x', bad, 'Content-Type: text/plain')],
    ['no type', `POST /checked/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${bad.length}\r\n\r\n${bad}`],
    ['form', post('/checked/x', 'role=admin', 'Content-Type: application/x-www-form-urlencoded')],
    ['multipart', post('/checked/x', '--b\r\n\r\nx\r\n--b--', 'Content-Type: multipart/form-data; boundary=b')],
    ['list of types', post('/checked/x', bad, 'Content-Type: application/json, text/plain')],
    ['two types', post('/checked/x', bad, 'Content-Type: application/json', 'Content-Type: text/plain')],
    [
      'two spellings of the type',
      post('/checked/x', good, 'Content-Type: application/json', 'Content_Type: text/plain'),
    ],
    ['utf-16', post('/checked/x', good, 'Content-Type: application/json; charset=utf-16')],
    ['utf-7', post('/checked/x', good, 'Content-Type: application/json; charset=utf-7')],
    ['gzip', post('/checked/x', good, 'Content-Encoding: gzip')],
    ['x-gzip', post('/checked/x', good, 'Content-Encoding: identity, x-gzip')],
    ['two keys', post('/checked/x', '{"role":"user","role":"admin"}')],
    ['two spellings of one key', post('/checked/x', '{"role":"user","\\u0072ole":"admin"}')],
    ['byte order mark', post('/checked/x', `\xef\xbb\xbf${good}`)],
    ['data behind it', post('/checked/x', `${good}${bad}`)],
    ['NUL behind it', post('/checked/x', `${good}\0`)],
    ['comment', post('/checked/x', `{"role":"user"/*","x":"*/}`)],
    ['bad UTF-8', post('/checked/x', '{"role":"user\xc0\xaf"}')],
    ['empty', post('/checked/x', '')],
    ['empty chunked', post('/checked/x', '0\r\n\r\n', 'Transfer-Encoding: chunked')],
    ['GET with a body', post('/checked/x', bad).replace('POST', 'GET')],
    ['DELETE with a body', post('/checked/x', bad).replace('POST', 'DELETE')],
    ['PROPPATCH with a body', post('/checked/x', bad).replace('POST', 'PROPPATCH')],
    ['__proto__', post('/checked/x', '{"role":"user","__proto__":{"role":"admin"}}')],
    ['deep', post('/checked/x', `${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
    ['too large', post('/checked/x', `{"role":"user"${' '.repeat(1_100_000)}}`)],
    [
      'too large, chunked',
      post('/checked/x', chunked(`{"role":"user"${' '.repeat(1_100_000)}}`), 'Transfer-Encoding: chunked'),
    ],
  ]
  for (const [name, text] of attacks) {
    const { status, origin } = await world.attack(text)
    assert.equal(origin, '', `${name} reached the service with ${status}`)
    assert.ok(status >= 400 && status < 500, `${name}: ${status}`)
  }
  assert.equal(attacks.length, 30)
})

test('a pipelined request behind a refused body is read from where that body ends', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const inner = 'GET /limited/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
  const { answer, origin } = await world.attack(post('/checked/x', inner) + post('/checked/y', good))
  assert.doesNotMatch(origin, /smuggled/)
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('an observed body beyond what may be held arrives whole, and not beyond the limit of the route', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const body = 'x'.repeat(3000)
  assert.ok((await world.attack(post('/watched/x', body))).origin.endsWith(body))
  assert.match(
    (await world.attack(post('/watched/x', chunked(body.slice(0, 700), body.slice(700)), 'Transfer-Encoding: chunked')))
      .origin,
    /x{3000}|x+\r\n[0-9a-f]+\r\nx+/,
  )
  assert.equal((await world.attack(post('/watched/x', 'x'.repeat(5000)))).status, 413)
  const long = await world.attack(
    post('/watched/x', chunked('x'.repeat(2000), 'x'.repeat(3000)), 'Transfer-Encoding: chunked'),
  )
  assert.ok(!long.origin.endsWith('0\r\n\r\n'), 'a body beyond the limit was completed')
})

test('a limit holds for every dress of the same caller', async () => {
  await using world = await startWorld(routes, { top: 'workers: 2' })
  const dresses = [
    'GET /limited/a HTTP/1.1\r\nHost: a\r\n\r\n',
    'HEAD /limited/b?x HTTP/1.1\r\nHost: b\r\n\r\n',
    'GET /limited/%61 HTTP/1.0\r\n\r\n',
    'GET /limited HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\nX-Real-IP: 192.0.2.9\r\n\r\n',
    'PURGE /limited/ HTTP/1.1\r\nHost: a\r\nX-Tenant: other\r\n\r\n',
  ]
  for (const dress of dresses) assert.equal((await world.attack(dress)).status, 200, dress)
  for (const dress of dresses) {
    const { status, origin } = await world.attack(dress)
    assert.equal(status, 429, dress)
    assert.equal(origin, '', dress)
  }
})

test('parts of a limiter key cannot be moved into one another', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const status = async (...tenants: string[]): Promise<number> =>
    (await world.attack(`GET /keyed/x HTTP/1.1\r\nHost: a\r\n${tenants.map(t => `X-Tenant: ${t}\r\n`).join('')}\r\n`))
      .status
  for (let i = 0; i < 5; i++) assert.equal(await status('one'), 200)
  assert.equal(await status('one'), 429)
  assert.equal(await status('one,127.0.0.1'), 200)
  // Who leaves the part out shares one count with all who do.
  for (let i = 0; i < 5; i++) assert.equal(await status(), 200)
  assert.equal(await status(), 429)
})

test('a Content-Type of many semicolons costs no time', { timeout: 20_000 }, async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  for (const type of [
    `application/json${' ; '.repeat(2000)}(`,
    `application/json${';\t'.repeat(2000)}(`,
    `application/json${'; a=b '.repeat(800)}(`,
    `application/json${';a="'.repeat(1001)}`,
  ]) {
    const { status, origin } = await world.attack(post('/checked/x', good, `Content-Type: ${type}`))
    assert.equal(status, 415)
    assert.equal(origin, '')
  }
  assert.equal(
    (await world.attack(post('/checked/x', good, 'Content-Type: application/json ; charset=utf-8 ;'))).status,
    200,
  )
})
