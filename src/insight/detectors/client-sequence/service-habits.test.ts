import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceHabits } from './service-habits.ts'

const usual = { whole: true, ordered: true }
const sessions = Array.from({ length: 300 }, (_, i) => ['a', ...(i % 3 === 0 ? ['b', 'b'] : ['b']), 'c', 'd'])

test('habits come back from their rows, snapshot and later sessions alike, and go on', () => {
  const habits = new ServiceHabits()
  const rows = new Map<string, string>()
  for (const [i, steps] of sessions.entries()) {
    habits.of('people shop', 7)
    habits.learn('people shop', { steps, whole: i % 2 === 0, ordered: i % 7 > 0 })
    for (const [key, value] of habits.changes()) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
  }
  assert.ok(rows.size < 100, 'a snapshot takes the place of rows')
  const restored = new ServiceHabits()
  restored.restore([...rows].toReversed())
  const [one, other] = [habits.of('people shop', 0), restored.of('people shop', 0)]
  assert.deepEqual(other?.habits.dump(), one?.habits.dump())
  assert.equal(other?.firstMs, 7)
  restored.learn('people shop', { steps: ['a', 'c'], ...usual })
  assert.deepEqual(
    [...restored.changes()].map(([key]) => key),
    ['session 44 people shop'],
  )
})

test('rows that nobody fetches stay fewer than half of the sessions, and are those that fetching often leaves', () => {
  const [rare, often] = [Number.POSITIVE_INFINITY, 7].map(every => {
    const habits = new ServiceHabits()
    habits.of('people shop', 7)
    const rows = new Map<string, string | null>()
    for (let i = 0; i < 3_000; i++) {
      habits.learn('people shop', { steps: ['a', i % 3 === 0 ? 'b' : 'c'], ...usual })
      if (i % every === 0) for (const [key, value] of habits.changes()) rows.set(key, value)
    }
    for (const [key, value] of habits.changes()) rows.set(key, value)
    return [...rows].filter(([, value]) => value !== null).sort(([a], [b]) => (a < b ? -1 : 1))
  })
  assert.ok((rare as unknown[]).length < 1_500 && rare?.some(([key]) => key === 'habits people shop'))
  assert.deepEqual(often, rare)
})

test('scopes beyond the room have no habits', () => {
  const habits = new ServiceHabits()
  for (let i = 0; i < 128; i++) assert.notEqual(habits.of(`people s${i}`, 0), null)
  assert.equal(habits.of('people one more', 0), null)
  assert.notEqual(habits.of('people s3', 0), null)
})
