import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { testHost } from '../../../../test/support/host.ts'
import { createOtlpReceiver } from '../../../insight/otlp/receiver.ts'
import type { Span } from '../../../insight/model/span.ts'
import { Traces } from '../../../insight/traces/traces.ts'
import { schema } from './schema.ts'
import { otlpSink } from './sink.ts'

const event = {
  time: '2026-11-22T10:00:00.123Z',
  id: 'e1',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00000000000000aa',
  parentId: 'b7ad6b7169203331',
  listener: 'public',
  protocol: 'http/1.1',
  client: '192.0.2.1',
  clientPort: 5000,
  method: 'GET',
  host: 'shop.example',
  path: '/orders/7',
  query: [],
  route: 'orders',
  service: 'orders',
  target: 'http://10.0.0.1:80',
  status: 200,
  upstreamStatus: 200,
  requestBytes: 0,
  responseBytes: 2,
  durationMs: 12.034,
  upstreamMs: 11,
  principal: null,
  verdict: 'pass' as const,
  policy: null,
  code: null,
  reason: null,
}
const lines = (...changes: object[]): Uint8Array =>
  Buffer.from(changes.map(change => `${JSON.stringify({ ...event, ...change })}\n`).join(''))

const servers: Server[] = []
after(() => servers.forEach(server => server.close()))

