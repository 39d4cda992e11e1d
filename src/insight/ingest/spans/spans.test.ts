import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { array, assert as check, nat, property, tuple } from 'fast-check'
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts'
import { ProtobufError } from '../../../lib/protobuf-reader.ts'
import type { Span } from '../../model/span.ts'
import { openContent, readerFor } from '../content.ts'
import { Quarantine } from '../quarantine.ts'
import { spanReaders } from './index.ts'
import { createOtlpJsonDecoder } from './otlp-json.ts'
import { createOtlpDecoder } from './otlp-protobuf.ts'
import { createSpanFields } from './span-fields.ts'

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(content: string | Uint8Array, size = 65_536) {
  const quarantine = new Quarantine('test')
  const opened = await openContent(chunksOf(Buffer.from(content as string), size), quarantine)
  const reader = readerFor(spanReaders, opened)
  assert.ok(reader !== null, 'no format fits')
  const spans: Span[] = []
  for await (const batch of reader.read(opened.chunks, quarantine)) spans.push(...batch)
  return { spans, quarantine, format: reader.format, why: Object.fromEntries(quarantine.reasons) }
}

const trace = '0af7651916cd43dd8448eb211c80319c'
const span1: Span = {
  traceId: trace,
  spanId: 'b7ad6b7169203331',
  parentId: null,
  service: 'cart-service',
  name: 'GET /cart/{id}',
  kind: 'unspecified',
  startUs: 1_661_140_374_351_773,
  durationUs: 11_209,
  error: false,
  resource: { 'k8s.pod.name': 'cart-service-579b9bff58-t2dbm' },
  attributes: {},
}

const header = 'TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration'
const row = `${trace},b7ad6b7169203331,root,cart-service-579b9bff58-t2dbm,GET /cart/{id},1661140374351773094,1661140374362982609,11209`

describe('CSV', () => {
  it('quarantines rows that are none and reads the others', async () => {
    const bad = [
      `${trace},,root,p,x,1,2,1`,
      `${trace},b7ad6b7169203331,root,p,x,soon,2,1`,
      `${trace},b7ad6b7169203331,root,p,x,1000,2000,-5`,
      `${trace},b7ad6b7169203331,root,p,"x,1,2,1`,
      `${trace},b7ad6b7169203331,no parent,p,x,1,2,1`,
      `${trace},b7ad6b7169203331,root,p,x,99999999999999999999,2,1`,
      `00000000000000000000000000000000,b7ad6b7169203331,root,p,x,1,2,1`,
      'x'.repeat(70_000),
    ]
    const { spans, why, quarantine } = await read(`\ufeff${header}\r\n${bad.join('\r\n')}\r\n${row}\r\n`)
    assert.deepEqual(spans, [span1])
    assert.deepEqual(why, {
      'a trace or span id is missing or malformed': 2,
      'the start is no time': 2,
      'the duration is none': 1,
      'a quote is not closed': 1,
      'the parent id is malformed': 1,
      'the line is too long': 1,
    })
    assert.equal(quarantine.examples[0]?.place, 'line 2')
  })

  it('takes columns in any order, quotes, and the end where there is no duration', async () => {
    const { spans, format } = await read(
      `EndTimeUnixNano,OperationName,PodName,ParentID,SpanID,TraceID,StartTimeUnixNano\n3000000,"a ""b"", c",solo,root,aa,bb,1000000\n`,
    )
    assert.equal(format, 'spans-csv')
    assert.deepEqual(
      spans.map(({ name, service, startUs, durationUs }) => ({ name, service, startUs, durationUs })),
      [{ name: 'a "b", c', service: 'solo', startUs: 1000, durationUs: 2000 }],
    )
  })

  it('reads the same whatever the chunks, plain or gzip', async () => {
    const text = `${header}\n${row}\n${row.replace('b7ad6b7169203331', 'b7ad6b7169203332')}`
    const whole = await read(text)
    assert.equal(whole.spans.length, 2)
    for (const size of [1, 7, 100]) assert.deepEqual((await read(text, size)).spans, whole.spans)
    assert.deepEqual((await read(gzipSync(text), 11)).spans, whole.spans)
  })

  it('reads what there is of gzip data that end early, and says so', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) =>
      row.replace('b7ad6b7169203331', (i + 1).toString(16).padStart(16, '0')),
    )
    const packed = gzipSync([header, ...rows].join('\n'))
    const { spans, why } = await read(packed.subarray(0, packed.length / 2))
    assert.ok(spans.length > 1000 && spans.length < 20_000, String(spans.length))
    assert.equal(why['the compressed data are broken or end early'], 1)
  })
})

