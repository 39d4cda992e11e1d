import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ExchangeRecord, RawExchange } from '../../model/exchange.ts'
import type { Observation } from '../../model/observation.ts'
import { readElements } from '../json-elements.ts'
import { Quarantine } from '../quarantine.ts'
import { readEvent, readTime } from './event.ts'
import { exchangeReaders } from './index.ts'
import { readObservation } from './observation.ts'

const seen: RawExchange[] = []
const observation: Observation = {
  id: 'x',
  time: '2026-11-22T10:00:00.000Z',
  path: [{ kind: 'string', format: 'slug' }],
  query: [{ name: 'page', shape: { kind: 'integer', value: 2 } }],
  headers: [],
  cookies: [],
  credentials: [{ place: 'header', name: 'authorization', scheme: 'bearer' }],
  encrypted: true,
  request: null,
  response: {
    mediaType: 'application/json',
    bytes: 20,
    partial: false,
    shape: { kind: 'object', fields: { items: { kind: 'array', count: 1, items: [{ kind: 'null' }] } }, more: 0 },
    marks: [],
  },
  responseFields: { server: 'x' },
  setCookies: [],
}
const readers = exchangeReaders({
  hashKey: Buffer.alloc(32, 7),
  reduce: raw => {
    seen.push({ ...raw })
    return observation
  },
})

