import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Metric } from './baseline.ts'
import { Baselines, type BaselineSettings } from './baselines.ts'
import type { Scenario } from './scenario.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
/** A Monday. */
const start = Date.UTC(2026, 0, 5)
const calls: Metric = { name: 'calls', unit: 'calls', floor: 0, elastic: true }
const ids: Metric = { name: 'ids', unit: 'stolen ids', floor: 0 }

const scenario = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  days: [],
  hours: null,
  factor: 3,
  begin: 'calendar',
  ...more,
})

function settings(more: Partial<BaselineSettings> = {}): BaselineSettings {
  return {
    budget: { kind: 'requests', share: 1e-3 },
    warmUp: { samples: 200, spanMs: DAY },
    settleMs: 7 * DAY,
    stepPerDay: 1.1,
    reach: 2,
    scenarios: [],
    expert: [],
    ...more,
  }
}

/** Ten days of 24 values, each 10 to 14. */
function taught(baselines: Baselines, metric = calls, scope = ''): Baselines {
  for (let n = 0; n < 240; n++) {
    baselines.clock(start + n * HOUR)
    baselines.of('volume', metric, scope).learn(10 + (n % 5), start + n * HOUR)
  }
  return baselines
}

const signed = { author: 'ada', reason: 'a new partner', timeMs: start + 11 * DAY }
const later = start + 11 * DAY

function dumped(baselines: Baselines): Map<string, string> {
  const rows = new Map<string, string>()
  for (const [key, value] of baselines.changes()) if (value !== null) rows.set(key, value)
  return rows
}

function restored(rows: ReadonlyMap<string, string>, from = settings()): Baselines {
  const baselines = new Baselines(from)
  baselines.restore(rows)
  return baselines
}

const row = (baselines: Baselines, key: string) => baselines.list(later).find(one => one.key === key)

