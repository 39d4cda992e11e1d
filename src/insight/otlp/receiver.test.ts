import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { testHost } from '../../../test/support/host.ts'
import { until } from '../../../test/support/until.ts'
import { ProtobufReader } from '../../lib/protobuf-reader.ts'
import { ProtobufWriter } from '../../lib/protobuf-writer.ts'
import type { Span } from '../model/span.ts'
import { createOtlpReceiver, type OtlpReceiver, type OtlpReceiverParts } from './receiver.ts'

type Exported = Parameters<JsonExporter['export']>[0]

const started: OtlpReceiver[] = []
afterEach(async () => {
  for (const receiver of started.splice(0)) await receiver.close()
})

async function receive(parts: Partial<OtlpReceiverParts> = {}) {
  const spans: Span[] = []
  const host = testHost()
  const receiver = createOtlpReceiver({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    take: batch => {
      spans.push(...batch)
      return true
    },
    log: host.log,
    ...parts,
  })
  const port = await receiver.start()
  started.push(receiver)
  const url = `http://127.0.0.1:${port}/v1/traces`
  const post = (body: Uint8Array | string, headers: Record<string, string> = {}, to = url): Promise<Response> =>
    fetch(to, {
      method: 'POST',
      body: body as Uint8Array<ArrayBuffer>,
      headers: { 'content-type': 'application/x-protobuf', ...headers },
    })
  return { spans, receiver, port, url, post, host }
}

/** What OpenTelemetry's SDK hands to its exporters. */
function readableSpan(change: object = {}): Exported[number] {
  return {
    name: 'GET /orders/{id}',
    kind: 1,
    spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
    parentSpanContext: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7', traceFlags: 1 },
    startTime: [1_700_000_000, 123_456_789],
    endTime: [1_700_000_000, 223_456_789],
    status: { code: 2, message: 'it broke' },
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 503,
      'http.route': '/orders/{id}',
      'url.full': 'https://shop.example/orders/7?token=hunter2',
      'enduser.id': 'alice',
      list: ['a', 'b'],
    },
    links: [],
    events: [{ name: 'exception', time: [1_700_000_000, 200_000_000], attributes: { secret: 'hunter2' } }],
    duration: [0, 100_000_000],
    ended: true,
    resource: resourceFromAttributes({ 'service.name': 'orders', 'k8s.pod.name': 'orders-1', 'process.pid': 1 }),
    instrumentationScope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...change,
  } as unknown as Exported[number]
}

const expected: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: '00f067aa0ba902b7',
  service: 'orders',
  name: 'GET /orders/{id}',
  kind: 'server',
  startUs: 1_700_000_000_123_456,
  durationUs: 100_000,
  error: true,
  resource: { 'k8s.pod.name': 'orders-1' },
  attributes: {
    'http.request.method': 'GET',
    'http.response.status_code': 503,
    'http.route': '/orders/{id}',
    'url.path': '/orders/7',
  },
}

function request(...spans: Array<(writer: ProtobufWriter) => void>): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => writer.message(2, () => spans.forEach(span => writer.message(2, () => span(writer)))))
  return writer.take()
}

function goodSpan(writer: ProtobufWriter): void {
  writer.hex(1, '0af7651916cd43dd8448eb211c80319c')
  writer.hex(2, 'b7ad6b7169203331')
  writer.text(5, 'x')
  writer.fixed64(7, 1_700_000_000_000_000_000n)
  writer.fixed64(8, 1_700_000_000_000_001_000n)
}

function statusMessage(bytes: Buffer): string {
  const reader = new ProtobufReader(bytes)
  while (reader.next()) if (reader.field === 2) return reader.text(1000)
  return ''
}

