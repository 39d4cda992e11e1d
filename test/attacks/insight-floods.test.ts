import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Fields } from '../../src/core/fields.ts'
import { createFrameEncoder } from '../../src/events/stream/frame-encoder.ts'
import type { Operation } from '../../src/insight/model/operation.ts'
import { type InsightWorld, startInsightWorld } from '../support/insight-world.ts'
import { until } from '../support/until.ts'

// What strangers can make endless: paths, names, hosts, callers, trace ids. The test speaks to insight as a worker does, so that no flood waits
// for requests; between the floods there are honest calls, whose inventory must come out as if nothing had been.

const memoryMb = 768
let world: InsightWorld
before(async () => {
  world = await startInsightWorld({
    origin: (_req, res) => res.end('ok'),
    insight: `memory: ${memoryMb}MiB, history: 64MiB`,
  })
})
after(() => world[Symbol.asyncDispose]())

interface Call {
  readonly path: string
  readonly method?: string
  readonly host?: string
  readonly subject?: string
  readonly client?: string
  readonly status?: number
  readonly service?: string
  readonly traceId?: string
  readonly timeMs?: number
  readonly query?: string
  readonly fields?: ReadonlyArray<readonly [string, string]>
  readonly body?: string
  readonly answer?: string
}

let clock = Date.UTC(2026, 10, 22)
let ids = 0

function eventLine(call: Call): string {
  return `${JSON.stringify({
    time: new Date(call.timeMs ?? (clock += 5)).toISOString(),
    id: `f-${++ids}`,
    traceId: call.traceId ?? null,
    spanId: call.traceId === undefined ? null : ids.toString(16).padStart(16, '0'),
    parentId: call.traceId === undefined ? null : 'b7ad6b7169203331',
    listener: 'plain',
    protocol: 'http/1.1',
    client: call.client ?? '192.0.2.7',
    method: call.method ?? 'GET',
    host: call.host ?? 'shop.example',
    path: call.path,
    query: [],
    route: 'shop',
    service: call.service ?? 'shop',
    target: 'http://10.0.0.1:80',
    status: call.status ?? 200,
    upstreamStatus: call.status ?? 200,
    durationMs: 3,
    principal:
      call.subject === undefined ? null : { subject: call.subject, method: 'jwt', issuer: 'https://idp.example' },
    verdict: 'pass',
  })}\n`
}

/** Speaks as a worker; resolves when the socket has taken all. */
async function stream(calls: Iterable<Call>): Promise<number> {
  const socket: Socket = connect(path.join(world.stateDir, 'insight.sock'))
  await once(socket, 'connect')
  const encoder = createFrameEncoder(3 * 1024 * 1024)
  encoder.hello(7)
  let count = 0
  const flush = async (): Promise<void> => {
    const batch = encoder.take()
    if (batch !== null) await new Promise(resolve => socket.write(batch, resolve))
    if (batch !== null) encoder.giveBack(batch)
  }
  for (const call of calls) {
    const line = eventLine(call)
    const put = (): boolean =>
      call.fields === undefined && call.query === undefined && call.body === undefined
        ? encoder.event(line)
        : encoder.exchange(line, {
            query: call.query ?? '',
            requestFields: Fields.from(call.fields ?? []),
            responseFields: Fields.from([['content-type', 'application/json']]),
            requestBody: call.body ?? null,
            responseBody: call.answer ?? '{"id":1}',
            encrypted: true,
          })
    if (!put()) {
      await flush()
      assert.ok(put(), 'it fits an empty batch')
    }
    count++
  }
  await flush()
  socket.end()
  return count
}

const honestBody = (i: number): string => JSON.stringify({ sku: `A-${i}`, amount: i % 5 })
const honestFields: ReadonlyArray<readonly [string, string]> = [
  ['Content-Type', 'application/json'],
  ['X-Tenant', 'acme'],
]
function* honest(round: number): Generator<Call> {
  for (let i = 0; i < 60; i++) {
    yield { path: `/orders/${round * 1000 + i}`, subject: `customer-${i % 7}`, query: 'page=1', fields: honestFields }
    yield {
      path: `/carts/${round * 1000 + i}/items`,
      method: 'POST',
      subject: 'customer-1',
      status: 201,
      fields: honestFields,
      body: honestBody(i),
      answer: '{"id":5,"total":12.5}',
    }
  }
}

