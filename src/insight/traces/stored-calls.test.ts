import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvent } from '../ingest/exchanges/event.ts'
import type { EventRecord } from '../model/event-record.ts'
import { Traces } from './traces.ts'

/** A call of its own trace; `trace` 0 is the id of the first, and so on. */
function call(trace: number, ms: number, more: Partial<EventRecord> = {}): { readonly event: EventRecord } {
  const time = new Date(Date.UTC(2026, 5, 1) + ms).toISOString()
  const traceId = (trace + 1).toString(16).padStart(32, '0')
  const spanId = (ms + 1).toString(16).padStart(16, '0')
  const event = readEvent(
    {
      time,
      id: `e${ms}`,
      traceId,
      spanId,
      method: 'GET',
      path: `/orders/${trace}`,
      status: 200,
      service: 'shop',
      target: 'http://10.0.0.1',
      client: '192.0.2.1',
      ...more,
    },
    'x:1',
  )
  assert.ok(typeof event !== 'string')
  return { event }
}

/** Rows as a store holds them, after `traces` wrote what changed. */
function save(traces: Traces, rows: Map<string, string>): Map<string, string> {
  for (const [key, value] of traces.changes()) {
    if (value === null) rows.delete(key)
    else rows.set(key, value)
  }
  return rows
}

function kinds(rows: ReadonlyMap<string, string>, kind: string): string[] {
  return [...rows.keys()].filter(key => key.startsWith(`${kind} `))
}

test('calls that are alone in open traces are one row of a save, which goes when none of them is', () => {
  const traces = new Traces()
  for (let i = 0; i < 20; i++) traces.take(call(i, i))
  const rows = save(traces, new Map())
  assert.deepEqual([kinds(rows, 'calls').length, kinds(rows, 'open').length], [1, 0])
  traces.take(call(7, 100))
  save(traces, rows)
  assert.deepEqual([kinds(rows, 'calls').length, kinds(rows, 'alive').length, kinds(rows, 'open').length], [1, 1, 1])
  traces.take(call(99, 120_000))
  save(traces, rows)
  assert.deepEqual([kinds(rows, 'calls').length, kinds(rows, 'alive').length, kinds(rows, 'open').length], [1, 0, 0])
})

test('what was alone or joined is open again after a restart, and what had ended is not', () => {
  const traces = new Traces()
  for (let i = 0; i < 10; i++) traces.take(call(i, i))
  const rows = save(traces, new Map())
  for (let i = 10; i < 20; i++) traces.take(call(i, 25_000 + i))
  traces.take(call(12, 26_000, { code: 'late', verdict: 'error', status: 502 }))
  traces.take(call(50, 40_000))
  save(traces, rows)
  const again = new Traces()
  again.restore(rows)
  const open = (of: Traces): string[] => [...of.ids()].filter(id => of.tree(id)?.reason === null).sort()
  assert.equal(open(again).length, 11)
  assert.deepEqual(open(again), open(traces))
  for (const id of open(traces)) assert.deepEqual(again.tree(id), traces.tree(id))
  assert.deepEqual(again.counts(), traces.counts())
  save(again, rows)
  assert.deepEqual([kinds(rows, 'calls').length, kinds(rows, 'open').length], [0, 11])
  again.flush()
  traces.flush()
  assert.deepEqual(again.counts().traces, traces.counts().traces)
  assert.deepEqual(kinds(save(again, rows), 'open'), [])
})

test('a trace id that begins two saves names two rows', () => {
  const traces = new Traces()
  traces.take(call(0, 0))
  traces.take(call(1, 1))
  const rows = save(traces, new Map())
  traces.take(call(0, 2))
  for (let ms = 10_000; ms <= 60_000; ms += 10_000) traces.take(call(1, ms))
  traces.take(call(0, 60_001))
  save(traces, rows)
  const again = new Traces()
  again.restore(rows)
  assert.deepEqual([...again.ids()].sort(), [...traces.ids()].sort())
})

test('ids and texts that are no plain bytes of the usual length are kept as they are', () => {
  const odd = [
    { traceId: 'short' },
    { spanId: '1' },
    { path: `/${'x'.repeat(400)}` },
    { path: '/é' },
    { parentId: 'p' },
  ]
  const traces = new Traces()
  for (const [i, more] of odd.entries()) {
    const { event } = call(i, i, more)
    traces.take({ event })
    const view = traces.tree(event.traceId ?? '')
    const [span] = view?.trees.flatMap(({ nodes }) => nodes.map(node => node.span)) ?? []
    assert.equal(span?.spanId, event.spanId)
    assert.equal(span?.parentId, event.parentId)
    assert.equal(span?.attributes['url.path'], event.path)
  }
})
