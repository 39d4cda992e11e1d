import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileJsonSchema } from '../../lib/json-schema/json-schema.ts'
import { createParts } from '../parts.ts'
import { baselinesReport, changeBaseline, type ChangeResult, findingsReport } from './ask.ts'
import { usualDetection } from './settings.ts'
import { wantedChange, wantedChangeSchema } from './wanted-change.ts'

const now = Date.UTC(2026, 0, 5)
const DAY = 86_400_000
const signed = { author: 'ada', reason: 'a new partner' }

const good = [
  { kind: 'set', key: 'volume/calls/', threshold: 0 },
  { kind: 'set', key: 'volume/calls/', threshold: null },
  { kind: 'try', key: 'volume/calls/', threshold: 1.5 },
  { kind: 'accept', key: 'volume/calls/' },
  { kind: 'rollback', version: 1 },
  { kind: 'begin', scenario: 'sale', untilMs: now },
  { kind: 'admit', shape: 'chain cart → admin' },
].map(one => ({ ...one, ...signed }))

const bad: readonly unknown[] = [
  null,
  7,
  [],
  'set',
  {},
  ...good.flatMap(one => [
    { ...one, author: '' },
    { ...one, author: undefined },
    { ...one, reason: 'x'.repeat(2001) },
    { ...one, more: 1 },
    { ...one, kind: 'unset' },
    { ...one, kind: '__proto__' },
  ]),
  { kind: 'set', key: 'k', ...signed },
  ...[-1, '3', true, {}, Number.NaN, Number.POSITIVE_INFINITY].flatMap(threshold => [
    { kind: 'set', key: 'k', threshold, ...signed },
    { kind: 'try', key: 'k', threshold, ...signed },
  ]),
  { kind: 'try', key: 'k', threshold: null, ...signed },
  { kind: 'accept', key: '', ...signed },
  { kind: 'accept', key: 'x'.repeat(3001), ...signed },
  { kind: 'accept', key: 'k', version: 1, ...signed },
  ...[0, -1, 1.5, '1', null].map(version => ({ kind: 'rollback', version, ...signed })),
  ...['x', null, 1.5, Number.POSITIVE_INFINITY].map(untilMs => ({ kind: 'begin', scenario: 's', untilMs, ...signed })),
  { kind: 'begin', scenario: 'x'.repeat(65), untilMs: 1, ...signed },
  { kind: 'admit', shape: 3, ...signed },
]

describe('changes of baselines, as people send them', () => {
  it('reads every kind, and nothing that has too much, too little or another type', () => {
    for (const { author, reason, ...change } of good)
      assert.deepEqual(wantedChange({ ...change, author, reason }), { change, author, reason })
    for (const one of bad) assert.equal(wantedChange(one), null, JSON.stringify(one).slice(0, 100))
  })

  it('its schema, which the API publishes, says the same', () => {
    const validate = compileJsonSchema({
      schema: wantedChangeSchema,
      dialect: '2020-12',
      assertFormats: false,
      pattern: source => text => new RegExp(source, 'u').test(text),
    })
    const fits = (value: unknown) => validate(value, 10_000) === null
    for (const one of good) assert.equal(fits(one), true, JSON.stringify(one))
    for (const one of bad) {
      const sent: unknown = JSON.parse(JSON.stringify(one))
      assert.equal(fits(sent), wantedChange(sent) !== null, JSON.stringify(one).slice(0, 100))
    }
  })
})

describe('what is told of detection, and changed', () => {
  const scenario = { name: 'sale', days: [], hours: null, factor: 3, begin: 'operator' as const }
  const { baselines } = usualDetection
  const parts = () => createParts({ ...usualDetection, baselines: { ...baselines, scenarios: [scenario] } }).detection
  const metric = { name: 'calls', unit: 'calls', floor: 0 }

  it('a threshold is tried on what was judged lately before it is set', () => {
    const detection = parts()
    for (let n = 0; n < 10; n++) detection.baselines.of('volume', metric, '').learn(n, now + n)
    const change = (threshold: number, kind: 'set' | 'try') =>
      changeBaseline(detection, { change: { kind, key: 'volume/calls/', threshold }, ...signed }, now)
    assert.deepEqual(change(6, 'try'), { judged: 10, wouldAlarm: 3 })
    assert.deepEqual(baselinesReport(detection).versions, [])
    const set = change(6, 'set') as Extract<ChangeResult, { version: unknown }>
    assert.deepEqual(set.replay, { judged: 10, wouldAlarm: 3 })
    assert.deepEqual(baselinesReport(detection).versions, [set.version])
    const row = baselinesReport(detection).baselines.find(({ key }) => key === 'volume/calls/')
    assert.deepEqual([row?.mode, row?.threshold], ['manual', 6])
  })

  it('what is not there is refused in words, and leaves no version', () => {
    const detection = parts()
    const before = baselinesReport(detection)
    for (const change of [
      { kind: 'set', key: 'none', threshold: 1 },
      { kind: 'try', key: 'none', threshold: 1 },
      { kind: 'accept', key: 'none' },
      { kind: 'rollback', version: 3 },
      { kind: 'begin', scenario: 'none', untilMs: now + 1 },
      { kind: 'begin', scenario: 'sale', untilMs: now },
      { kind: 'begin', scenario: 'sale', untilMs: now + 32 * DAY },
      { kind: 'admit', shape: 'none' },
    ] as const)
      assert.ok('refused' in changeBaseline(detection, { change, ...signed }, now), JSON.stringify(change))
    assert.deepEqual(baselinesReport(detection), before)
  })

  it('a scenario that was begun is told until it is over, and a shape that waits until it is admitted', () => {
    const detection = parts()
    detection.baselines.clock(now)
    changeBaseline(detection, { change: { kind: 'begin', scenario: 'sale', untilMs: now + DAY }, ...signed }, now)
    const { scenario: inForce, begun } = baselinesReport(detection)
    assert.equal(inForce, 'sale')
    assert.deepEqual(begun, [
      { name: 'sale', until: '2026-01-06T00:00:00.000Z', author: 'ada', label: 'a new partner' },
    ])
    detection.baselines.clock(now + DAY)
    assert.deepEqual([baselinesReport(detection).scenario, baselinesReport(detection).begun], [null, []])
    detection.quarantine.see('chain a', 'bob', now)
    assert.equal(baselinesReport(detection).waiting.length, 1)
    changeBaseline(detection, { change: { kind: 'admit', shape: 'chain a' }, ...signed }, now)
    assert.deepEqual([baselinesReport(detection).waiting, detection.quarantine.standing('chain a')], [[], 'known'])
  })

  it('findings are told the newest first, and from a number on', () => {
    const detection = parts()
    for (let n = 0; n < 3; n++)
      detection.anomalies.report(
        'volume',
        { title: 't', severity: 'low', references: ['x'] },
        {
          code: `c${n}`,
          actor: null,
          addresses: [],
          operations: [],
          firstMs: now,
          lastMs: now,
          deviation: 1,
          threshold: 0,
          evidence: [],
          normal: '',
          explanation: '',
        },
        { nowMs: now, addressOf: address => ({ address, internal: false, owner: null }) },
      )
    const numbers = (since: number) =>
      (findingsReport(detection, since) as { findings: Array<{ number: number }> }).findings.map(({ number }) => number)
    assert.deepEqual([numbers(0), numbers(2)], [[3, 2, 1], [3]])
  })
})