describe('NDJSON', () => {
  it('quarantines lines that are no span and drops fields that are not on the list', async () => {
    const good = {
      ...span1,
      kind: 'client',
      error: true,
      attributes: { 'http.route': '/a', 'db.statement': 'secret' },
      more: 1,
    }
    const lines = [
      good,
      { ...good, startUs: -1 },
      { ...good, durationUs: 1e18 },
      { ...good, service: 7 },
      [],
      null,
      { ...good, spanId: 'a b' },
    ]
    const { spans, quarantine, format } = await read(
      `${lines.map(line => JSON.stringify(line)).join('\n')}\n{"traceId":\n`,
    )
    assert.equal(format, 'spans-ndjson')
    assert.deepEqual(spans, [{ ...span1, kind: 'client', error: true, attributes: { 'http.route': '/a' } }])
    assert.equal(quarantine.total, 7)
  })

  it('reads back what it is written as', async () => {
    const all = [span1, { ...span1, spanId: '0000000000000001', parentId: span1.spanId, kind: 'server' as const }]
    assert.deepEqual((await read(all.map(span => JSON.stringify(span)).join('\n'))).spans, all)
  })
})

const otlpSpan = {
  traceId: trace.toUpperCase(),
  spanId: 'B7AD6B7169203331',
  parentSpanId: '',
  name: 'GET /cart/{id}',
  kind: 2,
  startTimeUnixNano: '1661140374351773094',
  endTimeUnixNano: '1661140374362982609',
  attributes: [
    { key: 'http.method', value: { stringValue: 'GET' } },
    { key: 'http.status_code', value: { intValue: '500' } },
    { key: 'http.target', value: { stringValue: '/cart/7?key=hunter2' } },
    { key: '__proto__', value: { stringValue: 'x' } },
  ],
}
const document = (...spans: unknown[]): object => ({
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'cart-service' } },
          { key: 'k8s.pod.name', value: { stringValue: 'cart-service-579b9bff58-t2dbm' } },
        ],
      },
      scopeSpans: [{ scope: { name: 'x' }, spans }],
    },
  ],
})
const otlpRead: Span = {
  ...span1,
  kind: 'server',
  error: true,
  attributes: { 'http.request.method': 'GET', 'http.response.status_code': 500, 'url.path': '/cart/7' },
}

describe('OTLP JSON', () => {
  it('rejects malformed spans alone, in files of a request a line', async () => {
    const bad = [
      { ...otlpSpan, traceId: 'x' },
      { ...otlpSpan, startTimeUnixNano: 'now' },
      null,
      { ...otlpSpan, spanId: '0'.repeat(16) },
    ]
    const lines = [document(...bad, otlpSpan), { resourceSpans: 1 }, document(otlpSpan)]
    const { spans, quarantine, format } = await read(
      `${lines.map(line => JSON.stringify(line)).join('\n')}\n{"resourceSpans":[`,
    )
    assert.equal(format, 'otlp-json')
    assert.deepEqual(spans, [otlpRead, otlpRead])
    assert.equal(quarantine.total, 6)
  })

  it('reads one document over many lines, in any chunks', async () => {
    const text = JSON.stringify(document(otlpSpan), null, 2)
    for (const size of [1, 100, 65_536]) assert.deepEqual((await read(text, size)).spans, [otlpRead])
  })

  it('is null for what is no request', () => {
    const decode = createOtlpJsonDecoder()
    for (const value of [null, [], 'x', { resourceSpans: {} }]) assert.equal(decode(value), null)
    assert.deepEqual(decode({})?.spans, [])
  })
})

