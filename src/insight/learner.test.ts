import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readEvent } from './ingest/exchanges/event.ts'
import { Learner, type LearningPart } from './learner.ts'
import type { EventRecord } from './model/event-record.ts'
import type { ExchangeRecord } from './model/exchange.ts'
import type { Span } from './model/span.ts'
import { createParts, partList } from './parts.ts'
import { RecentIds } from './recent-ids.ts'

const start = Date.parse('2026-11-22T10:00:00.000Z')

function item(id: string, afterMs: number): ExchangeRecord {
  const time = new Date(start + afterMs).toISOString()
  return {
    event: readEvent({ time, id, method: 'GET', host: 'h', path: '/a', status: 200 }, '') as EventRecord,
    observation: null,
  }
}

class Listener implements LearningPart {
  readonly part = 'listener'
  readonly taken: string[] = []
  readonly spans: Span[] = []
  take({ event }: ExchangeRecord): void {
    this.taken.push(event.id)
  }
  takeSpan(span: Span): void {
    this.spans.push(span)
  }
  changes(): Iterable<never> {
    return []
  }
  restore(): void {}
}

const DAY = 86_400_000

describe('order and time of what is learnt', () => {
  it('drops an item that comes twice, and no other call that borrows its id', () => {
    const listener = new Listener()
    const learner = new Learner({ parts: [listener] })
    for (const one of [item('a', 0), item('b', 1), item('a', 0), item('a', 2)]) learner.take(one)
    assert.deepEqual(listener.taken, ['a', 'b', 'a'])
    assert.equal(learner.counts.duplicates, 1)
  })

  it('knows at least as many ids as it says, and never more than twice as many', () => {
    const ids = new RecentIds(100)
    for (let i = 0; i < 1000; i++) assert.equal(ids.add(`${i}`, 't'), true)
    for (let i = 900; i < 1000; i++) assert.equal(ids.add(`${i}`, 't'), false)
    assert.equal(ids.add('700', 't'), true)
  })

  it('takes no new id for a known one, in a million that differ little', () => {
    const ids = new RecentIds(500_000)
    let taken = 0
    for (let i = 0; i < 1_000_000; i++)
      if (ids.add(`5f3c9a12d4e6b788-${i.toString(36).padStart(6, '0')}`, '2026-11-22T10:00:00.000Z')) taken++
    assert.equal(taken, 1_000_000)
  })

  it('takes what is late or out of order, and counts what is late', () => {
    const listener = new Listener()
    const learner = new Learner({ parts: [listener] })
    for (const [id, after] of [
      ['a', 600_000],
      ['b', 599_000],
      ['c', 299_000],
      ['d', -40 * DAY],
    ] as const)
      learner.take(item(id, after))
    assert.deepEqual(listener.taken, ['a', 'b', 'c', 'd'])
    assert.equal(learner.counts.late, 2)
    assert.equal(learner.newest, item('a', 600_000).event.time)
  })

  it('does not believe one clock that is years ahead', () => {
    const listener = new Listener()
    const learner = new Learner({ parts: [listener] })
    for (const [id, after] of [
      ['a', 0],
      ['wrong', 9 * 365 * DAY],
      ['b', 1],
      ['wrong-again', 9 * 365 * DAY],
      ['and-again', 9 * 365 * DAY],
      ['c', 2],
    ] as const)
      learner.take(item(id, after))
    assert.deepEqual(listener.taken, ['a', 'b', 'c'])
    assert.equal(learner.counts.clockJumps, 3)
    assert.equal(learner.counts.late, 0)
  })

  it('follows a gap when three items in a row agree, or when the stream ends, and loses none of them', () => {
    const listener = new Listener()
    const learner = new Learner({ parts: [listener] })
    for (const [id, after] of [
      ['a', 0],
      ['b', 30 * DAY],
      ['c', 30 * DAY + 1],
    ] as const)
      learner.take(item(id, after))
    assert.deepEqual(listener.taken, ['a'])
    learner.take(item('d', 30 * DAY + 2))
    assert.deepEqual(listener.taken, ['a', 'b', 'c', 'd'])
    learner.take(item('e', 90 * DAY))
    learner.settle()
    assert.deepEqual(listener.taken, ['a', 'b', 'c', 'd', 'e'])
    assert.equal(learner.counts.clockJumps, 0)
  })
})

describe('a part that fails', () => {
  it('loses its item, counted, and holds up neither the others nor the stream', () => {
    const listener = new Listener()
    const faults: string[] = []
    const broken: LearningPart = {
      part: 'broken',
      take: () => {
        throw new Error('broken')
      },
      changes: () => [],
      restore: () => {},
    }
    const learner = new Learner({ parts: [broken, listener], onFault: part => faults.push(part) })
    learner.take(item('a', 0))
    learner.take(item('b', 1))
    assert.deepEqual(listener.taken, ['a', 'b'])
    assert.deepEqual(faults, ['broken', 'broken'])
    assert.equal(learner.counts.failed, 2)
  })
})

/** Rows by `part key`, as a store would hold them. */
class Rows {
  readonly rows = new Map<string, string>()
  save(parts: readonly LearningPart[]): void {
    for (const { part, changes } of parts.map(part => ({ part: part.part, changes: part.changes() })))
      for (const [key, value] of changes) {
        if (value === null) this.rows.delete(`${part} ${key}`)
        else this.rows.set(`${part} ${key}`, value)
      }
  }
  restore(parts: readonly LearningPart[]): void {
    for (const part of parts) {
      const prefix = `${part.part} `
      part.restore(
        [...this.rows]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => [key.slice(prefix.length), value]),
      )
    }
  }
  get sorted(): Record<string, string> {
    return Object.fromEntries([...this.rows].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}

describe('all parts together', () => {
  function stream(): ExchangeRecord[] {
    return Array.from({ length: 3000 }, (_, i) => {
      const { event } = item(`e-${i}`, i * 50)
      return {
        event: {
          ...event,
          path: `/orders/${(i * 7919) % 500}/items`,
          service: 'shop',
          target: 'http://10.0.0.1:80',
          traceId: (i >> 1).toString(16).padStart(32, '0'),
          spanId: (i + 1).toString(16).padStart(16, '0'),
          status: i % 17 === 0 ? 404 : 200,
        },
        observation: null,
      }
    })
  }

  /** The rows left by processes of which each took its share of the stream and then ended. */
  function learnt(...shares: number[]): Record<string, string> {
    const rows = new Rows()
    let from = 0
    for (const share of shares) {
      const parts = partList(createParts())
      rows.restore(parts)
      const learner = new Learner({ parts })
      for (const one of stream().slice(from, from + share)) learner.take(one)
      rows.save(parts)
      from += share
    }
    return rows.sorted
  }

  it('leave the same rows for the same stream', () => {
    assert.deepEqual(learnt(3000), learnt(3000))
  })

  it('leave after restarts what one process would have left, but for sessions that ran then: they begin anew', () => {
    const known = (rows: Record<string, string>) =>
      Object.entries(rows).filter(([key]) => !key.startsWith('detection detector client-sequence|'))
    assert.ok(known(learnt(3000)).length > 100)
    assert.deepEqual(known(learnt(1500, 1, 1499)), known(learnt(3000)))
  })
})