/** Sends a flood between honest calls; insight takes all of it and stays within its memory. */
async function flood(calls: Iterable<Call>): Promise<void> {
  const begun = (await world.insightWhen('it tells', () => true)).status?.counts.events ?? 0
  const sent = await stream(calls)
  const { status } = await world.insightWhen(
    'it took everything',
    one => one.counts.events + one.counts.clockJumps >= begun + sent,
  )
  assert.equal(status?.counts.failed, 0)
  assert.deepEqual(status?.quarantined, {})
  assert.ok((status?.rssBytes ?? Infinity) < memoryMb * 1024 * 1024, `${Math.round((status?.rssBytes ?? 0) / 1e6)} MB`)
}

let rounds = 0
/** The honest operations as they are known now. */
async function honestOperations(): Promise<readonly Operation[]> {
  await flood(honest(++rounds))
  // On a busy machine it may be sent away once: then insight was behind, not broken.
  const text = await until('insight answers', 60_000, async () => {
    const answer = await world.ask('/inventory')
    return answer.status === 200 && answer.text
  })
  assert.ok(text.length < 64 * 1024 * 1024, `${text.length} characters`)
  const { operations } = JSON.parse(text) as { operations: Operation[] }
  return operations.filter(
    ({ service, template }) => service === 'shop' && /^\/(?:orders\/\{\w+\}|carts\/\{\w+\}\/items)$/.test(template),
  )
}

async function checkHonest(): Promise<void> {
  const operations = await honestOperations()
  const known = (method: string, template: RegExp): Operation => {
    const found = operations.filter(one => one.method === method && template.test(one.template))
    assert.equal(found.length, 1, `${method} ${template}: ${found.map(one => one.template).join(', ')}`)
    return found[0] as Operation
  }
  const list = known('GET', /^\/orders\/\{\w+\}$/)
  assert.ok(list.traffic.calls >= rounds * 60, `${list.traffic.calls} calls`)
  const items = known('POST', /^\/carts\/\{\w+\}\/items$/)
  assert.ok(items.traffic.calls >= rounds * 60)
  const body = items.requests.find(({ mediaType }) => mediaType === 'application/json')
  assert.deepEqual(
    Object.keys((body?.schema as { properties?: object } | null | undefined)?.properties ?? {})
      .filter(name => name === 'sku' || name === 'amount')
      .sort(),
    ['amount', 'sku'],
  )
  assert.ok(
    list.callers.some(({ caller }) => caller.endsWith(' customer-3')),
    'callers that were known stay known',
  )
}

function* times<T>(count: number, make: (i: number) => T): Generator<T> {
  for (let i = 0; i < count; i++) yield make(i)
}
const text = (i: number): string => Buffer.from(`${i}-${Math.imul(i, 2654435761) >>> 0}`).toString('base64url')

