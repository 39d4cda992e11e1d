import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as z from 'zod'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import type { AnyDetector, DetectorAtWork, DetectorHost } from '../detectors/detector.ts'
import { Learner } from '../learner.ts'
import { createParts, partList } from '../parts.ts'
import { Detection } from './detection.ts'
import type { Moment } from './moment.ts'
import { type DetectionSettings, usualDetection } from './settings.ts'

const HOUR = 3600
const settings: DetectionSettings = {
  ...usualDetection,
  baselines: { ...usualDetection.baselines, warmUp: { samples: 20, spanMs: HOUR * 1000 } },
  quarantine: { callers: 2, spanMs: HOUR * 1000 },
}

function detector(name: string, create: (host: DetectorHost) => DetectorAtWork): AnyDetector {
  return {
    name,
    schema: async () => z.object({}),
    defaults: {},
    findings: { odd: { title: 'Odd', severity: 'low', references: ['API4:2023'] } },
    create: (_: never, host) => create(host),
  }
}

/** Detection with these detectors alone, behind a learner with an inventory. */
function world(list: readonly AnyDetector[], from = settings): { detection: Detection; learner: Learner } {
  const parts = createParts({ ...from, enabled: false })
  const detection = new Detection(parts, from, list)
  return { detection, learner: new Learner({ parts: partList({ ...parts, detection }) }) }
}

const report = (host: DetectorHost, { actor, timeMs }: Moment, code = 'odd'): void =>
  host.report({
    code,
    actor,
    addresses: [],
    operations: ['shop GET /'],
    firstMs: timeMs,
    lastMs: timeMs,
    deviation: 2,
    threshold: 1,
    evidence: [],
    normal: '',
    explanation: '',
  })

const as = (subject: string, more: object = {}) => ({
  event: { principal: { subject, method: 'jwt', issuer: 'i' }, ...more },
})

/** What many callers do in three days, refused and failed calls among it. */
function* stream(calls = 3000): Generator<ReturnType<typeof seenExchange>> {
  for (let n = 0; n < calls; n++) {
    const status = n % 41 === 0 ? 404 : n % 53 === 0 ? 401 : 200
    const path = n % 97 === 0 ? `/admin/${n}` : [`/orders/${n % 300}`, '/carts', `/users/${n % 40}/cards`][n % 3]
    const who = n > 2800 ? 'mallory' : `user ${(n * 7) % 23}`
    const more = { id: `x${n}`, status, client: `192.0.2.${n % 60}`, ...(n % 53 === 0 ? { verdict: 'refuse' } : {}) }
    yield seenExchange(n % 5 === 0 ? 'POST' : 'GET', path as string, n > 2800 ? 250_000 + n : n * 86, as(who, more))
  }
}

const rowsOf = (detection: Detection): Array<readonly [string, string | null]> =>
  [...detection.changes()].sort(([a], [b]) => (a < b ? -1 : 1))