describe('baselines', () => {
  it("a person's word goes before the expert's, and that before what is learnt", () => {
    const expert = [{ detector: 'volume', metric: 'calls', scope: '', threshold: 50 }]
    const baselines = taught(new Baselines(settings({ expert })))
    const judge = (value: number) => baselines.of('volume', calls, '').judge(value, later).abnormal
    assert.deepEqual([row(baselines, 'volume/calls/')?.mode, judge(49), judge(51)], ['expert', false, true])
    baselines.set('volume/calls/', 100, signed)
    assert.deepEqual([row(baselines, 'volume/calls/')?.mode, judge(99), judge(101)], ['manual', false, true])
    baselines.configure(settings({ expert: [{ ...expert[0], threshold: 20 } as (typeof expert)[0]] }))
    assert.deepEqual([judge(99), judge(101)], [false, true], 'a reload takes no word of a person back')
    baselines.set('volume/calls/', null, signed)
    assert.deepEqual([row(baselines, 'volume/calls/')?.mode, judge(19), judge(21)], ['expert', false, true])
    baselines.configure(settings())
    assert.deepEqual([row(baselines, 'volume/calls/')?.mode, judge(14), judge(40)], ['automatic', false, true])
  })

  it('an expert may judge from the first value on', () => {
    const baselines = new Baselines(
      settings({ expert: [{ detector: 'volume', metric: 'calls', scope: 'GET /a', threshold: 5 }] }),
    )
    assert.equal(baselines.of('volume', calls, 'GET /a').judge(6, start).abnormal, true)
    assert.equal(baselines.of('volume', calls, 'GET /b').judge(6, start).abnormal, false)
  })

  it('each change is a version with author, reason and what stood before, and can be taken back', () => {
    const baselines = taught(new Baselines(settings()))
    const learnt = row(baselines, 'volume/calls/')
    baselines.set('volume/calls/', 40, signed)
    baselines.set('volume/calls/', 60, { ...signed, author: 'bob' })
    assert.deepEqual(baselines.versions.all(), [
      { number: 1, key: 'volume/calls/', kind: 'set', before: null, after: 40, ...signed },
      { number: 2, key: 'volume/calls/', kind: 'set', before: 40, after: 60, ...signed, author: 'bob' },
    ])
    assert.equal(baselines.rollback(2, signed)?.after, 40)
    assert.equal(row(baselines, 'volume/calls/')?.threshold, 40)
    assert.equal(baselines.rollback(1, signed)?.after, null)
    assert.deepEqual(row(baselines, 'volume/calls/'), learnt)
    assert.equal(baselines.rollback(99, signed), null)
    assert.equal(baselines.set('volume/none/', 3, signed), null)
    assert.equal(baselines.versions.all().length, 4, 'taking back is a change too')
  })

  it('accepting moves the frozen reference alone, and taking that back puts it where it was', () => {
    const baselines = taught(new Baselines(settings()))
    const of = baselines.of('volume', calls, '')
    of.judge(10, later)
    const before = row(baselines, 'volume/calls/')
    baselines.set('volume/calls/', 70, signed)
    // Weeks of more calls, as the person allowed: all of it is learnt.
    for (let n = 0; n < 24 * 20; n++) of.learn(30 + (n % 5), later + n * HOUR)
    const version = baselines.accept('volume/calls/', signed)
    assert.deepEqual([version?.kind, version?.before, version?.after], ['accept', before?.reference, null])
    assert.equal(row(baselines, 'volume/calls/')?.threshold, 70, 'what was set by hand stands')
    baselines.set('volume/calls/', null, signed)
    const after = baselines.list(later + 21 * DAY)[0]
    assert.ok((after?.reference as number) > 2 * (before?.reference as number))
    baselines.rollback(version?.number as number, signed)
    assert.equal(row(baselines, 'volume/calls/')?.reference, before?.reference)
    assert.equal(baselines.accept('volume/none/', signed), null)
  })

  it('a version that is never used again keeps its number over a restart', () => {
    const baselines = taught(new Baselines(settings()))
    baselines.set('volume/calls/', 40, signed)
    const again = restored(dumped(baselines))
    assert.equal(again.set('volume/calls/', 50, signed)?.number, 2)
    assert.equal(again.rollback(1, signed)?.after, null)
  })

  it('only the newest 2,000 versions are kept', () => {
    const baselines = taught(new Baselines(settings()))
    for (let n = 0; n < 2100; n++) baselines.set('volume/calls/', n, signed)
    assert.deepEqual([baselines.versions.all().length, baselines.versions.get(100)], [2000, null])
  })

  describe('scenarios', () => {
    const night = scenario('night', { hours: '22:00-06:00', days: ['monday'] })
    const sale = scenario('sale', { days: ['2026-01-21'] })
    const release = scenario('release', { begin: 'operator' })

    it('the calendar brings them, over midnight and by day', () => {
      const baselines = new Baselines(settings({ scenarios: [night, sale, release] }))
      for (const [time, name] of [
        ['2026-01-05T21:59', null],
        ['2026-01-05T22:00', 'night'],
        ['2026-01-06T05:59', 'night'],
        ['2026-01-06T06:00', null],
        // A Monday's early hours belong to the Sunday's night.
        ['2026-01-12T05:00', null],
        ['2026-01-21T00:00', 'sale'],
        ['2026-01-22T00:00', null],
      ] as const) {
        baselines.clock(Date.parse(`${time}Z`))
        assert.equal(baselines.scenario, name, time)
        assert.equal(baselines.scenarioAt(Date.parse(`${time}Z`)), name, time)
      }
    })

    it('a label of the cluster brings the one that asks for it, before the calendar, and no other', () => {
      const rollout = scenario('rollout', { begin: 'label' })
      const labelled = (timeMs: number) => new Set(timeMs < start + 23 * HOUR ? ['rollout', 'sale', 'unknown'] : [])
      const baselines = new Baselines(settings({ scenarios: [night, sale, rollout] }), labelled)
      baselines.clock(start + 22 * HOUR)
      assert.equal(baselines.scenario, 'rollout')
      baselines.clock(start + 23 * HOUR)
      assert.equal(baselines.scenario, 'night')
    })

    it('a person or a pipeline begins one, before the calendar, until its end and over a restart', () => {
      const from = settings({ scenarios: [night, sale, release] })
      const baselines = new Baselines(from)
      const untilMs = start + 23 * HOUR
      assert.equal(baselines.begin({ name: 'none', untilMs, label: 'x', author: 'ada' }), false)
      assert.equal(baselines.begin({ name: 'release', untilMs, label: 'release 2.4', author: 'ci' }), true)
      for (const one of [baselines, restored(dumped(baselines), from)]) {
        one.clock(untilMs - 60_000)
        assert.equal(one.scenario, 'release')
        one.clock(untilMs)
        assert.equal(one.scenario, 'night')
      }
      for (let n = 0; n < 100; n++) baselines.begin({ name: 'release', untilMs: untilMs + n, label: '', author: 'ci' })
      assert.equal(baselines.begun.length, 1, 'begun again is begun longer')
    })

    it('widens what is elastic and nothing else, and learns for itself what is normal then', () => {
      const baselines = new Baselines(settings({ scenarios: [scenario('sale', { begin: 'operator' })] }))
      taught(baselines)
      taught(baselines, ids)
      const judge = (metric: Metric, value: number, timeMs: number) =>
        baselines.of('volume', metric, '').judge(value, timeMs).abnormal
      baselines.clock(later)
      assert.deepEqual([judge(calls, 40, later), judge(ids, 40, later)], [true, true])
      baselines.begin({ name: 'sale', untilMs: later + 20 * DAY, label: 'x', author: 'ada' })
      baselines.clock(later)
      assert.deepEqual([judge(calls, 40, later), judge(ids, 40, later)], [false, true])
      const ordinary = row(baselines, 'volume/calls/')
      for (let n = 0; n < 300; n++) {
        baselines.clock(later + n * HOUR)
        baselines.of('volume', calls, '').learn(35 + (n % 5), later + n * HOUR)
      }
      const end = later + 300 * HOUR
      assert.deepEqual([judge(calls, 36, end), judge(calls, 100, end)], [false, true])
      assert.deepEqual(row(baselines, 'volume/calls/')?.samples, ordinary?.samples, 'an ordinary day is as it was')
      assert.equal(row(baselines, 'volume/calls@sale/')?.samples, 300)
      baselines.clock(later + 20 * DAY)
      assert.equal(judge(calls, 40, later + 20 * DAY), true)
    })

    it('a path with @ in it is none', () => {
      const baselines = new Baselines(settings({ scenarios: [scenario('me', { begin: 'operator' })] }))
      taught(baselines)
      const scoped = baselines.of('volume', calls, 'shop GET /users/@me')
      assert.equal(scoped.judge(1000, later).abnormal, true, 'the one of all scopes judges')
      scoped.learn(10, later)
      const [all, own] = ['volume/calls/', 'volume/calls/shop GET /users/@me'].map(key => row(baselines, key))
      assert.deepEqual([all?.samples, own?.samples], [241, 1])
    })
  })

  it('rows go back to what they were, asked for or not', () => {
    const baselines = taught(taught(new Baselines(settings())), ids, 'shop GET /users/@me/a')
    baselines.set('volume/calls/', 33, signed)
    const rows = dumped(baselines)
    const again = restored(rows)
    const byKey = (one: Baselines) => one.list(later).sort((a, b) => (a.key < b.key ? -1 : 1))
    assert.deepEqual(byKey(again), byKey(baselines))
    assert.deepEqual(again.budget.table(), baselines.budget.table())
    assert.deepEqual([again.unreadable, again.versions.all()], [0, baselines.versions.all()])
    // Whoever goes on learning goes on from there, and what was only looked at is not written anew.
    const changed = [...again.changes()].map(([key]) => key)
    assert.deepEqual(changed, ['budget'])
    for (const one of [baselines, again]) {
      one.of('volume', calls, '').learn(12, later)
      one.of('volume', ids, 'shop GET /users/@me/a').learn(12, later)
    }
    const keys = ['of volume/calls/', 'of volume/ids/', 'of volume/ids/shop GET /users/@me/a']
    const [left, right] = [dumped(baselines), dumped(again)]
    assert.deepEqual(
      keys.map(key => right.get(key)),
      keys.map(key => left.get(key)),
    )
  })

  it('what no detector has asked for yet is listed, tried and set, and written with what was learnt', () => {
    const rows = dumped(taught(new Baselines(settings()), calls, 'shop GET /a'))
    const key = 'volume/calls/shop GET /a'
    const again = restored(rows)
    assert.deepEqual(again.replay(key, 11), { judged: 128, wouldAlarm: 78 })
    assert.equal(again.set(key, 11, signed)?.after, 11)
    const third = restored(new Map([...rows, ...dumped(again)]))
    assert.deepEqual([row(third, key)?.mode, row(third, key)?.samples], ['manual', 240])
    assert.equal(third.of('volume', calls, 'shop GET /a').judge(12, later).abnormal, true)
  })

  it('rows that are none are counted, and hurt nothing', () => {
    const good = dumped(taught(new Baselines(settings()), calls, 'a'))
    const text = good.get('of volume/calls/a') as string
    const hostile: ReadonlyArray<readonly [string, string]> = [
      ['of volume/calls/x', '{'],
      ['of volume/calls/y', '{"metric":null}'],
      ['of volume/other/a', text],
      ['of calls', text],
      ['of volume/calls/z', text.replace('"floor":0', '"floor":null')],
      ['budget', '{"split":{},"begun":[]}'],
      ['budget', '{"split":{"requests":null,"first":0,"last":0,"metrics":[]},"begun":[]}'],
      ['budget', '{"begun":null}'],
      ['budget', '{"split":{"requests":1,"first":0,"last":0,"metrics":[]},"begun":[{"name":"x","untilMs":null}]}'],
      ['something', '{}'],
    ]
    const baselines = new Baselines(settings())
    baselines.restore([...good, ...hostile])
    baselines.clock(later)
    assert.deepEqual(
      baselines
        .list(later)
        .map(({ key }) => key)
        .sort(),
      ['volume/calls/', 'volume/calls/a'],
    )
    assert.equal(baselines.unreadable, hostile.length)
    assert.deepEqual(baselines.begun, [])
  })

  it('scopes are bounded: beyond that the one of all judges, and it is counted', () => {
    const baselines = new Baselines(settings())
    for (let n = 0; n < 20_100; n++) baselines.of('volume', calls, `scope ${n}`).learn(1, start)
    assert.ok(baselines.overflow >= 100)
    assert.ok(baselines.list(start).length <= 20_002)
    assert.equal(baselines.of('volume', calls, 'scope 20099'), baselines.of('volume', calls, ''))
    assert.equal(row(baselines, 'volume/calls/')?.samples, 20_100)
  })

  it('the split of the budget is shown: by weight over detectors, by samples over metrics', () => {
    const baselines = new Baselines(settings())
    baselines.budget.detector('volume', 3)
    baselines.budget.detector('misuse', 1)
    for (let n = 0; n < 1000; n++) baselines.clock(start + n)
    for (let n = 0; n < 500; n++) baselines.of('volume', calls, 'a').learn(1, start + n)
    const [volume, misuse] = baselines.budget.table()
    assert.deepEqual([volume?.share, misuse?.share], [0.75e-3, 0.25e-3])
    assert.deepEqual([volume?.metrics, misuse?.metrics], [{ calls: 1.5e-3 }, {}])
  })

  it('so many alarms a day are a share of the requests of a day', () => {
    const baselines = new Baselines(settings({ budget: { kind: 'day', alarms: 2 } }))
    for (let n = 0; n < 20_000; n++) baselines.clock(start + (n * 2 * DAY) / 20_000)
    assert.ok(Math.abs(baselines.budget.whole() - 2e-4) < 1e-6)
  })
})
