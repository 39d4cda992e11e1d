import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnomalyList, type KeptAnomaly } from '../../insight/detection/anomaly-list.ts'
import { Incidents } from './incidents.ts'
import { reportOf, suspectsOf } from './report.ts'

const start = Date.UTC(2026, 2, 16, 10)
const minute = 60_000
const signature = { author: 'ann', reason: 'seen', at: '2026-03-16T12:00:00.000Z' }

/** An anomaly of someone who goes through objects; whatever a test does not say. */
function anomaly(more: Partial<KeptAnomaly> & { readonly atMs?: number } = {}): KeptAnomaly {
  const { atMs = start, ...rest } = more
  const at = new Date(atMs).toISOString()
  return {
    number: 1,
    detector: 'enumeration',
    code: 'objects',
    about: 'orders GET /orders/{id}',
    title: 'Walk through objects',
    severity: 'medium',
    references: ['API1:2023', 'T1119'],
    actor: 'jwt https://idp eve',
    principals: ['jwt https://idp eve'],
    addresses: [{ address: '198.51.100.7', internal: false, owner: null }],
    operations: ['orders GET /orders/{id}'],
    first: at,
    last: at,
    reported: at,
    reports: 1,
    deviation: 300,
    threshold: 20,
    evidence: ['300 different ids in a minute'],
    normal: '99 of 100 callers used at most 12',
    explanation: 'eve asked for 300 different orders in a minute',
    events: ['e1'],
    ...rest,
  }
}

function world() {
  const list = new AnomalyList()
  const incidents = new Incidents(list)
  const tell = (one: KeptAnomaly): void => list.onReport?.(one, true)
  return { incidents, tell }
}

test('what one principal does is one incident, whatever detectors call it', () => {
  const { incidents, tell } = world()
  tell(anomaly())
  tell(
    anomaly({
      number: 2,
      detector: 'volume',
      code: 'calls',
      severity: 'high',
      atMs: start + 5 * minute,
      references: ['API4:2023'],
    }),
  )
  tell(anomaly({ number: 1, reports: 4, atMs: start + 6 * minute, events: ['e2'] }))
  assert.equal(incidents.all().length, 1)
  const [one] = incidents.all()
  assert.deepEqual(one?.classes, ['enumeration', 'volume'])
  assert.deepEqual(one?.references, ['API1:2023', 'T1119', 'API4:2023'])
  assert.equal(one?.severity, 'high')
  assert.equal(one?.reports, 5)
  assert.deepEqual(one?.events, ['e1', 'e2'])
})

test('different principals behind one address are different incidents', () => {
  const { incidents, tell } = world()
  tell(anomaly())
  tell(anomaly({ number: 2, actor: 'jwt https://idp bob', principals: ['jwt https://idp bob'] }))
  assert.equal(incidents.all().length, 2)
})

test('callers without proof are told by their address, sessions of one address together', () => {
  const { incidents, tell } = world()
  const nobody = { principals: [], actor: 'address 198.51.100.7' }
  tell(anomaly({ ...nobody }))
  tell(anomaly({ ...nobody, number: 2, actor: 'session 12ab' }))
  tell(
    anomaly({
      ...nobody,
      number: 3,
      actor: 'address 203.0.113.9',
      addresses: [{ address: '203.0.113.9', internal: false, owner: null }],
    }),
  )
  assert.equal(incidents.all().length, 2)
})

test('what is no one actor’s is told by what it is about', () => {
  const { incidents, tell } = world()
  const spread = { actor: null, principals: [], addresses: [] }
  tell(anomaly({ ...spread }))
  tell(anomaly({ ...spread, number: 2, atMs: start + minute }))
  tell(anomaly({ ...spread, number: 3, operations: ['carts GET /carts'] }))
  assert.equal(incidents.all().length, 2)
})

test('after half an hour of silence, and after it was closed, the same is another incident', () => {
  const { incidents, tell } = world()
  tell(anomaly())
  tell(anomaly({ number: 2, atMs: start + 31 * minute }))
  assert.equal(incidents.all().length, 2)
  incidents.close(2, signature)
  tell(anomaly({ number: 2, reports: 2, atMs: start + 32 * minute }))
  assert.equal(incidents.all().length, 3)
  assert.equal(incidents.get(2)?.state, 'closed')
})

