import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { until } from '../support/until.ts'

// A request that crosses the gateway twice, as two services with OpenTelemetry's exporter and our own hops tell it.

const folder = mkdtempSync(path.join(tmpdir(), 'pt-'))
let [port, controlPort, otlpPort] = [0, 0, 0]
let exporter: OTLPTraceExporter

type Exported = Parameters<OTLPTraceExporter['export']>[0][number]

/** Exports one span; resolves when it is taken. */
function report(
  service: string,
  name: string,
  kind: number,
  ids: { traceId: string; spanId: string; parentId: string },
  from: number,
): Promise<void> {
  const time = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
  const to = performance.timeOrigin + performance.now()
  const context = (spanId: string) => ({ traceId: ids.traceId, spanId, traceFlags: 1 })
  const span = {
    name,
    kind,
    spanContext: () => context(ids.spanId),
    parentSpanContext: context(ids.parentId),
    startTime: time(from),
    endTime: time(to),
    duration: time(to - from),
    status: { code: 0 },
    attributes: { 'http.request.method': 'GET' },
    links: [],
    events: [],
    ended: true,
    resource: resourceFromAttributes({ 'service.name': service }),
    instrumentationScope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as unknown as Exported
  return new Promise((resolve, reject) =>
    exporter.export([span], result => (result.code === 0 ? resolve() : reject(result.error))),
  )
}

const now = (): number => performance.timeOrigin + performance.now()
let spans = 0
const newId = (): string => (++spans).toString(16).padStart(16, 'e')

/** `front` asks `back` through the gateway, passing its own span on; both report what they did before they answer. */
const service = (name: 'front' | 'back') => async (req: IncomingMessage, res: ServerResponse) => {
  const from = now()
  const [, traceId = '', parentId = ''] = String(req.headers['traceparent']).split('-')
  const own = newId()
  if (name === 'front') {
    const begun = now()
    const call = newId()
    const answer = await fetch(`http://127.0.0.1:${port}/back/7`, {
      headers: { traceparent: `00-${traceId}-${call}-01` },
    })
    await answer.arrayBuffer()
    await report(name, 'GET', 2, { traceId, spanId: call, parentId: own }, begun)
  }
  await report(name, `GET /${name}/{id}`, 1, { traceId, spanId: own, parentId }, from)
  res.end('ok')
}
const servers = (['front', 'back'] as const).map(name => createServer((req, res) => void service(name)(req, res)))

before(async () => {
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  ;[port, controlPort, otlpPort] = (await freePorts(3)) as [number, number, number]
  exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${otlpPort}/v1/traces` })
})
after(async () => {
  await exporter.shutdown()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

function configuration(): string {
  const [front, back] = servers.map(server => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const file = path.join(folder, 'portcullis.yaml')
  writeFileSync(
    file,
    `version: 1
stateDir: "${folder}/state"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { front: { targets: ["${front}"] }, back: { targets: ["${back}"] } }
routes:
  - { name: front, match: { path: /front/** }, service: front, policies: [{ use: anonymous }] }
  - { name: back, match: { path: /back/** }, service: back, policies: [{ use: anonymous }] }
insight: { otlp: { address: "127.0.0.1:${otlpPort}" } }
`,
  )
  return file
}

interface Report {
  readonly trees: ReadonlyArray<{
    readonly origin: string
    readonly spans: ReadonlyArray<{
      readonly service: string
      readonly name: string
      readonly spanId: string
      readonly parentId: string | null
    }>
  }>
}

async function ask<T>(where: string): Promise<T | null> {
  const token = readFileSync(path.join(folder, 'state', 'control-token'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${controlPort}${where}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const body = (await answer.json()) as T
  return answer.status === 200 ? body : null
}

describe('a request through two services', { timeout: 90_000 }, () => {
  it('is one tree of our own hops and the spans of the services', async () => {
    await using gateway = await startGateway({ config: configuration() })
    await until('insight takes spans and events', 30_000, async () => {
      const status = await ask<{ insight: { status: { connections: number; otlp: object | null } | null } | null }>(
        '/status',
      )
      const insight = status?.insight?.status ?? null
      return insight !== null && insight.otlp !== null && insight.connections > 0
    })
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const answer = await fetch(`http://127.0.0.1:${port}/front/1`, {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    })
    assert.equal(await answer.text(), 'ok')
    const found = await until('all five spans are there', 30_000, async () => {
      const got = await ask<Report>(`/traces/${traceId}`)
      return got !== null && got.trees.reduce((sum, tree) => sum + tree.spans.length, 0) === 5 ? got : null
    })
    assert.deepEqual(
      found.trees.map(tree => tree.origin),
      ['entry'],
    )
    const [tree] = found.trees
    assert.deepEqual(
      tree?.spans.map(({ service: by, name }) => `${by} ${name}`),
      ['portcullis GET front', 'front GET /front/{id}', 'front GET', 'portcullis GET back', 'back GET /back/{id}'],
    )
    // A chain: each hangs below the one before it.
    tree?.spans.forEach((span, i) => i > 0 && assert.equal(span.parentId, tree.spans[i - 1]?.spanId))
    assert.equal(await gateway.stop(), 0)
  })
})
