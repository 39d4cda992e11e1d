import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { epochUs, shuffled, span } from '../../../test/support/spans.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { Span } from '../model/span.ts'
import { Traces } from './traces.ts'

/** One request: front calls back, which asks a database. */
function request(traceId: string, at: number, change: Partial<Span> = {}): Span[] {
  const of = (one: Span): Span => ({ ...one, traceId })
  return [
    of(span(`${traceId}-1`, null, { at, service: 'front', name: 'GET /', kind: 'server', ...change })),
    of(
      span(`${traceId}-2`, `${traceId}-1`, {
        at: at + 10_000,
        takes: 50_000,
        service: 'front',
        name: 'call',
        kind: 'client',
      }),
    ),
    of(
      span(`${traceId}-3`, `${traceId}-2`, {
        at: at + 15_000,
        takes: 40_000,
        service: 'back',
        name: 'work',
        kind: 'server',
      }),
    ),
    of(
      span(`${traceId}-4`, `${traceId}-3`, {
        at: at + 20_000,
        takes: 10_000,
        service: 'back',
        name: 'SELECT',
        kind: 'client',
        attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' },
      }),
    ),
  ]
}

function event(change: Partial<EventRecord> = {}): EventRecord {
  return {
    time: new Date(epochUs / 1000).toISOString(),
    id: 'e1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: '00000000000000aa',
    parentId: null,
    listener: 'public',
    protocol: 'http/1.1',
    client: '192.0.2.1',
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
    durationMs: 100,
    upstreamMs: 90,
    principal: null,
    verdict: 'pass',
    policy: null,
    code: null,
    reason: null,
    ...change,
  }
}

function feed(traces: Traces, spans: Iterable<Span>): void {
  for (const one of spans) traces.takeSpan(one)
}

const second = 1_000_000

