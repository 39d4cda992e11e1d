import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Habits } from '../../sequences/habits.ts'
import { beginSession, endQuiet, noSessions, type OpenSession, runningAt } from './open-sessions.ts'

const minute = 60_000
const habits = new Habits()
for (let i = 0; i < 10; i++) habits.learn(['a', 'b'])

function actor({ traced = true } = {}) {
  const sessions = noSessions()
  const ended: OpenSession[] = []
  const step = (timeMs: number, name: string, service = 'shop'): OpenSession => {
    const start = {
      service,
      scope: `people ${service}`,
      habits,
      judged: true,
      counted: true,
      traced,
      sinceMs: 0,
      timeMs,
    }
    const open = runningAt(sessions, start.scope, timeMs) ?? beginSession(sessions, start, one => ended.push(one))
    open.steps.push(name)
    open.lastMs = timeMs
    habits.take(open.session, { name, changes: true, done: true })
    return open
  }
  return { sessions, ended, step }
}

test('half an hour without a call ends a session; soon after it the next one knows what was done before', () => {
  const { ended, step, sessions } = actor()
  const first = step(100 * minute, 'a')
  assert.equal(step(129 * minute, 'b'), first)
  endQuiet(sessions, 158 * minute, one => ended.push(one))
  assert.equal(ended.length, 0)
  endQuiet(sessions, 160 * minute, one => ended.push(one))
  assert.deepEqual(ended, [first])
  const second = step(200 * minute, 'c')
  assert.deepEqual(second.session.earlier, first.session.seen)
  assert.deepEqual(step(600 * minute, 'a').session.earlier, [])
})

test('what was done at another service prepares nothing', () => {
  const { step } = actor()
  step(100 * minute, 'a', 'carts')
  assert.deepEqual(step(140 * minute, 'b', 'orders').session.earlier, [])
})

test('what never pauses ends too, and the next part knows the one before', () => {
  const { ended, step } = actor()
  for (let i = 0; i < 200; i++) step(100 * minute + i, 'a')
  assert.equal(ended.length, 0)
  const next = step(101 * minute, 'b')
  assert.equal(ended.length, 1)
  assert.equal(next.session.earlier.length, 1)
})

test('a session that may have begun before anybody watched, or is of somebody else, is not whole', () => {
  assert.equal(actor().step(29 * minute, 'b').session.whole, false)
  assert.equal(actor().step(31 * minute, 'b').session.whole, true)
  assert.equal(actor({ traced: false }).step(31 * minute, 'b').session.whole, false)
})

test('an actor has four sessions at the same time and remembers four', () => {
  const { ended, sessions, step } = actor()
  for (let i = 0; i < 12; i++) step(100 * minute + i, 'a', `service ${i}`)
  assert.equal(sessions.open.length, 4)
  assert.equal(sessions.left.length, 4)
  assert.equal(ended.length, 8)
})