/** A collector that answers as told, each request in turn; the last answer goes on. */
async function collector(...answers: Array<(res: ServerResponse, req: IncomingMessage) => void>) {
  const bodies: Buffer[] = []
  const server = createServer(async (req, res) => {
    const parts: Buffer[] = []
    for await (const part of req) parts.push(part as Buffer)
    const answer = answers[Math.min(bodies.length, answers.length - 1)]
    bodies.push(Buffer.concat(parts))
    answer?.(res, req)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, bodies }
}
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (res: ServerResponse): void => {
    res.writeHead(code, headers).end()
  }

describe('otlp sink', () => {
  it('loses what the collector refuses for good, and says what to do', async () => {
    const host = testHost()
    const cases: Array<[number, RegExp]> = [
      [400, /answers 400/],
      [401, /answers 401; check headers/],
      [404, /check its path, usually \/v1\/traces/],
      [302, /answers 302/],
    ]
    for (const [code, words] of cases) {
      const { endpoint, bodies } = await collector(status(code, { location: 'http://127.0.0.1:1/' }))
      const sink = otlpSink.open(schema.parse({ endpoint }), host.log, host.clock)
      await assert.rejects(sink.write(lines({})), words)
      assert.equal(bodies.length, 1)
      await sink.close()
    }
  })

  it('tries again while the collector is busy, and gives up after its time', async () => {
    const host = testHost()
    const busy = await collector(status(503), status(429), status(200))
    const sink = otlpSink.open(schema.parse({ endpoint: busy.endpoint, encoding: 'json' }), host.log, host.clock)
    await sink.write(lines({}))
    assert.equal(busy.bodies.length, 3)
    assert.deepEqual(busy.bodies[2], busy.bodies[0])
    await sink.close()
    const never = await collector(status(503))
    const short = otlpSink.open(schema.parse({ endpoint: never.endpoint, retryFor: '0s' }), host.log, host.clock)
    await assert.rejects(short.write(lines({})), /answers 503/)
    await short.close()
    const gone = otlpSink.open(
      schema.parse({ endpoint: 'http://127.0.0.1:1/v1/traces', retryFor: '0s' }),
      host.log,
      host.clock,
    )
    await assert.rejects(gone.write(lines({})), /cannot be reached/)
    await gone.close()
  })

  it('ends at once while it waits to try again', async () => {
    const host = testHost()
    const { endpoint, bodies } = await collector(status(503, { 'retry-after': '30' }))
    const sink = otlpSink.open(schema.parse({ endpoint, retryFor: '10min' }), host.log, host.clock)
    const writing = assert.rejects(sink.write(lines({})), /closing/)
    while (bodies.length === 0) await new Promise(resolve => setImmediate(resolve))
    await sink.close()
    await writing
  })

  it('tells of spans that the collector rejects, in both codings', async () => {
    for (const encoding of ['protobuf', 'json'] as const) {
      const host = testHost()
      const body =
        encoding === 'json'
          ? Buffer.from('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}')
          : Buffer.from('0a0b0801120774 6f6f206f6c64'.replace(' ', ''), 'hex')
      const { endpoint } = await collector(res => res.writeHead(200).end(body))
      const sink = otlpSink.open(schema.parse({ endpoint, encoding }), host.log, host.clock)
      await sink.write(lines({}))
      assert.match(host.lines.at(-1)?.message ?? '', /did not take all spans: too old/)
      await sink.close()
    }
  })

  it('sends its headers and no redirect gets them', async () => {
    let authorization: string | undefined
    const host = testHost()
    const { endpoint } = await collector((res, req) => {
      authorization = req.headers.authorization
      res.writeHead(200).end()
    })
    const settings = schema.parse({ endpoint, headers: { Authorization: 'Bearer s3cret' } })
    assert.ok(!JSON.stringify(settings).includes('s3cret'))
    const sink = otlpSink.open(settings, host.log, host.clock)
    await sink.write(lines({}))
    assert.equal(authorization, 'Bearer s3cret')
    await sink.close()
  })

  it('refuses an endpoint that is plaintext beyond loopback, has a password or no path', () => {
    for (const endpoint of [
      'http://collector.example/v1/traces',
      'https://u:p@collector.example/v1/traces',
      'https://collector.example',
      'ftp://x/y',
      'x',
    ])
      assert.throws(() => schema.parse({ endpoint }), { name: 'ZodError' }, endpoint)
    const endpoint = 'https://collector.example/v1/traces'
    assert.throws(() => schema.parse({ endpoint, headers: { x: 'a\r\nb: c' } }), /one line of ASCII/)
    schema.parse({ endpoint: 'http://collector.example/v1/traces', plaintext: 'acknowledged' })
    schema.parse({ endpoint: 'https://collector.example/v1/traces' })
  })

  for (const encoding of ['protobuf', 'json'] as const) {
    for (const compression of ['gzip', 'none'] as const) {
      it(`exports what our own receiver reads back as the span of the event: ${encoding}, ${compression}`, async () => {
        const spans: Span[] = []
        const host = testHost()
        const receiver = createOtlpReceiver({
          address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
          take: batch => spans.push(...batch) > 0,
          log: host.log,
        })
        const endpoint = `http://127.0.0.1:${await receiver.start()}/v1/traces`
        const sink = otlpSink.open(schema.parse({ endpoint, encoding, compression }), host.log, host.clock)
        const refused = {
          spanId: '00000000000000ab',
          parentId: null,
          service: null,
          target: null,
          status: 401,
          verdict: 'refuse',
          code: 'credential-missing',
        }
        const failed = {
          spanId: '00000000000000ac',
          status: 502,
          verdict: 'error',
          code: 'upstream-unreachable',
          method: 'ZZ"Z',
        }
        await sink.write(lines({}, refused, failed, { traceId: null, spanId: null }))
        await sink.close()
        await receiver.close()
        assert.deepEqual(
          spans.map(({ name, kind, parentId, error, durationUs, startUs }) => [
            name,
            kind,
            parentId,
            error,
            durationUs,
            startUs,
          ]),
          [
            ['GET orders', 'server', event.parentId, false, 12_034, Date.parse(event.time) * 1000],
            ['GET orders', 'server', null, false, 12_034, Date.parse(event.time) * 1000],
            ['HTTP orders', 'server', event.parentId, true, 12_034, Date.parse(event.time) * 1000],
          ],
        )
        assert.deepEqual(spans[0]?.attributes, {
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'url.path': '/orders/7',
          'server.address': 'shop.example',
          'portcullis.listener': 'public',
          'portcullis.route': 'orders',
          'portcullis.service': 'orders',
          'portcullis.verdict': 'pass',
        })
        // One that comes back beside its event is a duplicate, not another call.
        const traces = new Traces()
        traces.take({ event })
        traces.takeSpan(spans[0] as Span)
        assert.equal(traces.counts().duplicates, 1)
      })
    }
  }
})