describe('bombs and lies', () => {
  it('a flood under one trace id is bounded, hides nothing that comes behind it, and leaves other traces whole', () => {
    const traces = new Traces({ spansPerTraceMax: 100, openSpansMax: 1_000, keptSpansMax: 1_000 })
    feed(traces, request('good', 0))
    for (let i = 0; i < 50_000; i++) traces.takeSpan(span(`x${i}`, null, { at: i, traceId: 'bomb', name: 'x' }))
    feed(
      traces,
      request('evil', 60_000, { name: 'GET /admin' }).map(one => ({ ...one, traceId: 'bomb' })),
    )
    traces.flush()
    const { openSpans, keptSpans } = traces.occupancy()
    assert.ok((keptSpans as number) <= 1_000 && openSpans === 0, JSON.stringify(traces.occupancy()))
    assert.ok(traces.counts().split >= 500)
    assert.ok(traces.shapes().some(({ entry }) => entry === 'front GET /admin'))
    assert.equal(traces.tree('good')?.trees[0]?.nodes.length, 4)
  })

  it('a flood of trace ids ends the quietest traces early and counts them', () => {
    const traces = new Traces({ openSpansMax: 1_000, keptSpansMax: 2_000, shapesMax: 50, pairsMax: 20 })
    for (let i = 0; i < 20_000; i++)
      traces.takeSpan(span(`s${i}`, null, { traceId: `t${i}`, service: `service${i}`, name: `op${i}`, at: i }))
    const held = traces.occupancy()
    assert.ok((held['openSpans'] as number) <= 1_000 && (held['openTraces'] as number) <= 1_000)
    assert.ok((held['keptSpans'] as number) <= 2_000)
    assert.ok((held['shapes'] as number) <= 50)
    assert.equal(held['edges'], 20)
    assert.ok((held['edgeCallsDropped'] as number) > 10_000 && (held['shapesForgotten'] as number) > 10_000)
    assert.ok(traces.counts().endedEarly >= 19_000)
  })

  it('a forged time does not end what is open, and many that agree do', () => {
    const traces = new Traces()
    const [root, ...rest] = request('t1', 0) as [Span, ...Span[]]
    traces.takeSpan(root)
    traces.takeSpan(span('liar', null, { traceId: 'liar', at: 50 * 365 * 86_400 * second }))
    traces.takeSpan(span('liar2', null, { traceId: 'liar', at: 60 * 365 * 86_400 * second }))
    feed(traces, request('t2', second))
    feed(traces, rest)
    assert.equal(traces.counts().traces, 0)
    assert.equal(traces.tree('t1')?.trees[0]?.nodes.length, 4)
    // One liar can make no crowd.
    for (let i = 0; i < 1000; i++)
      traces.takeSpan(span(`l${i}`, null, { traceId: 'liar', at: 50 * 365 * 86_400 * second + i }))
    assert.equal(traces.counts().jumps, 0)
    for (let i = 0; i < 40; i++) feed(traces, request(`next${i}`, 86_400 * second + i))
    assert.equal(traces.counts().jumps, 1)
    assert.equal(traces.tree('t1')?.reason, 'rare')
    // And back again: another file.
    for (let i = 0; i < 40; i++) feed(traces, request(`before${i}`, -86_400 * second + i))
    assert.equal(traces.counts().jumps, 2)
    traces.flush()
    assert.equal(traces.counts().orphans, 0)
  })

  it('strangers who use one trace id get a tree each, and it is told', () => {
    const traces = new Traces()
    const traceId = 'f'.repeat(32)
    for (let i = 0; i < 5; i++)
      traces.take({
        event: event({ traceId, spanId: `00000000000000a${i}`, parentId: 'b'.repeat(16), client: `192.0.2.${i}` }),
      })
    traces.flush()
    assert.equal(traces.counts().shared, 1)
    assert.equal(traces.tree(traceId)?.strangers, true)
    assert.deepEqual(
      traces.tree(traceId)?.trees.map(({ origin }) => origin),
      Array<string>(5).fill('entry'),
    )
    // One client that makes several calls in its own trace is none.
    const honest = new Traces()
    for (let i = 0; i < 5; i++)
      honest.take({ event: event({ traceId, spanId: `00000000000000a${i}`, parentId: 'b'.repeat(16) }) })
    honest.flush()
    assert.equal(honest.counts().shared, 0)
  })

  it('a trace id that is used again and again is seen each time', () => {
    const traces = new Traces({ quietMs: 1_000 })
    for (let i = 0; i < 20; i++) {
      const id = `00000000000001${i.toString(16).padStart(2, '0')}`
      // The service's span comes before the event of the call that led to it.
      traces.takeSpan(
        span(`${id}x`, id, { traceId: 'f'.repeat(32), service: 'orders', at: i * 10 * second, takes: 50_000 }),
      )
      traces.take({
        event: event({
          traceId: 'f'.repeat(32),
          spanId: id,
          time: new Date(epochUs / 1000 + i * 10_000).toISOString(),
        }),
      })
      traces.takeSpan(span(`other${i}`, null, { traceId: `other${i}`, at: i * 10 * second + 5 * second }))
    }
    traces.flush()
    assert.equal(traces.counts().late, 0)
    assert.equal(traces.shapes().find(({ entry }) => entry.startsWith('portcullis'))?.count, 20)
    assert.equal(traces.coverage().find(({ to }) => to === 'orders')?.withSpans, 20)
  })
})

