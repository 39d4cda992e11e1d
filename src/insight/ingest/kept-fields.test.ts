import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { loadWritten } from '../../../test/support/configuration.ts'
import { fieldChoice, usualFields } from '../model/field-choice.ts'
import type { RawExchange } from '../model/exchange.ts'
import type { Span } from '../model/span.ts'
import { ordinaryFields } from '../observe/request-fields.ts'
import { createReducer } from '../observe/reduce.ts'
import { keptResponseFields } from '../observe/response-fields.ts'
import { createOtlpReceiver } from '../otlp/receiver.ts'
import { everyTrace, Traces } from '../traces/traces.ts'
import { fileFormats } from './file-formats.ts'
import { Quarantine } from './quarantine.ts'
import { keptAttributes, keptResource } from './spans/span-fields.ts'

const hashKey = Buffer.alloc(32, 5)
const chosen = {
  keep: ['span:shop.basket', 'resource:shop.cell', 'request:user-agent', 'request:authorization', 'response:x-cell'],
  drop: ['span:url.path', 'resource:host.name', 'request:x-trace-me', 'request:x-api-key', 'response:server'],
}
const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: null,
  service: 'cart',
  name: 'GET /cart',
  kind: 'server',
  startUs: 1_795_341_600_000_000,
  durationUs: 10,
  resource: { 'shop.cell': 'west', 'host.name': 'n1', tenant: 'acme', 'shop.other': 'x' },
  attributes: { 'shop.basket': 'canary@example.org', 'http.target': '/cart', 'http.route': '/cart', 'shop.other': 1 },
}
const otlp = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }, ...attributes(span.resource)] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: span.traceId,
              spanId: span.spanId,
              name: span.name,
              kind: 2,
              startTimeUnixNano: '1795341600000000000',
              endTimeUnixNano: '1795341600000010000',
              attributes: attributes(span.attributes),
            },
          ],
        },
      ],
    },
  ],
})
const exchange = {
  time: '2026-11-22T10:00:00.000Z',
  id: 'a-1',
  method: 'GET',
  url: 'https://api.example.com/carts',
  status: 200,
  request: {
    headers: {
      'User-Agent': 'shop/1',
      'X-Trace-Me': '1',
      'X-Tenant': '7',
      'X-Api-Key': 'canary-key',
      Authorization: 'Basic Y2FuYXJ5OmNhbmFyeQ==',
    },
    body: '',
  },
  response: { headers: { Server: 'nginx', 'X-Cell': 'canary-value', 'Cache-Control': 'no-store' }, body: '{}' },
}

function attributes(values: Readonly<Record<string, unknown>>) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

async function readAll(text: string, choice = fieldChoice(chosen)): Promise<unknown[]> {
  const formats = fileFormats(hashKey, choice)
  const bytes = Buffer.from(text)
  const reader = [...formats.spans, ...formats.exchanges].find(one => one.matches(bytes))
  assert.ok(reader !== undefined, text.slice(0, 100))
  const quarantine = new Quarantine('test')
  const all: unknown[] = []
  for await (const batch of reader.read(
    (async function* () {
      yield bytes
    })(),
    quarantine,
  ))
    all.push(...batch)
  assert.equal(quarantine.total, 0)
  return all
}

