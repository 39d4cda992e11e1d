import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { until } from '../support/until.ts'

// The whole way: a gateway process, its workers' streams, the insight process, its stores, and questions through the control API.

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'pi-'))
const origin = createServer((request, response) => {
  request.resume()
  response.setHeader('content-type', 'application/json').end('{"id":7,"email":"jane.canary@example.org","items":[1,2]}')
})
let port = 0
let controlPort = 0

function configuration(state: string, more = ''): string {
  const file = path.join(folder, `${state}.yaml`)
  writeFileSync(
    file,
    `version: 1
workers: 2
stateDir: "${folder}/${state}"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { shop: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes: [{ name: shop, match: { path: /** }, service: shop, policies: [{ use: anonymous }] }]
insight: { record: "${folder}/${state}.records"${more} }
`,
  )
  return file
}

interface InsightRow {
  readonly running: boolean
  readonly pid: number
  readonly restarts: number
  readonly status: {
    readonly connections: number
    readonly savedEvents: number
    readonly otlp: { readonly port: number } | null
    readonly counts: { readonly events: number; readonly observations: number }
    readonly quarantined: Readonly<Record<string, number>>
  } | null
}

interface Body {
  readonly code?: string
  readonly detail?: string
  readonly insight: InsightRow | null
  readonly counts: { readonly spans: number }
  readonly trees: ReadonlyArray<{ readonly spans: ReadonlyArray<{ readonly service: string; readonly name: string }> }>
}

