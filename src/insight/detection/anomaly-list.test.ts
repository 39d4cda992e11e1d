import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Anomaly, FindingKind } from '../detectors/detector.ts'
import { Actors } from './actors.ts'
import { AnomalyList, type KeptAnomaly } from './anomaly-list.ts'

const MINUTE = 60_000
const start = Date.UTC(2026, 0, 5, 8)
const kind: FindingKind = { title: 'Too many calls', severity: 'medium', references: ['API4:2023'] }
const actors = new Actors()
const actor = (name: string) => actors.of('principal', name, { method: 'jwt', timeMs: start })
const ada = actor('jwt i ada')

function anomaly(afterMs: number, more: Partial<Anomaly> = {}): Anomaly {
  return {
    code: 'flood',
    actor: ada,
    addresses: ['192.0.2.7'],
    operations: ['shop GET /orders'],
    firstMs: start + afterMs,
    lastMs: start + afterMs,
    deviation: 10,
    threshold: 5,
    evidence: ['10 calls'],
    normal: '99 of 100 were at most 3',
    explanation: 'ada calls too much',
    events: [`e${afterMs}`],
    ...more,
  }
}

function report(list: AnomalyList, said: Anomaly, detector = 'volume'): KeptAnomaly {
  return list.report(detector, kind, said, {
    nowMs: said.lastMs,
    addressOf: address => ({ address, internal: false, owner: null }),
  })
}

describe('the list of anomalies', () => {
  it('joins what goes on: one anomaly with the widest times, the strongest figures, and everything it was about', () => {
    const list = new AnomalyList()
    const told: Array<[number: number, isNew: boolean]> = []
    list.onReport = ({ number }, isNew) => told.push([number, isNew])
    report(list, anomaly(0))
    report(list, anomaly(MINUTE, { deviation: 40, evidence: ['40 calls'], operations: ['shop GET /carts'] }))
    const kept = report(list, anomaly(29 * MINUTE, { deviation: 20, addresses: ['192.0.2.8'] }))
    assert.deepEqual(list.all(), [kept])
    assert.deepEqual([kept.number, kept.reports, kept.deviation, kept.evidence], [1, 3, 40, ['40 calls']])
    assert.deepEqual([kept.first, kept.last], ['2026-01-05T08:00:00.000Z', '2026-01-05T08:29:00.000Z'])
    assert.equal(kept.reported, '2026-01-05T08:00:00.000Z')
    assert.deepEqual(kept.operations, ['shop GET /orders', 'shop GET /carts'])
    assert.deepEqual(
      kept.addresses.map(({ address }) => address),
      ['192.0.2.7', '192.0.2.8'],
    )
    assert.deepEqual(kept.principals, ['jwt i ada'])
    assert.deepEqual(told, [
      [1, true],
      [1, false],
      [1, false],
    ])
  })

  it('tells apart other actors, codes and detectors; and other operations where no actor is named', () => {
    const list = new AnomalyList()
    const cases: Array<[Anomaly, string]> = [
      [anomaly(0), 'volume'],
      [anomaly(0), 'misuse'],
      [anomaly(0, { code: 'slow' }), 'volume'],
      [anomaly(0, { actor: actor('jwt i bob') }), 'volume'],
      [anomaly(0, { actor: null }), 'volume'],
      [anomaly(0, { actor: null, operations: ['shop GET /carts'] }), 'volume'],
      [anomaly(0, { actor: null, about: 'the shop' }), 'volume'],
    ]
    for (let round = 0; round < 2; round++) for (const [said, detector] of cases) report(list, said, detector)
    assert.deepEqual(
      list.all().map(({ number, reports }) => [number, reports]),
      cases.map((_, i) => [i + 1, 2]),
    )
  })

  it('what begins again after half an hour of silence is another one', () => {
    const list = new AnomalyList()
    report(list, anomaly(0))
    report(list, anomaly(30 * MINUTE))
    const other = report(list, anomaly(61 * MINUTE, { deviation: 3, addresses: ['192.0.2.9'] }))
    assert.deepEqual(
      list.all().map(({ number, reports }) => [number, reports]),
      [
        [1, 2],
        [2, 1],
      ],
    )
    assert.deepEqual([other.deviation, other.addresses.length], [3, 1], 'it inherits nothing')
  })

  it('what is reported late widens the beginning, and takes no end back', () => {
    const list = new AnomalyList()
    report(list, anomaly(10 * MINUTE))
    const kept = report(list, anomaly(0))
    assert.deepEqual([kept.first, kept.last], ['2026-01-05T08:00:00.000Z', '2026-01-05T08:10:00.000Z'])
  })

  it('one anomaly is bounded, however many addresses, operations and events belong to it', () => {
    const list = new AnomalyList()
    for (let n = 0; n < 500; n++)
      report(
        list,
        anomaly(n, {
          addresses: [`192.0.2.${n}`],
          operations: [`GET /${n}`],
          principals: [`jwt i ${n}`],
          events: [`e${n}`],
        }),
      )
    const [kept] = list.all()
    assert.deepEqual(
      [kept?.addresses.length, kept?.operations.length, kept?.principals.length, kept?.events.length, kept?.reports],
      [50, 50, 50, 20, 500],
    )
    assert.equal(kept?.events.at(-1), 'e499', 'the latest events')
    assert.equal(kept?.principals[0], 'jwt i ada', 'the first who was seen')
  })

  it('the list is bounded: the oldest go, and are counted and taken out of the store', () => {
    const list = new AnomalyList()
    report(list, anomaly(0))
    assert.equal([...list.changes()].length, 1)
    for (let n = 0; n < 10_099; n++) report(list, anomaly(n, { actor: null, about: `service ${n}` }))
    assert.deepEqual([list.all().length, list.forgotten, list.get(1)], [10_000, 100, null])
    const rows = [...list.changes()]
    assert.deepEqual(
      rows.filter(([, value]) => value === null),
      [['1', null]],
    )
    assert.equal(rows.length, 10_001, 'what came and went between two saves was never written')
  })

  it('goes on over a restart: the same anomaly is joined, and no number is used again', () => {
    const list = new AnomalyList()
    report(list, anomaly(0))
    report(list, anomaly(0, { actor: null }))
    const rows = [...list.changes()] as Array<[string, string]>
    const again = new AnomalyList()
    // Rows come in the order of their keys as texts.
    again.restore([...rows.toReversed(), ['7', '{'], ['8', '{"number":9,"last":"x"}'], ['9', 'null']])
    assert.deepEqual([again.all(), again.unreadable], [list.all(), 3])
    assert.deepEqual([report(again, anomaly(MINUTE)).number, again.get(1)?.reports], [1, 2])
    assert.equal(report(again, anomaly(0, { code: 'slow' })).number, 3)
  })
})