function writeSpan(writer: ProtobufWriter, id = otlpRead.spanId): void {
  writer.hex(1, trace)
  writer.hex(2, id)
  writer.text(5, otlpSpan.name)
  writer.varint(6, 2)
  writer.fixed64(7, BigInt(otlpSpan.startTimeUnixNano))
  writer.fixed64(8, BigInt(otlpSpan.endTimeUnixNano))
  attribute(writer, 9, 'http.request.method', 'GET')
  attribute(writer, 9, 'http.response.status_code', 500)
  attribute(writer, 9, 'url.path', '/cart/7')
  // Fields of later versions, of every wire type.
  writer.varint(900, 1)
  writer.fixed64(901, 1n)
  writer.fixed32(902, 1)
  writer.text(903, 'later')
}

function attribute(writer: ProtobufWriter, field: number, key: string, value: string | number): void {
  writer.message(field, () => {
    writer.text(1, key)
    writer.message(2, () => (typeof value === 'string' ? writer.text(1, value) : writer.varint(3, value)))
  })
}

function message(count = 1): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    // The resource behind its spans: order means nothing in protobuf.
    writer.message(2, () => {
      for (let i = 0; i < count; i++)
        writer.message(2, () => writeSpan(writer, i === 0 ? undefined : i.toString(16).padStart(16, '0')))
    })
    writer.message(1, () => {
      attribute(writer, 1, 'service.name', 'cart-service')
      attribute(writer, 1, 'k8s.pod.name', 'cart-service-579b9bff58-t2dbm')
    })
  })
  return writer.take()
}