test('an origin inside raises the severity once, however often it is told', () => {
  const { incidents, tell } = world()
  const inside = [{ address: '10.0.3.4', internal: true, owner: 'carts-7f of Deployment/carts' }]
  for (let reports = 1; reports < 5; reports++) tell(anomaly({ addresses: inside, reports }))
  assert.equal(incidents.get(1)?.severity, 'high')
  assert.equal(incidents.get(1)?.internal, true)
  assert.match(
    reportOf(incidents.get(1) as never, start).summary,
    /10\.0\.3\.4 \(carts-7f of Deployment\/carts\), which is inside/,
  )
})

test('what was accepted makes no incident any more, until it is reopened; others’ does', () => {
  const { incidents, tell } = world()
  tell(anomaly())
  incidents.accept(1, signature)
  tell(anomaly({ number: 2, atMs: start + minute }))
  assert.equal(incidents.all().length, 1)
  tell(anomaly({ number: 3, actor: 'jwt https://idp bob', principals: ['jwt https://idp bob'] }))
  tell(anomaly({ number: 4, code: 'names' }))
  assert.equal(incidents.all().length, 3)
  assert.deepEqual(
    incidents.acceptances().map(({ number, author, things }) => [number, author, things]),
    [[1, 'ann', [{ code: 'enumeration/objects', actor: 'jwt https://idp eve', operation: '' }]]],
  )
  incidents.reopen(1, signature)
  assert.deepEqual(incidents.acceptances(), [])
  tell(anomaly({ number: 5, atMs: start + 2 * minute }))
  // Eve's other code is open: that is where it belongs.
  assert.deepEqual(incidents.get(3)?.codes, ['enumeration/names', 'enumeration/objects'])
})

test('what is no one actor’s is accepted too where it stands beside what somebody did, and nothing wider than was seen', () => {
  const { incidents, tell } = world()
  const crowd = { detector: 'volume', code: 'operation-volume', actor: null, principals: ['jwt https://idp eve'] }
  tell(anomaly())
  tell(anomaly({ ...crowd, number: 2 }))
  assert.equal(incidents.all().length, 1)
  incidents.accept(1, signature)
  tell(anomaly({ ...crowd, number: 3 }))
  assert.equal(incidents.all().length, 1, 'the same again')
  tell(anomaly({ ...crowd, number: 4, operations: ['carts GET /carts'] }))
  assert.equal(incidents.all().length, 2, 'another operation')
  tell(anomaly({ number: 5, actor: null, principals: [], addresses: [] }))
  assert.equal(incidents.all().length, 3, 'what eve alone was seen to do, done by nobody in particular')
  tell(anomaly({ number: 6, detector: 'volume', code: 'operation-volume', atMs: start + 2 * minute }))
  assert.deepEqual(incidents.get(2)?.reports, 2, 'what was nobody’s alone, done by eve alone')
})

test('accepting again accepts the same, and beyond the bound nothing is changed', () => {
  const { incidents, tell } = world()
  for (let i = 1; i <= 1_001; i++) {
    const principals = [`jwt https://idp u${i}`]
    tell(anomaly({ number: i, actor: principals[0] as string, principals }))
  }
  for (let i = 1; i <= 1_000; i++) incidents.accept(i, signature)
  incidents.accept(1_000, signature)
  assert.equal(incidents.acceptances().length, 1_000)
  assert.throws(() => incidents.accept(1_001, signature), RangeError)
  assert.deepEqual([incidents.get(1_001)?.state, incidents.get(1_001)?.history], ['open', []])
  incidents.reopen(1, signature)
  incidents.accept(1_001, signature)
  assert.equal(incidents.get(1_001)?.state, 'closed')
})