describe('what is refused', () => {
  it('405, 404 and 415 by words that name what is right, in the coding that was asked', async () => {
    const { post, url, spans } = await receive()
    const get = await fetch(url)
    assert.equal(get.status, 405)
    assert.equal(get.headers.get('allow'), 'POST')
    assert.equal((await post('', {}, url.replace('traces', 'logs'))).status, 404)
    const plain = await post('{}', { 'content-type': 'text/plain' })
    assert.equal(plain.status, 415)
    assert.match(((await plain.json()) as { message: string }).message, /application\/x-protobuf or application\/json/)
    const brotli = await post('x', { 'content-encoding': 'br' })
    assert.equal(brotli.status, 415)
    assert.equal(brotli.headers.get('accept-encoding'), 'gzip')
    assert.equal(brotli.headers.get('content-type'), 'application/x-protobuf')
    assert.match(statusMessage(Buffer.from(await brotli.arrayBuffer())), /Content-Encoding must be gzip/)
    assert.equal(spans.length, 0)
  })

  it('400 for bytes that are no message: truncated, groups, lengths beyond the end, gzip that is none', async () => {
    const { post, receiver } = await receive()
    const good = request(goodSpan)
    const bodies: Array<[Buffer | string, Record<string, string>]> = [
      [good.subarray(0, good.length - 3), {}],
      [Buffer.from('0b0c', 'hex'), {}],
      [Buffer.from('0affffffffffffffff7f', 'hex'), {}],
      [Buffer.from('0a05', 'hex'), {}],
      [Buffer.from('ffffffffffffffffffffff', 'hex'), {}],
      [good, { 'content-encoding': 'gzip' }],
      [gzipSync(good).subarray(0, 20), { 'content-encoding': 'gzip' }],
      ['{"resourceSpans":7}', { 'content-type': 'application/json' }],
      ['[]', { 'content-type': 'application/json' }],
      ['{"resourceSpans":[', { 'content-type': 'application/json' }],
      [`${'['.repeat(100_000)}`, { 'content-type': 'application/json' }],
    ]
    for (const [body, headers] of bodies) {
      const got = await post(body, headers)
      assert.equal(got.status, 400, `${body.toString('latin1').slice(0, 40)}`)
      await got.arrayBuffer()
    }
    assert.equal(receiver.counts().refused[400], bodies.length)
    assert.equal(receiver.counts().spans, 0)
  })

  it('413 for a body above the limit, plain, without a length and decompressed, and the server lives on', async () => {
    const { post, port, spans } = await receive({ limits: { bodyBytes: 4096 } })
    assert.equal((await post(Buffer.alloc(5000))).status, 413)
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
    assert.ok(bomb.length > 4096)
    assert.equal((await post(gzipSync(Buffer.alloc(1024 * 1024)), { 'content-encoding': 'gzip' })).status, 413)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    socket.write(`2000\r\n${'x'.repeat(8192)}\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 413 /)
    if (!socket.closed) await once(socket, 'close')
    assert.equal((await post(request(goodSpan))).status, 200)
    assert.equal(spans.length, 1)
  })

  it('429 with Retry-After when the spans are not taken, 503 when too much is under way', async () => {
    const full = await receive({ take: () => false })
    const refused = await full.post(request(goodSpan))
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '1')
    const small = await receive({ limits: { heldBytes: 10 } })
    const busy = await small.post(request(goodSpan))
    assert.equal(busy.status, 503)
    assert.equal(busy.headers.get('retry-after'), '1')

    const narrow = await receive({ limits: { requests: 1 } })
    const slow = connect(narrow.port, '127.0.0.1')
    slow.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 10\r\n\r\n123',
    )
    await until('the slow request is under way', 5000, () => narrow.receiver.counts().requests === 1)
    assert.equal((await narrow.post(request(goodSpan))).status, 503)
    slow.destroy()
  })

  it('403 for an address that is not allowed, 421 for a Host that is not this machine', async () => {
    const { post } = await receive({ allow: ['192.0.2.0/24'] })
    assert.equal((await post(request(goodSpan))).status, 403)
    const { port } = await receive()
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 421 /)
    socket.destroy()
  })

  it('a malformed span alone, as a partial success in both codings', async () => {
    const { post, spans, receiver } = await receive()
    const body = request(
      goodSpan,
      writer => writer.hex(1, '0af7'),
      writer => writer.hex(1, '00'.repeat(16)),
    )
    const got = await post(body)
    assert.equal(got.status, 200)
    const reader = new ProtobufReader(Buffer.from(await got.arrayBuffer()))
    assert.ok(reader.next())
    reader.enter()
    assert.ok(reader.next())
    assert.deepEqual([reader.field, reader.number], [1, 2])
    assert.ok(reader.next())
    assert.match(reader.text(100), /trace id is not of 16 bytes/)
    const json = await post(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'zz' }, 7] }] }] }), {
      'content-type': 'application/json',
    })
    assert.deepEqual(await json.json(), {
      partialSuccess: { rejectedSpans: '2', errorMessage: 'a trace id is missing or not of 16 bytes' },
    })
    assert.equal(spans.length, 1)
    assert.equal(receiver.counts().rejectedSpans, 4)
  })

  it('a taken port, by name', async () => {
    const { port } = await receive()
    const second = createOtlpReceiver({
      address: { kind: 'tcp', host: '127.0.0.1', port },
      take: () => true,
      log: testHost().log,
    })
    await assert.rejects(second.start(), new RegExp(`127\\.0\\.0\\.1:${port} is taken by another process`))
    await second.close()
  })
})

describe('what is taken', () => {
  for (const [name, Exporter] of [
    ['protobuf', ProtobufExporter],
    ['JSON', JsonExporter],
  ] as const) {
    for (const compression of ['none', 'gzip'] as const) {
      it(`spans of OpenTelemetry's own exporter, ${name}, compression ${compression}`, async () => {
        const { spans, url } = await receive()
        const exporter = new Exporter({ url, compression: compression as never })
        const result = await new Promise<{ code: number; error?: Error }>(resolve =>
          exporter.export([readableSpan()], resolve),
        )
        await exporter.shutdown()
        assert.equal(result.code, 0, String(result.error))
        assert.deepEqual(spans, [expected])
        assert.ok(!JSON.stringify(spans).includes('hunter2'))
      })
    }
  }

  it('an empty request, and large ones whole', async () => {
    const { post, spans } = await receive()
    const empty = await post('')
    assert.equal(empty.status, 200)
    assert.equal((await empty.arrayBuffer()).byteLength, 0)
    const json = await post('{}', { 'content-type': 'application/json; charset=utf-8' })
    assert.equal(await json.text(), '{}')
    const many = request(...Array.from({ length: 5000 }, () => goodSpan))
    assert.equal((await post(gzipSync(many), { 'content-encoding': 'gzip' })).status, 200)
    assert.equal(spans.length, 5000)
  })
})