describe('insight under floods', { timeout: 300_000 }, () => {
  it('knows what is honest', () => checkHonest())

  it('of 100,000 paths, of a scanner here and of a service that answers everything there', async () => {
    await flood(
      times(100_000, i =>
        i % 5 === 0
          ? { path: `/${text(i)}/a${i}/${text(i + 1)}`, service: 'pages' }
          : { path: i % 2 === 1 ? `/orders/${text(i)}/${text(i)}` : `/scan/${text(i)}.php`, status: 404 },
      ),
    )
  })

  it('of hosts, services, methods, callers and networks', async () => {
    await flood(
      times(30_000, i => ({
        path: `/orders/${i}`,
        host: `h${i}.example`,
        subject: `flood-${i}`,
        client: `10.${(i >> 8) & 255}.${i & 255}.1`,
      })),
    )
    await flood(times(5_000, i => ({ path: `/x${i % 50}`, service: `s${i}`, method: `M${i}` })))
    await checkHonest()
  })

  it('of parameters, fields, cookies and members of bodies', async () => {
    await flood(
      times(1_000, i => ({
        path: `/orders/${i}`,
        method: i % 2 === 0 ? 'GET' : 'PUT',
        query: Array.from({ length: 20 }, (_, j) => `q${text(i * 20 + j)}=${j}`).join('&'),
        fields: [
          ['Content-Type', 'application/json'],
          ['User-Agent', `agent ${text(i)}`],
          ['Cookie', Array.from({ length: 10 }, (_, j) => `c${text(i * 10 + j)}=1`).join('; ')],
          ...Array.from({ length: 15 }, (_, j): [string, string] => [`X-F${text(i * 15 + j)}`, 'v']),
        ],
        body: JSON.stringify(
          Object.fromEntries(
            Array.from({ length: 20 }, (_, j) => [`k${text(i * 20 + j)}`, { [`n${text(i + j)}`]: j }]),
          ),
        ),
        answer: JSON.stringify(Array.from({ length: 10 }, (_, j) => ({ [`r${text(i * 10 + j)}`]: j }))),
      })),
    )
  })

  it('of values of a megabyte, and of bodies that are deep, wide or broken', async () => {
    const big = 'x'.repeat(1_000_000)
    const bodies = [
      JSON.stringify({ note: big }),
      `"${big}"`,
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `${'{"a":'.repeat(50_000)}1`,
      JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i)),
      `{"a":1${',"a":1'.repeat(100_000)}}`,
      '\0'.repeat(500_000),
      `{"n":${'9'.repeat(300_000)}}`,
      `{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}`,
    ]
    await flood(
      times(45, i => ({
        path: `/carts/${i}/items`,
        method: 'POST',
        status: 400,
        query: `note=${big.slice(0, 60_000)}`,
        fields: [
          ['Content-Type', 'application/json'],
          ['X-Big', big.slice(0, 60_000)],
        ],
        body: bodies[i % bodies.length] as string,
        answer: bodies[(i + 1) % bodies.length] as string,
      })),
    )
    await flood([
      { path: `/${big.slice(0, 8000)}` },
      { path: `/${'a/'.repeat(4000)}b` },
      { path: `/${'%41'.repeat(2600)}` },
    ])
    await checkHonest()
  })

  it('of forged trace ids and wrong clocks', async () => {
    await flood(
      times(20_000, i => ({
        path: `/orders/${i}`,
        traceId: i % 2 === 0 ? 'f'.repeat(32) : i.toString(16).padStart(32, '0'),
      })),
    )
    const newest = clock
    await flood(
      times(200, i => ({
        path: `/orders/${i}`,
        timeMs: i % 2 === 0 ? newest + 10 * 365 * 86_400_000 : newest - i * 86_400_000,
      })),
    )
    const { status } = await world.insightWhen('it tells', () => true)
    assert.ok((status?.counts.clockJumps ?? 0) > 0)
    assert.ok((status?.counts.late ?? 0) > 0)
  })

  it('of spans in loops, stars and chains, of times that cannot be', async () => {
    const { status } = await world.insightWhen('the receiver is open', one => one.otlp !== null)
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
    const span = (trace: number, id: number, parent: number, startNs: bigint, name = 'GET /x') => ({
      traceId: hex(trace + 1, 32),
      spanId: hex(id + 1, 16),
      parentSpanId: parent < 0 ? '' : hex(parent + 1, 16),
      name,
      kind: 2,
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + 1_000_000n),
    })
    const now = BigInt(clock) * 1_000_000n
    const sets = [
      Array.from({ length: 8_000 }, (_, i) => span(1, i, (i + 1) % 8_000, now)),
      Array.from({ length: 8_000 }, (_, i) => span(2, i, i - 1, now)),
      Array.from({ length: 8_000 }, (_, i) => span(3, i, i === 0 ? -1 : 0, now)),
      Array.from({ length: 8_000 }, (_, i) => span(4, i, i, now)),
      Array.from({ length: 8_000 }, (_, i) => span(100 + i, i, 99_999, now, `op ${text(i)}`)),
      Array.from({ length: 2_000 }, (_, i) => span(9, i, -1, i % 2 === 0 ? 18_446_744_073_709_000_000n : 1n)),
    ]
    let sent = 0
    for (const [i, spans] of sets.entries()) {
      const answer = await fetch(`http://127.0.0.1:${status?.otlp?.port}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          resourceSpans: [
            {
              resource: { attributes: [{ key: 'service.name', value: { stringValue: `s${i}` } }] },
              scopeSpans: [{ spans }],
            },
          ],
        }),
      })
      assert.equal(answer.status, 200)
      sent += spans.length
    }
    const after = await world.insightWhen(
      'it took or refused all',
      one => one.counts.spans + (one.otlp?.rejectedSpans ?? 0) >= sent,
    )
    assert.ok((after.status?.rssBytes ?? Infinity) < memoryMb * 1024 * 1024)
    for (const trace of [1, 2, 3, 4])
      assert.equal((await world.ask(`/traces/${hex(trace + 1, 32)}`)).status, 200, `trace ${trace}`)
    assert.equal((await world.ask('/service-map')).status, 200)
  })

  it('and ends as it should, with all that is honest at the next start', async () => {
    const { pid, restarts } = await world.insightWhen('it tells', () => true)
    assert.equal(restarts, 0)
    assert.equal(await world.gateway.stop(), 0)
    assert.doesNotMatch(world.gateway.lines.join('\n'), /did not end in time|could not be saved|could not take/)
    await world.restart()
    const again = await world.insightWhen('it is back', status => status.connections === 1)
    assert.notEqual(again.pid, pid)
    await checkHonest()
  })
})