test('the list of what is kept in docs/formats.md is the one that is used', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/formats.md'), 'utf8')
  const listed = (kind: string): string[] => {
    const row = page.split('\n').find(line => line.startsWith(`| \`${kind}:\``)) ?? ''
    return [...(row.split(/kept[^:]*: /)[1] ?? '').split('; and those')[0]!.matchAll(/`([^`]+)`/g)].map(
      ([, name = '']) => name,
    )
  }
  assert.deepEqual(listed('resource'), keptResource)
  assert.deepEqual(listed('span'), keptAttributes)
  assert.deepEqual(listed('response'), keptResponseFields)
  assert.deepEqual(listed('request'), [...ordinaryFields])
})

test('attributes of spans are kept and dropped as chosen, from files and by OTLP alike, and survive a restart', async () => {
  const kept = {
    resource: { 'shop.cell': 'west', tenant: 'acme' },
    attributes: { 'shop.basket': '{email}', 'http.route': '/cart' },
  }
  const taken: Span[] = []
  const receiver = createOtlpReceiver({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    take: spans => taken.push(...spans) > 0,
    log: { info() {}, warn() {}, error() {} },
    fields: fieldChoice(chosen),
  })
  const port = await receiver.start()
  const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: otlp,
  })
  await receiver.close()
  assert.equal(answer.status, 200)
  const read = [...(await readAll(`${JSON.stringify(span)}\n`)), ...(await readAll(otlp)), ...taken] as Span[]
  assert.equal(read.length, 3)
  for (const { resource, attributes: own } of read) assert.deepEqual({ resource, attributes: own }, kept)

  const traces = new Traces(everyTrace)
  traces.takeSpan(read[0] as Span)
  const again = new Traces(everyTrace)
  again.restore([...traces.changes()].filter((row): row is readonly [string, string] => row[1] !== null))
  again.flush()
  assert.match(JSON.stringify(again.tree(span.traceId)), /"shop\.basket":"\{email\}"/)
  const usual = (await readAll(otlp, usualFields)) as Span[]
  assert.deepEqual(usual[0]?.attributes, { 'url.path': '/cart', 'http.route': '/cart' })
})

interface Seen {
  readonly headers: ReadonlyArray<{ readonly name: string }>
  readonly credentials: ReadonlyArray<{ readonly name: string }>
  readonly responseFields: Readonly<Record<string, string>>
}

test('header fields are kept and dropped as chosen, live and in files; values and credentials stay out', async () => {
  const raw = {
    event: { ...exchange, host: 'api.example.com', path: '/carts', requestBytes: 0, responseBytes: 2, principal: null },
    query: '',
    encrypted: true,
    requestFields: Object.entries(exchange.request.headers),
    responseFields: Object.entries(exchange.response.headers),
    requestBody: null,
    responseBody: null,
  } as unknown as RawExchange
  const live = createReducer({ hashKey, fields: fieldChoice(chosen) })(raw)
  const [file] = (await readAll(`${JSON.stringify(exchange)}\n`)) as Array<{ observation: Seen }>
  for (const seen of [live, file?.observation] as Seen[]) {
    assert.deepEqual(seen.headers.map(({ name }) => name.toLowerCase()).sort(), ['user-agent', 'x-tenant'])
    assert.deepEqual(seen.responseFields, { 'x-cell': '{present}', 'cache-control': 'no-store' })
    assert.deepEqual(seen.credentials.map(({ name }) => name.toLowerCase()).sort(), ['authorization', 'x-api-key'])
    assert.doesNotMatch(JSON.stringify(seen), /canary|Y2FuYXJ5/)
  }
  // What was recorded before the choice loses what is dropped now.
  const [recorded] = (await readAll(`${JSON.stringify(exchange)}\n`, usualFields)) as unknown[]
  const [record] = (await readAll(`${JSON.stringify(recorded)}\n`)) as Array<{ observation: Seen }>
  assert.deepEqual(
    record?.observation.headers.map(({ name }) => name.toLowerCase()),
    ['x-tenant'],
  )
  assert.deepEqual(record?.observation.responseFields, { 'cache-control': 'no-store' })
})

test('a choice that means nothing is refused with its place', async () => {
  const written = (fields: unknown) =>
    loadWritten({
      files: {
        'portcullis.yaml': JSON.stringify({
          version: 1,
          stateDir: 'state',
          listeners: [{ name: 'local', address: '127.0.0.1:8080' }],
          services: { shop: { targets: ['http://127.0.0.1:3000'] } },
          insight: { fields },
        }),
      },
    })
  const good = await written(chosen)
  assert.deepEqual(good.loaded?.config.insight?.fields, chosen)
  for (const [fields, pointer] of [
    [{ keep: ['http.route'] }, '/insight/fields/keep/0'],
    [{ keep: ['body:password'] }, '/insight/fields/keep/0'],
    [{ drop: ['request:X-Tenant'] }, '/insight/fields/drop/0'],
    [{ keep: ['span:a'], drop: ['span:a'] }, '/insight/fields/drop/0'],
    [{ forget: [] }, '/insight/fields/forget'],
  ] as const) {
    const { issues } = await written(fields)
    assert.deepEqual(
      issues?.map(issue => issue.pointer),
      [pointer],
      JSON.stringify(fields),
    )
  }
})
