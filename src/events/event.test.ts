import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { exchange } from '../../test/support/exchange.ts'
import { testData } from '../../test/support/test-data.ts'
import { Exchange } from '../core/exchange.ts'
import { Fields } from '../core/fields.ts'
import type { Outcome } from '../core/outcome.ts'
import { principal } from '../core/principal.ts'
import { createEventLine } from './event.ts'
import { eventFields } from './event-fields.ts'

const eventLine = createEventLine(new Uint8Array(32).fill(3))

const passed: Outcome = {
  verdict: 'pass',
  status: 200,
  upstreamStatus: 200,
  policy: '',
  code: '',
  reason: '',
  target: 'http://10.0.0.5:8080',
  requestBytes: 0,
  responseBytes: 12,
  durationMs: 1.25,
  upstreamMs: 0.75,
  configVersion: 3,
}

/** An exchange whose every text is the same hostile one. */
function hostile(text: string): { x: Exchange; o: Outcome } {
  const x = new Exchange({
    id: text,
    listener: text,
    protocol: text,
    client: { address: text, port: 1 },
    tls: null,
    method: text,
    host: text,
    path: text,
    query: text,
    headers: Fields.from([['x-secret', text.replaceAll(/[^ -~]/g, '')]]),
    contentLength: 0,
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    startedMs: 0,
    abort() {},
  })
  x.traceId = text
  x.spanId = text
  x.parentId = text
  x.route = { name: text, service: text }
  x.principal = principal({ method: text, issuer: text, subject: text })
  x.note(text, text, text)
  return { x, o: { ...passed, verdict: 'refuse', policy: text, code: text, reason: text, target: text } }
}

const columns = eventFields.map(([name]) => name)