describe('order and repetition', () => {
  it('gives the same whatever the order, and counts what came twice or in conflict', () => {
    const spans = Array.from({ length: 50 }, (_, i) => request(`t${i}`, i * 1000)).flat()
    const straight = new Traces()
    feed(straight, spans)
    straight.flush()
    for (let seed = 1; seed < 10; seed++) {
      const traces = new Traces()
      feed(traces, shuffled([...spans, ...spans], seed))
      traces.flush()
      assert.equal(traces.counts().duplicates, spans.length)
      assert.equal(traces.counts().attached, straight.counts().attached)
      assert.deepEqual(traces.shapes(), straight.shapes())
    }
    const liar = { ...(spans[2] as Span), service: 'zzz' }
    for (const order of [
      [liar, ...spans.slice(0, 4)],
      [...spans.slice(0, 4), liar],
    ]) {
      const traces = new Traces()
      feed(traces, order)
      assert.equal(traces.counts().conflicts, 1)
      assert.equal(
        traces.tree('t0')?.trees[0]?.nodes.some(node => node.span.service === 'zzz'),
        false,
      )
    }
  })

  it('attaches what comes late to a trace that is kept, and counts it', () => {
    const traces = new Traces({ quietMs: 1_000 })
    const [a, b, c, d] = request('t1', 0) as [Span, Span, Span, Span]
    feed(traces, [a, b, c])
    feed(traces, request('t2', 5 * second))
    assert.equal(traces.tree('t1')?.trees[0]?.nodes.length, 3)
    traces.takeSpan(d)
    traces.flush()
    assert.equal(traces.counts().late, 1)
    assert.equal(traces.counts().orphans, 0)
    assert.equal(traces.tree('t1')?.trees[0]?.nodes.length, 4)
  })

  it('counts orphans when a span is lost', () => {
    const traces = new Traces()
    for (let i = 0; i < 10; i++)
      feed(
        traces,
        request(`t${i}`, i).filter((_, at) => at !== 1),
      )
    traces.flush()
    assert.equal(traces.counts().orphans, 10)
    assert.equal(traces.counts().attached, 10)
  })
})

describe('what is kept', () => {
  it('is every rare, failed and slow tree whole, and a sample of the others', () => {
    const traces = new Traces({ quietMs: 1_000 })
    for (let i = 0; i < 2_000; i++) feed(traces, request(`t${i}`, i * 10_000))
    feed(traces, request('failed', 1000 * 10_000, { error: true }))
    feed(traces, request('slow', 1999 * 10_000, { durationUs: 5 * second }))
    feed(traces, [...request('rare', 1999 * 10_000), span('extra', 'rare-3', { traceId: 'rare', service: 'admin' })])
    traces.flush()
    assert.deepEqual(
      ['failed', 'slow', 'rare'].map(id => [id, traces.tree(id)?.reason, traces.tree(id)?.trees[0]?.nodes.length]),
      [
        ['failed', 'error', 4],
        ['slow', 'slow', 4],
        ['rare', 'rare', 5],
      ],
    )
    const kept = [...traces.ids()].length
    assert.ok(kept >= 20 && kept < 100, String(kept))
  })

  it('is not pushed out by a flood of one error', () => {
    const traces = new Traces({ quietMs: 1_000, keptSpansMax: 1_000, keptPerShapeMax: 5 })
    for (let i = 0; i < 200; i++) feed(traces, request(`t${i}`, i * 10_000))
    feed(traces, [...request('rare', 2 * second), span('extra', 'rare-3', { traceId: 'rare', service: 'admin' })])
    feed(traces, request('failed', 2 * second, { error: true, name: 'POST /pay' }))
    for (let i = 0; i < 5_000; i++) feed(traces, request(`flood${i}`, 2 * second + i * 1_000, { error: true }))
    traces.flush()
    assert.equal(traces.tree('rare')?.trees[0]?.nodes.length, 5)
    assert.equal(traces.tree('failed')?.reason, 'error')
    assert.ok([...traces.ids()].filter(id => id.startsWith('flood')).length <= 5)
  })
})

