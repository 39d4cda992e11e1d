import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const secretA = 'a'.repeat(40)
const secretB = 'b'.repeat(40)
const key = (id: string, extra = ''): string =>
  `{ id: ${id}, sha256: ${sha256(`key-of-${id}`)}, subject: ${id}${extra} }`
const who = '{ use: headers, with: { request: { set: { X-Who: "${principal.method}:${principal.subject}" } } } }'
const routes = `routes:
  - name: a
    match: { path: /a/** }
    service: origin
    policies:
      - { use: jwt, with: { issuer: "https://a.example/", audience: one, algorithms: [HS256], secret: ${secretA}, claimsToHeaders: { email: X-Email } } }
      - ${who}
  - name: b
    match: { path: /b/** }
    service: origin
    policies:
      - { use: jwt, with: { issuer: "https://b.example/", audience: one, algorithms: [HS256], secret: ${secretB} } }
      - ${who}
  - name: a2
    match: { path: /a2/** }
    service: origin
    policies:
      - { use: jwt, with: { issuer: "https://a.example/", audience: two, algorithms: [HS256], secret: ${secretA} } }
      - ${who}
  - name: keys
    match: { path: /keys/** }
    service: origin
    policies:
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [${key('one')}, ${key('two', ', roles: [admin]')}] } } }
      - ${who}
  - name: others
    match: { path: /others/** }
    service: origin
    policies:
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [${key('three')}, ${key('elsewhere', ', services: [nowhere]')}] } } }
      - ${who}
  - name: admins
    match: { path: /admins/** }
    service: origin
    policies:
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [${key('one')}, ${key('two', ', roles: [admin]')}] } } }
      - { use: require, with: { roles: { any: [admin] } } }
      - ${who}
  - name: both
    match: { path: /both/** }
    service: origin
    policies:
      - { use: jwt, with: { issuer: "https://a.example/", audience: one, algorithms: [HS256], secret: ${secretA} } }
      - { use: api-key, with: { header: X-API-Key, keys: { keys: [${key('one')}] } } }
      - { use: anonymous }
      - ${who}
  - { name: open, match: { path: /open/** }, service: origin, policies: [{ use: anonymous }, ${who}] }
`

function token(
  issuer: string,
  secret: string,
  audience: string,
  subject: string,
  extra: object = {},
  header: object = {},
): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode({ iss: issuer, aud: audience, sub: subject, exp: now + 60, ...extra })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