const mayBeHidden = /[@%+(\s]|\d[^/]*\d|[^/]{20}/

function checkLine(line: string, text: string): void {
  assert.match(line, /^[ -~]+\n$/, 'one line of printable ASCII')
  const event = JSON.parse(line)
  assert.deepEqual(Object.keys(event), columns, 'no field is injected, none is missing')
  assert.deepEqual(Object.keys(event.principal), ['subject', 'method', 'issuer'])
  const orNull = text === '' ? null : text
  const cut = (max: number): string => (text.length <= max ? text : `${text.slice(0, max)}...`)
  assert.equal(event.id, text)
  assert.equal(event.client, text)
  // These are of the caller's choosing, and hidden where they look like a secret.
  if (!mayBeHidden.test(text)) {
    assert.equal(event.method, cut(32))
    assert.equal(event.host, text === '' ? null : cut(255))
    assert.equal(event.path, text)
  }
  for (const name of ['listener', 'protocol', 'route', 'service', 'target', 'policy', 'code'])
    assert.equal(event[name], orNull, name)
  if (text !== '') for (const name of ['traceId', 'spanId', 'parentId']) assert.equal(event[name], text, name)
  assert.equal(event.principal.subject, cut(256))
  assert.equal(event.verdict, 'refuse')
  assert.equal(event.status, 200)
  assert.equal(event.observed.length, 1)
  assert.deepEqual(Object.keys(event.observed[0]), ['policy', 'code', 'reason'])
  for (const parameter of event.query) assert.ok('more' in parameter || Object.keys(parameter).join() === 'name,type')
}

describe('event line', () => {
  it('gives back every naughty string in every field and lets none break the line', t => {
    const folder = testData('naughty-strings')
    if (folder === null) return t.skip('naughty-strings is not here')
    const strings: string[] = JSON.parse(readFileSync(path.join(folder, 'blns.json'), 'utf8'))
    assert.equal(strings.length, 515)
    for (const text of strings) {
      const { x, o } = hostile(text)
      checkLine(eventLine(x, o), text)
    }
  })

  it('lets no text of any kind break the line or inject a field', () => {
    const special = [
      '\r\n',
      '\n{"verdict":"pass"}',
      '","verdict":"pass',
      '\\',
      '\\"',
      '\u2028',
      '\u2029',
      '\ud800',
      '\udc00x',
      '\u001b[2J',
      '\u009b2J',
      '\u202e',
      '\0',
      '\u007f',
      '\ufeff',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...special), fc.string({ unit: 'binary' }), fc.string()), { maxLength: 6 })
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(text, value => {
        const { x, o } = hostile(value)
        checkLine(eventLine(x, o), value)
      }),
      { numRuns: 150 },
    )
  })

  it('never holds a value of query, header or body, nor a token anywhere', () => {
    const secrets = [
      's3cr3t-value',
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
      'hunter2hunter2',
      'Zm9vOmJhcg==',
      'pck_fixture_0123456789abcdef0123',
    ]
    const [value, jwt, password, basic, key] = secrets as [string, string, string, string, string]
    const x = exchange({
      path: `/reset/${jwt}/x?q=${value}&${jwt}&token=${key}&password=${password}`,
      headers: { authorization: `Basic ${basic}`, 'x-api-key': key, cookie: `sid=${value}` },
      body: JSON.stringify({ password }),
    })
    x.note('jwt', 'credential-invalid', `token ${jwt} is bad`)
    const reason = `Authorization: Basic ${basic} and Bearer ${jwt}, password=${password}, redis://user:${password}@10.0.0.1:6379 x`
    const line = eventLine(x, { ...passed, verdict: 'refuse', reason })
    for (const secret of secrets) assert.ok(!line.includes(secret), `${secret} in ${line}`)
    assert.deepEqual(
      JSON.parse(line).query.map((p: { type: string }) => p.type),
      ['string', 'empty', 'string', 'string'],
    )
  })

  it('has the same fields with the same meaning for an exchange that went well', () => {
    const x = exchange({
      path: '/orders/17?page=2&sort=asc&since=2026-01-01&flag',
      time: Date.UTC(2026, 10, 22, 7, 5, 9, 7),
    })
    x.route = { name: 'orders', service: 'shop' }
    const event = JSON.parse(eventLine(x, passed))
    assert.deepEqual(Object.keys(event), columns)
    for (const [name, type] of eventFields) {
      const kind = Array.isArray(event[name]) ? 'array' : event[name] === null ? 'null' : typeof event[name]
      assert.ok(type.split(' or ').includes(kind), `${name} is ${kind}, not ${type}`)
    }
    assert.equal(event.time, '2026-11-22T07:05:09.007Z')
    assert.equal(event.path, '/orders/17')
    assert.deepEqual(event.query, [
      { name: 'page', type: 'integer' },
      { name: 'sort', type: 'string' },
      { name: 'since', type: 'date' },
      { name: 'flag', type: 'empty' },
    ])
    assert.equal(event.durationMs, 1.25)
    assert.equal(event.upstreamMs, 0.75)
    for (const name of ['policy', 'code', 'reason', 'principal', 'traceId']) assert.equal(event[name], null, name)
    assert.deepEqual(event.observed, [])
    assert.equal(event.configVersion, 3)
  })

  it('says null where the service was not asked and no route matched', () => {
    const x = exchange({})
    x.route = null
    const event = JSON.parse(
      eventLine(x, {
        ...passed,
        verdict: 'refuse',
        code: 'no-route',
        status: 404,
        upstreamStatus: 0,
        upstreamMs: -1,
        target: '',
      }),
    )
    assert.deepEqual(
      [event.route, event.service, event.target, event.upstreamMs, event.upstreamStatus],
      [null, null, null, null, 0],
    )
  })

  it('shows what changed from one exchange to the next though texts are kept', () => {
    const x = exchange({})
    x.route = { name: 'a', service: 'one' }
    const first = JSON.parse(eventLine(x, passed))
    x.route = { name: 'a', service: 'two' }
    const second = JSON.parse(eventLine(x, { ...passed, configVersion: 4, target: 'http://other:1' }))
    assert.deepEqual([first.service, first.target, first.configVersion], ['one', 'http://10.0.0.5:8080', 3])
    assert.deepEqual([second.service, second.target, second.configVersion], ['two', 'http://other:1', 4])
  })

  it('bounds what a stranger can make it write', () => {
    const x = exchange({
      path: `/${'a/'.repeat(6000)}`,
      query: Array.from({ length: 5000 }, (_, i) => `n${i}=${i}`).join('&'),
      host: 'h'.repeat(5000),
      method: 'M'.repeat(5000),
    })
    for (let i = 0; i < 100; i++) x.note('p', 'c', 'r'.repeat(5000))
    const line = eventLine(x, { ...passed, verdict: 'refuse', reason: 'r '.repeat(5000) })
    assert.ok(line.length < 34_000, String(line.length))
    const { query } = JSON.parse(line)
    assert.equal(query.length, 33)
    assert.deepEqual(query[32], { more: 4968 })
  })
})