describe('service map and coverage', () => {
  it('counts calls between services with errors, times and own work', () => {
    const traces = new Traces()
    for (let i = 0; i < 10; i++) feed(traces, request(`t${i}`, i * 60 * second, i === 0 ? { error: true } : {}))
    traces.flush()
    const { edges, services } = traces.serviceMap()
    const rows = edges.map(({ from, to, calls, errors, selfMs, withoutSpans, perMinute }) => [
      from,
      to,
      calls,
      errors,
      selfMs,
      withoutSpans,
      perMinute,
    ])
    assert.deepEqual(rows, [
      [null, 'front', 10, 1, 60, 0, 1],
      ['front', 'back', 10, 0, 30 + 10, 0, 1],
      ['back', 'postgresql shop', 10, 0, 10, 10, 1],
    ])
    assert.ok(Math.abs((edges[1]?.latency.p50 ?? 0) - 40) < 1)
    assert.deepEqual(
      services.map(({ service, silent }) => [service, silent]),
      [
        ['front', false],
        ['back', false],
        ['postgresql shop', true],
      ],
    )
  })

  it('says which services that the log names send no spans, and as what the others do', () => {
    const traces = new Traces()
    for (let i = 0; i < 4; i++) {
      const traceId = `${i}`.repeat(32)
      const spanId = `000000000000000${i + 1}`
      traces.take({ event: event({ traceId, spanId }) })
      if (i > 0) traces.takeSpan(span('x', spanId, { traceId, service: 'orders-api', takes: 50_000 }))
      traces.take({ event: event({ traceId, spanId: `00000000000000f${i}`, service: 'legacy', route: 'legacy' }) })
    }
    traces.take({ event: event({ traceId: null, spanId: null, service: 'legacy' }) })
    // A refused call asked no service.
    traces.take({
      event: event({ traceId: 'c'.repeat(32), service: 'never', target: null, status: 401, verdict: 'refuse' }),
    })
    traces.flush()
    assert.deepEqual(
      traces
        .coverage()
        .map(({ from, to, seenIn, calls, withSpans, answersAs }) => [from, to, seenIn, calls, withSpans, answersAs]),
      [
        ['portcullis', 'legacy', 'log', 5, 0, []],
        ['portcullis', 'orders', 'log', 4, 3, ['orders-api']],
      ],
    )
    assert.equal(traces.counts().shared, 0)
  })
})

describe('what survives', () => {
  const keep = (traces: Traces, into: Map<string, string>): number => {
    let rows = 0
    for (const [key, value] of traces.changes()) {
      rows++
      if (value === null) into.delete(key)
      else into.set(key, value)
    }
    return rows
  }

  it('is everything, open traces too, and goes on as if nothing had happened', () => {
    const whole = new Traces({ quietMs: 1_000 })
    const first = new Traces({ quietMs: 1_000 })
    const rows = new Map<string, string>()
    const spans = Array.from({ length: 400 }, (_, i) =>
      request(`t${i}`, i * 50_000, i % 50 === 0 ? { error: true } : {}),
    ).flat()
    feed(whole, spans)
    spans.slice(0, 801).forEach((one, i) => {
      first.takeSpan(one)
      if (i % 100 === 0) keep(first, rows)
    })
    keep(first, rows)
    const second = new Traces({ quietMs: 1_000 })
    second.restore(rows)
    feed(second, spans.slice(801))
    assert.equal(second.counts().unreadable, 0)
    for (const traces of [whole, second]) traces.flush()
    assert.deepEqual(second.counts(), whole.counts())
    assert.deepEqual(second.shapes(), whole.shapes())
    assert.deepEqual(second.coverage(), whole.coverage())
    assert.deepEqual([...second.ids()].toSorted(), [...whole.ids()].toSorted())
    // Minutes are counted by the two latest seen, which a restart forgets.
    const map = (traces: Traces) => traces.serviceMap().edges.map(edge => ({ ...edge, perMinute: 0 }))
    assert.deepEqual(map(second), map(whole))
    keep(second, rows)
    assert.ok(![...rows.keys()].some(key => key.startsWith('open ')))
  })

  it('skips and counts rows that do not read', () => {
    const traces = new Traces()
    traces.restore([
      ['trace x', '{'],
      ['trace y', '{"reason":"error","shape":"s","spans":[{"traceId":"y"}]}'],
      ['edge z', '{"from":null}'],
      ['pair z', '{}'],
      ['shape z', '[]'],
      ['what', '{}'],
    ])
    assert.equal(traces.counts().unreadable, 6)
    assert.deepEqual(
      [[...traces.ids()], traces.serviceMap().edges, traces.coverage(), traces.shapes()],
      [[], [], [], []],
    )
  })

  it('costs nothing while nobody asks, however much comes and goes', () => {
    const traces = new Traces({ quietMs: 1, keptSpansMax: 100, shapesMax: 10, pairsMax: 10 })
    for (let i = 0; i < 5_000; i++)
      traces.takeSpan(span(`s${i}`, null, { traceId: `t${i}`, name: `n${i}`, at: i * second }))
    const rows = new Map<string, string>()
    assert.ok(keep(traces, rows) < 200)
  })
})