test('a proof that is good on one route is good on no other that did not ask for it, also when it is remembered', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const call = async (path: string, ...lines: string[]): Promise<string> => {
    const { status, origin } = await world.attack(
      `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`,
    )
    return origin === '' ? String(status) : (/X-Who: (\S+)/.exec(origin)?.[1] ?? 'nobody')
  }
  const a = token('https://a.example/', secretA, 'one', 'alice')
  const b = token('https://b.example/', secretB, 'one', 'bob')
  const forged = token('https://b.example/', secretA, 'one', 'mallory')
  const bearer = (text: string): string => `Authorization: Bearer ${text}`
  // Twice round: the second time everything that can be remembered is.
  for (let round = 0; round < 2; round++) {
    assert.equal(await call('/a/x', bearer(a)), 'jwt:alice')
    assert.equal(await call('/b/x', bearer(b)), 'jwt:bob')
    assert.equal(await call('/b/x', bearer(a)), '401')
    assert.equal(await call('/a/x', bearer(b)), '401')
    assert.equal(await call('/a2/x', bearer(a)), '401')
    assert.equal(await call('/b/x', bearer(forged)), '401')
    assert.equal(await call('/a/x', bearer(`${a.slice(0, -2)}AA`)), '401')
    assert.equal(
      await call('/a/x', bearer(token('https://a.example/', secretA, 'one', 'x', {}, { alg: 'none' }))),
      '401',
    )
    assert.equal(await call('/a/x', bearer(a), bearer(a)), '400')
    assert.equal(await call('/a/x', bearer(a), `authorization: Bearer ${b}`), '400')
    assert.equal(await call('/a/x', bearer(a), `Author_ization: x`), 'jwt:alice')
    assert.equal(await call('/a/x', `Authorization: Bearer ${a}, Bearer ${b}`), '401')
    assert.equal(await call('/a/x', `Proxy-Authorization: Bearer ${a}`), '401')
    assert.equal(await call(`/a/x?access_token=${a}`), '401')
    assert.equal(await call('/keys/x', 'X-API-Key: key-of-one'), 'api-key:one')
    assert.equal(await call('/others/x', 'X-API-Key: key-of-one'), '401')
    assert.equal(await call('/others/x', 'X-API-Key: key-of-elsewhere'), '403')
    assert.equal(await call('/keys/x', 'X-API-Key: key-of-one', 'X-API-Key: key-of-two'), '401')
    assert.equal(await call('/keys/x', 'X-API-Key: key-of-one, key-of-two'), '401')
    assert.equal(await call('/keys/x', 'X_API_Key: key-of-one'), '401')
    assert.equal(await call('/keys/x', 'X-API-Key:'), '401')
    assert.equal(await call('/admins/x', 'X-API-Key: key-of-one'), '403')
    assert.equal(await call('/admins/x', 'X-API-Key: key-of-two'), 'api-key:two')
    // A wrong credential never falls through to a weaker method.
    assert.equal(await call('/both/x', bearer(forged), 'X-API-Key: key-of-one'), '401')
    assert.equal(await call('/both/x', 'X-API-Key: wrong'), '401')
    assert.equal(await call('/both/x', bearer(a), 'X-API-Key: wrong'), 'jwt:alice')
    assert.equal(await call('/both/x'), 'anonymous:anonymous')
  }
})

test('what one exchange proved is not there for the next one on the same connection', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const a = token('https://a.example/', secretA, 'one', 'alice', { email: 'alice@a.example' })
  const quiet = token('https://a.example/', secretA, 'one', 'carol')
  const get = (path: string, line = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${line}\r\n`
  const { answer, origin } = await world.attack(
    get('/a/1', `Authorization: Bearer ${a}\r\n`) +
      get('/keys/2', 'X-API-Key: key-of-two\r\n') +
      get('/open/3') +
      get('/a/4', `Authorization: Bearer ${quiet}\r\nX-Email: admin@a.example\r\n`) +
      get('/a/5') +
      get('/admins/6'),
  )
  assert.deepEqual(
    [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status),
    ['200', '200', '200', '200', '401', '401'],
  )
  const requests = origin
    .split(/(?=GET )/)
    .map(
      text => `${/GET (\S+)/.exec(text)?.[1]} ${/X-Who: (\S+)/.exec(text)?.[1]} ${/X-Email: (\S+)/i.exec(text)?.[1]}`,
    )
  assert.deepEqual(requests, [
    '/a/1 jwt:alice alice@a.example',
    '/keys/2 api-key:two undefined',
    '/open/3 anonymous:anonymous undefined',
    '/a/4 jwt:carol undefined',
  ])
})

test('claims cannot write lines, members or bytes of their own into what the service gets', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  for (const email of [
    'a\r\nX-Admin: 1',
    'a\nb',
    'a\0b',
    ' a',
    'a\u2028\r\n',
    ['a,b'],
    ['a\r\n'],
    { x: 1 },
    'a\u010d\u010ab',
  ]) {
    const { origin } = await world.attack(
      `GET /a/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token('https://a.example/', secretA, 'one', 'x\r\nX-Admin: 1', { email })}\r\n\r\n`,
    )
    assert.doesNotMatch(origin, /\nX-Admin/i, JSON.stringify(email))
    assert.doesNotMatch(origin, /X-Email: .*,/i, JSON.stringify(email))
  }
})