function prefixed(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

describe('OTLP protobuf', () => {
  it('survives truncation at every byte and any change of one byte', () => {
    const bytes = message(3)
    const decode = createOtlpDecoder()
    let broken = 0
    for (let at = 0; at < bytes.length; at++) {
      assert.throws(() => decode(at === 0 ? Buffer.from([0x0a]) : bytes.subarray(0, at)), ProtobufError)
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 0xff
      try {
        const { spans, rejected } = decode(changed)
        assert.ok(spans.length + rejected <= 3)
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error))
        broken++
      }
    }
    assert.ok(broken > 0)
  })

  it('rejects a span that is broken inside and takes its siblings', () => {
    const writer = new ProtobufWriter()
    writer.message(1, () =>
      writer.message(2, () => {
        writer.message(2, () => writeSpan(writer))
        // A name that is said to be longer than its span.
        writer.hex(2, '2a7f41')
        // A group.
        writer.hex(2, '0b0c')
        writer.message(2, () => writeSpan(writer, '00000000000000aa'))
      }),
    )
    const { spans, rejected, why } = createOtlpDecoder()(writer.take())
    assert.deepEqual(
      [spans.map(span => span.spanId), rejected, why],
      [[otlpRead.spanId, '00000000000000aa'], 2, 'a span is broken'],
    )
    assert.equal(spans[0]?.service, 'unknown_service')
  })

  it('throws nothing but ProtobufError on random bytes', () => {
    const decode = createOtlpDecoder()
    const bytes = message(2)
    check(
      property(array(tuple(nat(bytes.length - 1), nat(255)), { maxLength: 8 }), changes => {
        const changed = Buffer.from(bytes)
        for (const [at, value] of changes) changed[at] = value
        try {
          decode(changed)
        } catch (error) {
          if (!(error instanceof ProtobufError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('reads files of one message and of prefixed messages, in any chunks; what is broken costs no other message', async () => {
    for (const size of [1, 13, 65_536]) {
      const one = await read(message(), size)
      assert.deepEqual([one.format, one.spans], ['otlp-protobuf', [otlpRead]])
      const broken = message()
      broken[broken.length - 30] = 0xff
      const several = await read(Buffer.concat([prefixed(message()), prefixed(broken), prefixed(message())]), size)
      assert.deepEqual(several.spans.slice(-1), [otlpRead])
      assert.ok(several.spans.length >= 2)
    }
  })

  it('stops at a length that nobody can believe, and at the end inside a message', async () => {
    const huge = await read(Buffer.concat([message(), Buffer.from('0affffffff7f', 'hex')]))
    assert.deepEqual([huge.spans.length, huge.why], [1, { 'the message is too long': 1 }])
    const cut = await read(message(2).subarray(0, 100))
    assert.deepEqual([cut.spans.length, cut.why], [0, { 'the file ends inside a message': 1 }])
  })
})

describe('what is kept of a span', () => {
  it('cleans names and values of personal and secret shapes, and leaves the names of code alone', () => {
    const { name } = createSpanFields()
    const cases: Array<[string, string]> = [
      ['GET /users/alice@example.com/orders', 'GET /users/{email}/orders'],
      ['GET /x?token=abc', 'GET /x'],
      ['pay 4111 1111 1111 1111', 'pay {card}'],
      ['pay 4111111111111111', 'pay {card}'],
      ['GET /t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', 'GET /t/{jwt}'],
      ['OrderServiceImpl.queryOrdersForRefresh', 'OrderServiceImpl.queryOrdersForRefresh'],
      ['hipstershop.ProductCatalogService/GetProduct', 'hipstershop.ProductCatalogService/GetProduct'],
      ['SELECT ts.trip', 'SELECT ts.trip'],
      ['a\u0000b\u202ec', 'a b c'],
    ]
    for (const [given, wanted] of cases) assert.equal(name(given), wanted)
    assert.equal(name('x'.repeat(100_000)).length <= 200, true)
  })

  it('masks no mask again, whatever digits its hash holds', () => {
    const { name } = createSpanFields()
    const hashes = ['15aac64841578845', '4111111111111111', '5551234567123456', 'a5551234567bcdef', '0049151123456789']
    for (const mask of ['email', 'phone', 'card', 'iban', 'national-id', 'jwt', 'token', 'long', 'text'])
      for (const hash of hashes) {
        const path = `/users/{${mask}:${hash}}/orders`
        assert.equal(name(path), path)
      }
    const once = name('GET /a/4111111111111111/alice@example.com 555-123-4567 Jane%20Doe')
    assert.equal(once, 'GET /a/{card}/{email} {phone} {text}')
    assert.equal(name(once), once)
    assert.equal(name('/a/{text:15aac64841578845}/4111111111111111'), '/a/{text:15aac64841578845}/{card}')
    // What only looks like a mask hides nothing.
    for (const fake of ['{4111111111111111}', '{note:4111111111111111}', '{text:4111111111111111 }'])
      assert.ok(!name(`/a/${fake}`).includes('4111'), fake)
  })

  it('holds no canary of any field that is not on the list', async () => {
    const canary = 'CANARY-7f3e9a1c'
    const keys = ['db.statement', 'enduser.id', 'http.request.header.authorization', 'exception.message', 'custom']
    const spans = [
      {
        ...otlpSpan,
        attributes: keys.map(key => ({ key, value: { stringValue: canary } })),
        events: [{ name: canary }],
        status: { message: canary },
      },
    ]
    const json = document(...spans)
    assert.ok(JSON.stringify(json).includes(canary))
    const got = await read(JSON.stringify(json))
    assert.equal(got.spans.length, 1)
    assert.ok(!JSON.stringify(got.spans).includes('CANARY'))
  })
})