test('an actor that goes on and on is remembered in bounded room', () => {
  const { incidents, tell } = world()
  for (let i = 1; i <= 5_000; i++) tell(anomaly({ number: i, about: `thing ${i}` }))
  assert.equal(incidents.all().length, 1)
  assert.equal(incidents.anomaliesKnown, incidents.get(1)?.anomalies.length)
  assert.equal(incidents.get(1)?.reports, 5_000)
})

test('a restart forgets nothing: state, history, acceptances, counted reports', () => {
  const { incidents, tell } = world()
  tell(anomaly({ reports: 3 }))
  tell(anomaly({ number: 2, actor: 'jwt https://idp bob', principals: ['jwt https://idp bob'] }))
  incidents.acknowledge(1, signature)
  incidents.accept(2, signature)
  const rows = [...incidents.changes()].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))
  const again = world()
  again.incidents.restore([...rows, ['incident 9', '{"incident":{}}'], ['acceptance 4', 'x']])
  assert.deepEqual(again.incidents.all(), incidents.all())
  assert.deepEqual(again.incidents.acceptances(), incidents.acceptances())
  assert.equal(again.incidents.unreadable, 2)
  again.tell(anomaly({ reports: 4 }))
  assert.equal(again.incidents.get(1)?.reports, 4)
  assert.equal(again.incidents.all().length, 2)
})

test('what was accepted outlives noise, so that it can be taken back', () => {
  const { incidents, tell } = world()
  const told = (i: number): void => {
    const principals = [`jwt https://idp u${i}`]
    tell(anomaly({ number: i, actor: principals[0] as string, principals }))
  }
  told(1)
  incidents.accept(1, signature)
  for (let i = 2; i <= 2_100; i++) told(i)
  assert.equal(incidents.reopen(1, signature)?.state, 'open')
})

test('noise pushes out what is closed before what nobody has looked at, and all of it stays bounded', () => {
  const { incidents, tell } = world()
  for (let i = 1; i <= 2_500; i++) {
    const principals = [`jwt https://idp u${i}`]
    tell(anomaly({ number: i, actor: principals[0] as string, principals, atMs: start + i }))
    if (i > 1 && i < 1_000) incidents.close(i, signature)
  }
  assert.equal(incidents.all().length, 2_000)
  assert.notEqual(incidents.get(1), null)
  assert.equal(incidents.get(2), null)
  assert.equal(incidents.forgotten, 500)
})

test('suspects are principals by name, and addresses only where nobody was proven, for a limited time', () => {
  const { incidents, tell } = world()
  tell(anomaly({ severity: 'critical' }))
  tell(
    anomaly({
      number: 2,
      actor: 'address 203.0.113.9',
      principals: [],
      addresses: [{ address: '203.0.113.9', internal: false, owner: null }],
    }),
  )
  tell(anomaly({ number: 3, actor: 'session 12ab', principals: [], addresses: [] }))
  const hold = 15 * minute
  assert.deepEqual(
    suspectsOf(incidents.all(), hold, start).map(({ name, severity }) => [name, severity]),
    [
      ['address 203.0.113.9', 3],
      ['jwt https://idp eve', 5],
    ],
  )
  assert.deepEqual(suspectsOf(incidents.all(), hold, start + hold), [])
  incidents.close(1, signature)
  assert.equal(suspectsOf(incidents.all(), hold, start).length, 1)
})

test('the summary says running or over, who, whence, about what, why, and what was normal', () => {
  const { incidents, tell } = world()
  tell(anomaly({ reports: 7 }))
  const one = incidents.get(1)
  assert.ok(one !== null)
  const running = reportOf(one, start + minute)
  assert.equal(running.running, true)
  for (const part of [
    'Walk through objects: running, first seen 2026-03-16 10:00:00 UTC',
    'reported 7 times',
    'By jwt https://idp eve, from 198.51.100.7',
    'About orders GET /orders/{id}',
    'eve asked for 300 different orders in a minute.',
    'Normal: 99 of 100 callers used at most 12.',
  ])
    assert.ok(running.summary.includes(part), `${part} in ${running.summary}`)
  assert.equal(reportOf(one, start + 31 * minute).running, false)
  assert.match(reportOf(one, start + 31 * minute).summary, /: over,/)
})