async function ask(state: string, where: string): Promise<{ status: number; body: Body }> {
  const token = readFileSync(path.join(folder, state, 'control-token'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${controlPort}${where}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: answer.status, body: (await answer.json()) as Body }
}

async function traffic(from: number, count: number): Promise<void> {
  for (let id = from; id < from + count; id++) {
    const answer = await fetch(`http://127.0.0.1:${port}/orders/${id}?secret=canary-in-query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer canary-in-header' },
      body: JSON.stringify({ password: 'canary-in-body', amount: id }),
    })
    assert.equal(answer.status, 200)
    await answer.arrayBuffer()
  }
}

/** Insight's row of `/status`, once it holds. */
function insightWhen(state: string, what: string, holds: (insight: InsightRow) => boolean): Promise<InsightRow> {
  return until(what, 30_000, async () => {
    const { insight } = (await ask(state, '/status')).body
    return insight !== null && holds(insight) ? insight : null
  })
}

function rowsOf(place: string): unknown[] {
  const database = new DatabaseSync(path.join(place, 'state.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT part, key, value FROM state ORDER BY part, key').all()
  database.close()
  return rows
}

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  ;[port, controlPort] = (await freePorts(2)) as [number, number]
})
after(() => {
  origin.closeAllConnections()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('insight beside a running gateway', { timeout: 120_000 }, () => {
  it('survives kill -9 with what it had saved, and requests are served all the while', async () => {
    await using gateway = await startGateway({ config: configuration('killed') })
    await insightWhen('killed', 'insight runs and both workers stream', insight => insight.status?.connections === 2)
    await traffic(1, 50)
    const before = await insightWhen('killed', 'all is learnt and saved', ({ status }) => status?.savedEvents === 50)
    assert.equal(before.status?.counts.observations, 50)
    assert.deepEqual(before.status?.quarantined, {})
    assert.equal((await ask('killed', '/traces')).body.counts.spans, 50)
    process.kill(before.pid, 'SIGKILL')
    await gateway.line(/insight ended and is started again/)
    await traffic(51, 20)
    const away = await ask('killed', '/service-map')
    if (away.status !== 200) assert.equal(away.body.code, 'insight-away')
    const after = await insightWhen(
      'killed',
      'it is back',
      insight => insight.restarts === 1 && insight.status?.connections === 2,
    )
    assert.notEqual(after.pid, before.pid)
    const again = (await ask('killed', '/traces')).body.counts.spans
    assert.ok(again >= 50 && again <= 70, `${again} of 50 that were saved and 20 that came while it was away`)
    assert.equal(await gateway.stop(), 0)
  })

  it('replays what it recorded to exactly the state that live traffic left', async () => {
    const state = path.join(folder, 'live')
    {
      await using gateway = await startGateway({ config: configuration('live') })
      await insightWhen('live', 'insight runs and both workers stream', insight => insight.status?.connections === 2)
      await traffic(1, 60)
      await insightWhen('live', 'all is learnt', ({ status }) => status?.counts.events === 60)
      assert.equal(await gateway.stop(), 0)
    }
    execFileSync(path.join(root, 'portcullis'), ['replay', '--state', `${folder}/replayed`, `${folder}/live.records`])
    const live = rowsOf(path.join(state, 'insight'))
    assert.ok(live.length > 0)
    assert.deepEqual(rowsOf(path.join(folder, 'replayed')), live)
  })

  it('keeps nothing that is personal or secret, and keeps it to its owner', () => {
    let searched = 0
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const at = path.join(file.parentPath, file.name)
      if (!file.isFile() || file.name.endsWith('.yaml')) continue
      const text = readFileSync(at, 'latin1')
      assert.doesNotMatch(text, /canary/, at)
      assert.equal(statSync(at).mode & 0o077, 0, at)
      searched++
    }
    assert.ok(searched >= 8, `${searched} files`)
  })

  it('takes spans from tracers and answers for their traces', async () => {
    const span = (spanId: string, parentSpanId: string, name: string): object => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId,
      parentSpanId,
      name,
      kind: 2,
      startTimeUnixNano: '1795341600000000000',
      endTimeUnixNano: '1795341600010000000',
    })
    const file = configuration('traced', ', otlp: { address: "127.0.0.1:0" }')
    await using gateway = await startGateway({ config: file })
    const { status } = await insightWhen(
      'traced',
      'the receiver is open',
      insight => (insight.status?.otlp ?? null) !== null,
    )
    const sent = await fetch(`http://127.0.0.1:${status?.otlp?.port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] },
            scopeSpans: [
              {
                spans: [
                  span('b7ad6b7169203331', '', 'GET /cart'),
                  span('b7ad6b7169203332', 'b7ad6b7169203331', 'SELECT'),
                ],
              },
            ],
          },
        ],
      }),
    })
    assert.equal(sent.status, 200)
    const { body } = await ask('traced', '/traces/0af7651916cd43dd8448eb211c80319c')
    assert.deepEqual(
      body.trees.map(({ spans }) => spans.map(({ service, name }) => `${service} ${name}`)),
      [['cart GET /cart', 'cart SELECT']],
    )
    assert.equal((await ask('traced', '/traces/0af7651916cd43dd8448eb211c80319d')).status, 404)
    assert.equal(await gateway.stop(), 0)
  })

  it('says that another process has its folder and leaves that one alone', async () => {
    const file = configuration('shared')
    await using gateway = await startGateway({ config: file })
    await insightWhen('shared', 'insight runs', insight => insight.running)
    assert.throws(
      () =>
        execFileSync(
          path.join(root, 'portcullis'),
          ['replay', '--state', `${folder}/shared/insight`, `${folder}/live.records`],
          {
            stdio: 'pipe',
          },
        ),
      /is in use by another process/,
    )
    assert.equal(await gateway.stop(), 0)
  })

  it('is not there when it is switched off, and the control API says so', async () => {
    const file = configuration('off', ', enabled: false')
    await using gateway = await startGateway({ config: file })
    const { status, body } = await ask('off', '/service-map')
    assert.deepEqual([status, body.code], [503, 'insight-away'])
    assert.match(body.detail ?? '', /not configured/)
    assert.equal((await ask('off', '/status')).body.insight, null)
    assert.equal(await gateway.stop(), 0)
  })
})
