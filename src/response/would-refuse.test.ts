import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnomalyList, type KeptAnomaly } from '../insight/detection/anomaly-list.ts'
import type { EventRecord } from '../insight/model/event-record.ts'
import { Incidents } from './incidents/incidents.ts'
import { WouldRefuseCount } from './would-refuse.ts'

const start = Date.UTC(2026, 2, 16, 10)
const holdMs = 15 * 60_000
const at = (ms: number): string => new Date(start + ms).toISOString()

function world() {
  const list = new AnomalyList()
  const incidents = new Incidents(list)
  const count = new WouldRefuseCount(incidents, holdMs)
  let number = 0
  return {
    incidents,
    count,
    /** A detector speaks about callers. */
    found(ms: number, who: Pick<KeptAnomaly, 'actor' | 'principals'>, severity: KeptAnomaly['severity'] = 'high') {
      const anomaly: KeptAnomaly = {
        number: ++number,
        detector: 'enumeration',
        code: 'objects',
        about: `orders GET /orders/{id} ${number}`,
        title: 'Walk through objects',
        severity,
        references: ['API1:2023'],
        addresses: [],
        operations: ['orders GET /orders/{id}'],
        first: at(ms),
        last: at(ms),
        reported: at(ms),
        reports: 1,
        deviation: 300,
        threshold: 20,
        evidence: ['300 different ids in a minute'],
        normal: '',
        explanation: 'many orders',
        events: [],
        ...who,
      }
      list.onReport?.(anomaly, true)
    },
    call(ms: number, subject: string | null, more: Partial<EventRecord> = {}) {
      const principal = subject === null ? null : { subject, method: 'jwt', issuer: 'https://idp' }
      const event = { time: at(ms), client: '198.51.100.7', verdict: 'pass', route: 'orders', principal, ...more }
      count.take({ event: event as EventRecord, observation: null })
    },
  }
}

const eve = nameOf('eve')
const stranger = { actor: 'address 198.51.100.7', principals: [] }

test('calls of a suspect are counted from its incident on, others never, and no longer than the incident holds', () => {
  const { count, found, call } = world()
  call(0, 'eve')
  found(1_000, eve)
  call(2_000, 'eve')
  call(2_500, 'ann')
  call(3_000, 'eve', { route: 'carts' })
  call(3_500, 'eve', { verdict: 'refuse' })
  call(1_000 + holdMs, 'eve')
  const { passed, since, callers } = count.report()
  assert.equal(passed, 5)
  assert.equal(since, at(0))
  assert.deepEqual(callers, [
    {
      caller: nameOf('eve').actor,
      severity: 'high',
      incidents: [1],
      calls: 2,
      first: at(2_000),
      last: at(3_000),
      routes: { orders: 1, carts: 1 },
    },
  ])
})

test('who proved nothing is counted by address, and a proven caller from the same address is not', () => {
  const { count, found, call } = world()
  found(0, stranger)
  call(2_000, null)
  call(3_000, 'ann')
  call(4_000, null, { principal: { subject: 'anonymous', method: 'anonymous', issuer: null } })
  assert.deepEqual(
    count.report().callers.map(({ caller, calls }) => [caller, calls]),
    [['address 198.51.100.7', 2]],
  )
})

test('what is below the severity that the policy would have is left out, and what was closed counts no further', () => {
  const { incidents, count, found, call } = world()
  found(0, eve, 'medium')
  call(2_000, 'eve')
  assert.equal(count.report('high').callers.length, 0)
  assert.equal(count.report('medium').callers.length, 1)
  incidents.close(1, { author: 'ann', reason: 'a test', at: at(3_000) })
  call(5_000, 'eve')
  assert.equal(count.report().callers[0]?.calls, 1)
})

test('what became graver is counted for each severity apart: less would have been refused at the higher one', () => {
  const { count, found, call } = world()
  found(0, eve, 'medium')
  call(2_000, 'eve')
  found(3_000, eve, 'critical')
  call(5_000, 'eve')
  call(6_000, 'eve')
  const sum = (severity: 'medium' | 'high'): number =>
    count.report(severity).callers.reduce((all, { calls }) => all + calls, 0)
  assert.deepEqual([sum('medium'), sum('high')], [3, 2])
})

test('one call with a time far ahead ends nothing for the calls behind it', () => {
  const { count, found, call } = world()
  found(0, eve)
  call(86_400_000, 'ann')
  call(2_000, 'eve')
  assert.equal(count.report().callers[0]?.calls, 1)
})

test('a restart forgets nothing, and rows that do not read are counted', () => {
  const { count, incidents, found, call } = world()
  found(0, eve)
  call(2_000, 'eve', { route: '__proto__' })
  const rows = [...count.changes()].map(([key, value]) => [key, value ?? ''] as const)
  const after = new WouldRefuseCount(incidents, holdMs)
  after.restore([...rows, ['caller x', '{'], ['total', '{"passed":"many"}']])
  assert.deepEqual(after.report(), count.report())
  assert.equal(after.unreadable, 2)
  assert.deepEqual([...after.changes()], [])
})

test('a flood of suspects stays bounded, and what was forgotten is told', () => {
  const { count, found, call } = world()
  for (let n = 0; n < 2_100; n++) {
    found(n * 2_000, nameOf(`eve-${n}`))
    call(n * 2_000 + 1_000, `eve-${n}`)
  }
  const { callers, forgotten } = count.report()
  assert.equal(callers.length, 2_000)
  assert.equal(forgotten, 100)
  assert.ok(!callers.some(({ caller }) => caller.endsWith(' eve-0')))
})

function nameOf(subject: string): { readonly actor: string; readonly principals: readonly string[] } {
  const name = `jwt https://idp ${subject}`
  return { actor: name, principals: [name] }
}
