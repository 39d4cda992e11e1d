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

test('rows that nobody fetches are as few as a snapshot takes', () => {
  const habits = new ServiceHabits()
  habits.of('people shop', 7)
  for (let i = 0; i < 3_000; i++) habits.learn('people shop', { steps: ['a', 'b'], ...usual })
  const rows = [...habits.changes()].filter(([, value]) => value !== null)
  assert.deepEqual(
    rows.map(([key]) => key),
    ['habits people shop'],
  )
})

test('scopes beyond the room have no habits', () => {
  const habits = new ServiceHabits()
  for (let i = 0; i < 128; i++) assert.notEqual(habits.of(`people s${i}`, 0), null)
  assert.equal(habits.of('people one more', 0), null)
  assert.notEqual(habits.of('people s3', 0), null)
})
