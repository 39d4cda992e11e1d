import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Habits } from '../../sequences/habits.ts'
import { ServiceHabits } from './open-sessions.ts'

const sessions = Array.from({ length: 300 }, (_, i) => [
  'a',
  ...(i % 3 === 0 ? ['b', 'b'] : ['b']),
  'c',
  i % 5 === 0 ? 'e' : 'd',
])

test('habits come back from their rows, snapshot and later sessions alike, and go on', () => {
  const habits = new ServiceHabits()
  const rows = new Map<string, string>()
  for (const steps of sessions) {
    habits.of('shop one', 7)
    habits.learn('shop one', steps)
    for (const [key, value] of habits.changes()) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
  }
  assert.ok(rows.size < 100, 'a snapshot takes the place of rows')
  const restored = new ServiceHabits()
  restored.restore([...rows].toReversed())
  const [one, other] = [habits.of('shop one', 0), restored.of('shop one', 0)]
  assert.deepEqual(other?.habits.dump(), one?.habits.dump())
  assert.equal(other?.firstMs, 7)
  restored.learn('shop one', ['a', 'c'])
  assert.deepEqual(
    [...restored.changes()].map(([key]) => key),
    ['session 44 shop one'],
  )
})

test('services beyond the room have no habits', () => {
  const habits = new ServiceHabits()
  for (let i = 0; i < 64; i++) assert.notEqual(habits.of(`s${i}`, 0), null)
  assert.equal(habits.of('one more', 0), null)
  assert.notEqual(habits.of('s3', 0), null)
})

test('a session is strange from the step on that skips another, comes too often or goes back', () => {
  const habits = new Habits()
  for (const steps of sessions) habits.learn(steps)
  const run = (steps: readonly string[]) => {
    const session = habits.begin()
    for (const step of steps) habits.take(session, step)
    return { odds: Math.log2(1 + session.odds), misfit: session.misfit, crowd: session.crowd }
  }
  const usual = run(['a', 'b', 'c', 'd'])
  assert.ok(usual.odds === 0 && usual.misfit < 3 && usual.crowd === 0)
  assert.ok(run(['a', 'c', 'd']).odds > 4)
  assert.ok(run(['a', 'b', 'c', 'd', ...Array<string>(20).fill('b')]).crowd > 12)
  assert.ok(run(['a', 'b', 'c', 'd', 'c', 'b', 'a']).misfit > 12)
})