async function* chunked(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

interface Outcome {
  readonly format: string | undefined
  readonly items: ExchangeRecord[]
  readonly quarantine: Quarantine
}

async function readAll(text: string, size = 50): Promise<Outcome> {
  const quarantine = new Quarantine('file')
  const reader = readers.find(candidate => candidate.matches(Buffer.from(text)))
  const items: ExchangeRecord[] = []
  if (reader !== undefined) for await (const batch of reader.read(chunked(text, size), quarantine)) items.push(...batch)
  return { format: reader?.format, items, quarantine }
}

const event = {
  time: '2026-11-22T10:00:00.000Z',
  id: 'a-1',
  method: 'GET',
  host: 'shop.example',
  path: '/orders/7',
  status: 200,
}

describe('events from a file, hostile', () => {
  const bad: ReadonlyArray<readonly [what: string, change: object | null]> = [
    ['nothing', null],
    ['a time of another century', { time: '1970-01-01T00:00:00Z' }],
    ['a time that is none', { time: '2026-13-45T10:00:00Z' }],
    ['a time in words', { time: 'Sun Nov 22 2026 10:00:00' }],
    ['a number as time', { time: 1 }],
    ['a method that is no word', { method: 7 }],
    ['a path of a megabyte', { path: `/${'x'.repeat(1_000_000)}` }],
    ['a host that is a list', { host: ['a'] }],
    ['a status beyond three digits', { status: 2000 }],
    ['a status with a fraction', { status: 200.5 }],
    ['negative bytes', { requestBytes: -1 }],
    ['a duration beyond all bounds', { durationMs: 1e308 }],
    ['an id of a kilobyte', { id: 'x'.repeat(1024) }],
    ['an empty id', { id: '' }],
    ['a principal without subject', { principal: { method: 'jwt' } }],
    ['a principal that is a text', { principal: 'admin' }],
    ['an unknown verdict', { verdict: 'maybe' }],
    ['a query of values', { query: [{ name: 'a', value: 'b' }] }],
    ['a thousand parameters', { query: Array.from({ length: 1000 }, () => ({ name: 'a', type: 'b' })) }],
    ['an object as route', { route: {} }],
  ]
  it('reads none of them, and says why without their values', () => {
    assert.equal(typeof readEvent(event, 'p'), 'object')
    for (const [what, change] of bad) {
      const why = readEvent(change === null ? null : { ...event, ...change }, 'p')
      assert.equal(typeof why, 'string', what)
      assert.doesNotMatch(why as string, /xxx|admin|maybe/, what)
    }
  })

  it('brings a time to UTC with milliseconds', () => {
    assert.equal(readTime('2026-11-22T11:00:00+01:00'), '2026-11-22T10:00:00.000Z')
    assert.equal(readTime('2026-11-22T10:00:00.123456789Z'), '2026-11-22T10:00:00.123Z')
    assert.equal(readTime(event.time), event.time)
    for (const time of ['2026-02-28T23:59:59.999Z', '2024-02-29T00:00:00.000Z', '2026-12-31T10:00:00.000Z'])
      assert.equal(readTime(time), time)
    for (const time of [
      '2026-02-00T10:00:00.000Z',
      '2026-00-01T10:00:00.000Z',
      '2026-01-01T24:01:00.000Z',
      '2026-01-01T10:60:00.000Z',
      '2026-01-01T10:00:60.000Z',
      '1999-01-01T10:00:00.000Z',
      '2200-01-01T10:00:00.000Z',
      '2026-01-01t10:00:00.00:Z',
    ])
      assert.equal(readTime(time), null, time)
  })

  it('goes on behind lines that do not read, whatever they are', async () => {
    const lines = [
      JSON.stringify(event),
      '{"time":',
      'null',
      '[]',
      '\u0000\u0001',
      JSON.stringify({ ...event, id: 'a-2' }),
    ]
    for (const size of [1, 7, 10_000]) {
      const { format, items, quarantine } = await readAll(lines.join('\n'), size)
      assert.equal(format, 'events')
      assert.deepEqual(
        items.map(item => item.event.id),
        ['a-1', 'a-2'],
      )
      assert.deepEqual(
        quarantine.examples.map(({ place, why }) => [place, why]),
        [
          ['line 2', 'not JSON'],
          ['line 3', 'not an object'],
          ['line 4', 'not an object'],
          ['line 5', 'not JSON'],
        ],
      )
    }
  })
})

describe('observations from a file, hostile', () => {
  const scalarAt = (depth: number): object =>
    depth === 0 ? { kind: 'null' } : { kind: 'array', count: 1, items: [scalarAt(depth - 1)] }
  const response = (shape: object | null): object => ({ response: { ...observation.response, shape } })
  const bad: ReadonlyArray<readonly [what: string, change: object]> = [
    ['no path', { path: undefined }],
    ['a list of a million', { headers: Array.from({ length: 1_000_000 }, () => 0) }],
    ['shapes nested without end', response(scalarAt(100))],
    [
      'more shapes than any observation has',
      response({ kind: 'array', count: 1, items: Array.from({ length: 1000 }, () => scalarAt(30)) }),
    ],
    ['an unknown kind', response({ kind: 'function' })],
    [
      'a field named __proto__',
      response(JSON.parse('{"kind":"object","fields":{"__proto__":{"kind":"null"}},"more":0}')),
    ],
    ['a value that is an object', response({ kind: 'string', value: { a: 1 } })],
    ['an unknown class', response({ kind: 'string', class: 'shoe-size' })],
    ['a long value', response({ kind: 'string', value: 'x'.repeat(5000) })],
    ['a response field that is a list', { responseFields: { server: [] } }],
    ['an unknown mark', { response: { ...observation.response, marks: ['x'] } }],
    ['a credential of nowhere', { credentials: [{ place: 'mind', name: '', scheme: 'x' }] }],
    ['a time that differs from our form', { time: '2026-11-22T10:00:00Z' }],
  ]
  it('reads none of them', () => {
    assert.equal(readObservation(observation), observation)
    for (const [what, change] of bad)
      assert.equal(typeof readObservation({ ...observation, ...change }), 'string', what)
  })
})

describe('formats of exchanges', () => {
  it('reads what insight records, unchanged', async () => {
    const record = { event: readEvent(event, 'p') as ExchangeRecord['event'], observation }
    const { format, items } = await readAll(
      `${JSON.stringify(record)}\n${JSON.stringify({ ...record, observation: null })}\n`,
    )
    assert.equal(format, 'records')
    assert.deepEqual(items, [record, { ...record, observation: null }])
  })

  it('reads the flat form that `portcullis learn` takes like the nested one', async () => {
    const sent = { headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
    const got = { headers: { 'content-type': ['application/json'] }, body: '{"ok":true}' }
    const call = { method: 'POST', url: '/orders?page=2', status: 201 }
    const nested = { ...call, time: '2026-11-22T10:00:00.123Z', id: '7', request: sent, response: got }
    const flat = { ...call, time: Date.UTC(2026, 10, 22, 10, 0, 0, 123), id: 7, ...sent }
    seen.length = 0
    const { items, quarantine } = await readAll(
      [
        { ...nested, principal: { subject: 'jane', method: 'unknown', issuer: null } },
        { ...flat, responseHeaders: got.headers, responseBody: got.body, principal: 'jane' },
        { ...flat, time: 1e300 },
      ]
        .map(line => JSON.stringify(line))
        .join('\n'),
    )
    assert.deepEqual([items.length, quarantine.total], [2, 1])
    assert.deepEqual((items[0] as ExchangeRecord).event, (items[1] as ExchangeRecord).event)
    assert.deepEqual(seen[0], seen[1])
  })

  it('reads exchanges with their contents and masks what no event may say', async () => {
    seen.length = 0
    const line = {
      time: event.time,
      method: 'POST',
      url: 'https://user:pw@shop.example:8443/users/jane@example.org?token=abc&page=2#top',
      status: 201,
      durationMs: 12,
      principal: { subject: 'jane', method: 'jwt' },
      request: { headers: { 'Content-Type': 'text/plain', 'X-A': ['1', '2'] }, body: 'aGVsbG8=', encoding: 'base64' },
      response: { headers: [['content-type', 'application/json']], body: '{"ok":true}' },
    }
    const { format, items, quarantine } = await readAll(JSON.stringify(line))
    assert.deepEqual([format, quarantine.total, items.length], ['exchanges', 0, 1])
    const [item] = items as [ExchangeRecord]
    assert.equal(item.observation, observation)
    assert.match(item.event.path, /^\/users\/\{email:[0-9a-f]{16}\}$/)
    assert.equal(item.event.host, 'shop.example')
    assert.deepEqual(
      item.event.query.map(({ name }) => name),
      ['token', 'page'],
    )
    assert.equal(JSON.stringify(item).includes('jane@'), false)
    assert.equal(item.event.id, 'file:1')
    assert.deepEqual(
      [item.event.requestBytes, item.event.responseBytes, item.event.principal?.subject],
      [5, 11, 'jane'],
    )
    const [raw] = seen as [RawExchange]
    assert.equal(raw.query, 'token=abc&page=2')
    assert.equal(raw.encrypted, true)
    assert.equal(Buffer.from(raw.requestBody ?? []).toString(), 'hello')
    assert.deepEqual(raw.requestFields, [
      ['Content-Type', 'text/plain'],
      ['X-A', '1'],
      ['X-A', '2'],
    ])
  })

  it('reads an HTTP archive entry by entry, however it is cut', async () => {
    const entry = (id: number, more: object = {}): object => ({
      startedDateTime: '2026-11-22T11:00:00.000+01:00',
      time: 33.5,
      request: {
        method: 'POST',
        url: `https://shop.example/orders/${id}?a=1`,
        httpVersion: 'HTTP/1.1',
        headers: [{ name: ':authority', value: 'shop.example' }],
        postData: { mimeType: 'application/json', text: '{"x":"}]\\"{["}' },
        bodySize: -1,
      },
      response: {
        status: 200,
        headers: [],
        content: { size: 2, mimeType: 'application/json', text: '{}' },
        bodySize: 2,
      },
      ...more,
    })
    const har = {
      log: {
        version: '1.2',
        creator: { name: 'entries', entries: [{ not: 'these' }] },
        entries: [entry(1), entry(2, { request: null }), entry(3, { response: { status: 0 } }), entry(4)],
        comment: '',
      },
      entries: [entry(9)],
    }
    for (const size of [1, 13, 100_000]) {
      seen.length = 0
      const { format, items, quarantine } = await readAll(JSON.stringify(har, null, size === 13 ? 2 : 0), size)
      assert.equal(format, 'har')
      assert.deepEqual(
        items.map(item => item.event.path),
        ['/orders/1', '/orders/4'],
      )
      assert.deepEqual(
        quarantine.examples.map(({ place }) => place),
        ['entry 2', 'entry 3'],
      )
      const [item] = items as [ExchangeRecord]
      assert.equal(item.event.time, '2026-11-22T10:00:00.000Z')
      assert.equal(item.event.durationMs, 33.5)
      assert.deepEqual(seen[0]?.requestFields, [['content-type', 'application/json']])
      assert.equal(Buffer.from(seen[0]?.requestBody ?? []).toString(), '{"x":"}]\\"{["}')
    }
  })

  it('says so when an archive has no entries or ends among them', async () => {
    for (const [text, why] of [
      ['{"log":5,"x":{"entries":[{}]},"startedDateTime":1}', 'no list at log.entries'],
      ['{"log":{"entries":[{"startedDateTime":"20', 'the document ends inside its list'],
    ] as const) {
      const { items, quarantine } = await readAll(text)
      assert.deepEqual(items, [])
      assert.equal(quarantine.examples[0]?.why, why)
    }
  })

  it('reads access logs of Envoy', async () => {
    const line = {
      start_time: '2026-11-22T10:00:00.000Z',
      method: 'GET',
      path: '/details/0?page=1',
      protocol: 'HTTP/1.1',
      response_code: 200,
      response_flags: '-',
      bytes_received: 0,
      bytes_sent: 178,
      duration: 3,
      upstream_service_time: '2',
      x_forwarded_for: '-',
      request_id: '6f1b-1',
      authority: 'details:9080',
      upstream_host: '10.0.0.5:9080',
      upstream_cluster: 'outbound|9080|v1|details.default.svc.cluster.local',
      downstream_remote_address: '[::1]:4000',
      route_name: '-',
    }
    const refused = { ...line, response_code: 403, response_flags: 'UAEX', upstream_host: null, request_id: '6f1b-2' }
    const { format, items, quarantine } = await readAll(`${JSON.stringify(line)}\n${JSON.stringify(refused)}`)
    assert.deepEqual([format, quarantine.total], ['envoy', 0])
    const [good, denied] = items.map(item => item.event) as [ExchangeRecord['event'], ExchangeRecord['event']]
    assert.deepEqual(
      [good.path, good.service, good.host, good.client, good.upstreamStatus, good.upstreamMs, good.route, good.verdict],
      ['/details/0', 'details.default.svc.cluster.local', 'details', '::1', 200, 2, null, 'pass'],
    )
    assert.deepEqual(good.query, [{ name: 'page', type: 'integer' }])
    assert.deepEqual([denied.verdict, denied.upstreamStatus, denied.target], ['refuse', null, null])
  })

  it('takes no file of another kind for one of these', () => {
    for (const text of [
      '',
      'traceId,spanId\n1,2\n',
      '{"resourceSpans":[]}',
      '{"traceId":"a","spanId":"b","service":"c"}',
      'PK\u0003\u0004',
    ])
      assert.equal(
        readers.find(reader => reader.matches(Buffer.from(text))),
        undefined,
        text,
      )
  })
})

describe('elements of a list in a document', () => {
  it('never holds one beyond its bound', async () => {
    const quarantine = new Quarantine('file')
    async function* huge(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"log":{"entries":[{"a":"')
      const part = Buffer.alloc(1024 * 1024, 97)
      for (let i = 0; i < 20; i++) yield part
      yield Buffer.from('"},{"b":1}]}}')
    }
    const found: string[] = []
    for await (const batch of readElements(huge(), ['log', 'entries'], quarantine))
      found.push(...batch.map(({ text }) => text))
    assert.deepEqual(found, ['{"b":1}'])
    assert.equal(quarantine.examples[0]?.why, 'the element is too long')
  })
})