describe('detection', () => {
  it('a detector that throws is counted and told, and neither the stream nor the others end', () => {
    const seen: string[] = []
    const fails = (): never => {
      throw new Error('a bug of ours')
    }
    const { detection, learner } = world([
      detector('broken', () => ({ take: fails, minute: fails, restore: fails })),
      detector('sound', () => ({ take: ({ record }) => void seen.push(record.event.id) })),
    ])
    const told: string[] = []
    detection.onFault = name => told.push(name)
    detection.restore([])
    for (const after of [0, 1, 61, 62]) learner.take(seenExchange('GET', '/', after))
    assert.deepEqual(seen, ['x0', 'x1', 'x61', 'x62'])
    assert.deepEqual([new Set(told), detection.counts().faults], [new Set(['broken']), told.length])
    assert.ok(told.length >= 5)
    assert.equal(learner.counts.failed, 0)
    assert.equal(detection.counts().unreadable, 1)
  })

  it('a finding that the detector does not declare is a fault, not a finding', () => {
    const { detection, learner } = world([
      detector('loose', host => ({ take: moment => report(host, moment, '__proto__') })),
    ])
    learner.take(seenExchange('GET', '/'))
    assert.deepEqual([detection.counts().faults, detection.anomalies.all()], [1, []])
  })

  it('a forged time ends no window and hides in none: it counts as now until others agree', () => {
    const times: number[] = []
    const { detection } = world([detector('clock', () => ({ take: ({ timeMs }) => void times.push(timeMs) }))])
    const at = (after: number, n: number) => detection.take(seenExchange('GET', '/', after, { event: { id: `y${n}` } }))
    at(0, 0)
    const [start] = times as [number]
    for (const [n, after] of [10, 900_000, 11, -900_000, 12, 900_000, 900_001, 13].entries()) at(after, n)
    assert.deepEqual(
      times.slice(1).map(timeMs => (timeMs - start) / 1000),
      [10, 10, 11, 11, 12, 12, 12, 13],
    )
    assert.equal(detection.nowMs, start + 13_000)
    detection.take(seenExchange('GET', '/', 14, { event: { time: 'yesterday' } }))
    assert.equal(times.length, 9, 'a time that is none is not taken')
    for (let n = 0; n < 4; n++)
      detection.take(seenExchange('GET', '/', 86_400 + n, { event: { id: `z${n}`, client: `192.0.2.${n}` } }))
    assert.equal(detection.nowMs, start + 86_403_000, 'after a quiet day time goes on')
  })

  it('nothing is learnt from who was reported, for an hour; from others and refused calls as ever', () => {
    const learnable: Array<readonly [number, string, boolean]> = []
    const { learner } = world([
      detector('odd', host => ({
        take(moment) {
          const { record, actor } = moment
          learnable.push([Number(record.event.id.slice(1)), actor.name, moment.learnable])
          if (record.event.path === '/odd') report(host, moment)
        },
      })),
    ])
    const calls: ReadonlyArray<readonly [path: string, after: number, subject: string, more?: object]> = [
      ['/', 0, 'ada'],
      ['/odd', 1, 'ada'],
      ['/', 2, 'ada'],
      ['/', 3, 'bob'],
      ['/', 4, 'bob', { status: 404 }],
      ['/', 5, 'bob', { status: 403, verdict: 'refuse' }],
      // The clock follows several that agree alone.
      ['/', HOUR - 3, 'bob', { client: '192.0.2.8' }],
      ['/', HOUR - 2, 'bob'],
      ['/', HOUR - 1, 'bob', { client: '192.0.2.8' }],
      ['/', HOUR, 'ada'],
      ['/', HOUR + 1, 'ada'],
    ]
    for (const [path, after, subject, more = {}] of calls)
      learner.take(seenExchange('GET', path, after, as(subject, more)))
    assert.deepEqual(
      learnable.map(([after, , may]) => [after, may]),
      [
        [0, true],
        [1, true],
        [2, false],
        [3, true],
        [4, false],
        [5, false],
        [HOUR - 3, true],
        [HOUR - 2, true],
        [HOUR - 1, true],
        [HOUR, false],
        [HOUR + 1, true],
      ],
    )
  })

  it('the same stream twice leaves the same rows and finds the same, with every detector', () => {
    const [first, second] = [0, 1].map(() => {
      const parts = createParts(settings)
      const learner = new Learner({ parts: partList(parts) })
      for (const record of stream()) learner.take(record)
      return { rows: rowsOf(parts.detection), detection: parts.detection }
    })
    assert.ok((first?.rows.length ?? 0) > 200, `${first?.rows.length} rows`)
    assert.equal(first?.detection.counts().faults, 0)
    assert.deepEqual(second?.rows, first?.rows)
    assert.deepEqual(second?.detection.anomalies.all(), first?.detection.anomalies.all())
  })

  it('how often it is saved, and who looks, changes nothing of what is learnt', () => {
    const [quiet, watched] = [false, true].map(isWatched => {
      const parts = createParts(settings)
      const learner = new Learner({ parts: partList(parts) })
      const rows = new Map<string, string | null>()
      let n = 0
      for (const record of stream()) {
        learner.take(record)
        if (!isWatched || n++ % 100 !== 0) continue
        parts.detection.baselines.list(parts.detection.nowMs)
        parts.detection.baselines.budget.table()
        parts.detection.counts()
        for (const [key, value] of parts.detection.changes()) rows.set(key, value)
      }
      for (const [key, value] of parts.detection.changes()) rows.set(key, value)
      return [...rows].filter(([, value]) => value !== null).sort(([a], [b]) => (a < b ? -1 : 1))
    })
    assert.deepEqual(watched, quiet)
  })

  it('a restart gives back every row that was written, and writes none of them anew', () => {
    const parts = createParts(settings)
    const learner = new Learner({ parts: partList(parts) })
    for (const record of stream()) learner.take(record)
    const rows = rowsOf(parts.detection).filter((row): row is readonly [string, string] => row[1] !== null)
    const { detection } = createParts(settings)
    detection.restore(rows)
    assert.equal(detection.counts().unreadable, 0)
    assert.deepEqual(detection.anomalies.all(), parts.detection.anomalies.all())
    assert.equal(detection.counts().actors, parts.detection.counts().actors)
    const again = rowsOf(detection)
    const known = new Map(rows)
    for (const [key, value] of again) assert.equal(value, known.get(key), key)
  })

  it('rows that are none are counted, and hurt nothing', () => {
    const { detection } = createParts(settings)
    const prefixes = ['anomaly', 'baseline', 'quarantine', 'actor', 'nothing', '']
    detection.restore(
      prefixes.flatMap(prefix =>
        ['{', 'null', '[]', '{"number":1e999}'].map(text => [`${prefix}|x ${text}`, text] as const),
      ),
    )
    assert.ok(detection.counts().unreadable >= 12, String(detection.counts().unreadable))
    for (const record of stream(200)) detection.take(record)
    assert.equal(detection.counts().faults, 0)
  })

  it('takes nothing at all when it is off', () => {
    const { detection } = createParts({ ...settings, enabled: false })
    for (const record of stream(100)) detection.take(record)
    assert.deepEqual([detection.counts().actors, detection.nowMs], [0, 0])
  })
})
