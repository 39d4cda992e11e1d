import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Habits, type Session, type SessionKind } from './habits.ts'

const sessions = Array.from({ length: 300 }, (_, i) => [
  'a',
  ...(i % 3 === 0 ? ['b', 'b'] : ['b']),
  'c',
  i % 5 === 0 ? 'e' : 'd',
])
const whole: SessionKind = { whole: true, earlier: [], counted: true }

function learnt(): Habits {
  const habits = new Habits()
  for (const steps of sessions) habits.learn(steps)
  return habits
}

function run(
  habits: Habits,
  steps: readonly string[],
  { kind = whole, changes = true, done = true }: { kind?: SessionKind; changes?: boolean; done?: boolean } = {},
): Session {
  const session = habits.begin(kind)
  for (const name of steps) habits.take(session, { name, changes, done })
  return session
}

test('a usual session is not strange', () => {
  const session = run(learnt(), ['a', 'b', 'b', 'c', 'd'])
  assert.ok(session.missing < 1 && session.liberty.bits < 3 && session.misfit < 3, JSON.stringify(session))
})

test('a step without what always comes before it is strange, and reading is not', () => {
  const habits = learnt()
  const session = run(habits, ['a', 'c', 'd'])
  assert.ok(session.missing > 8)
  assert.equal(habits.parts.vocabulary.nameOf(session.missingStep), 'c')
  assert.equal(run(habits, ['a', 'c', 'd'], { changes: false }).missing, 0)
})

test('what was done before a pause prepares what is done after it; a session seen from its middle on is not judged so', () => {
  const habits = learnt()
  const { seen } = run(habits, ['a', 'b'])
  assert.ok(run(habits, ['c', 'd']).missing > 8)
  assert.ok(run(habits, ['c', 'd'], { kind: { ...whole, earlier: seen } }).missing < 1)
  assert.equal(run(habits, ['c', 'd'], { kind: { ...whole, whole: false } }).missing, 0)
})

test('one of several ways to prepare a step is enough, none is strange', () => {
  const habits = new Habits()
  const ways = ['card', 'invoice', 'voucher']
  for (let i = 0; i < 600; i++) habits.learn([ways[i % 3] as string, 'pay'])
  for (const way of ways) assert.ok(run(habits, [way, 'pay']).liberty.bits < 3)
  assert.ok(run(habits, ['pay']).liberty.bits > 8)
})

test('a step again and again is the stranger the oftener; attempts that fail and programs do not count', () => {
  const habits = learnt()
  const bits = [3, 6, 12].map(times => run(habits, ['a', 'b', 'c', ...Array<string>(times).fill('d')]).liberty.bits)
  assert.ok((bits[0] as number) > 8 && (bits[1] as number) > (bits[0] as number) + 8)
  assert.ok((bits[2] as number) > (bits[1] as number) + 8)
  const again = ['a', 'b', 'c', ...Array<string>(12).fill('d')]
  assert.ok(run(habits, again, { kind: { ...whole, counted: false } }).liberty.bits < 3)
  assert.equal(run(habits, again, { done: false }).liberty.bits, 0)
})

test('what is polled may be polled a little longer', () => {
  const habits = new Habits()
  for (let i = 0; i < 300; i++) habits.learn(['a', ...Array<string>(20 + (i % 30)).fill('poll')])
  assert.ok(run(habits, ['a', ...Array<string>(60).fill('poll')]).liberty.bits < 14)
})

test('steps backwards are strange, two usual sessions at the same time are not', () => {
  const habits = new Habits()
  for (let i = 0; i < 400; i++) habits.learn(i % 2 === 0 ? ['a', 'b', 'c', 'd', 'e'] : ['p', 'q', 'r', 's', 't'])
  assert.ok(run(habits, ['e', 'd', 'c', 'b', 'a']).misfit > 18)
  assert.ok(run(habits, ['a', 'p', 'b', 'q', 'c', 'r', 'd', 's', 'e', 't']).misfit < 10)
})

test('an order that waits is not learnt; the counts are', () => {
  const habits = learnt()
  for (let i = 0; i < 50; i++) habits.learn(['d', 'c', 'b', 'a', 'a'], { whole: true, ordered: false })
  assert.deepEqual(habits.newPairs(['d', 'c', 'b']), ['d → c', 'c → b'])
  assert.deepEqual(habits.newCounts(['a', 'a', 'c', 'c', 'c', 'b']), ['c ×3'])
})

test('habits come back from their dump, and judge and go on as before', () => {
  const habits = learnt()
  const restored = new Habits(habits.dump())
  for (const one of [habits, restored]) one.learn(['a', 'c', 'c', 'b'])
  assert.deepEqual(restored.dump(), habits.dump())
  const strange = ['d', 'a', 'c', 'c', 'c', 'b', 'a']
  const [before, after] = [run(habits, strange), run(restored, strange)]
  assert.equal(after.misfit, before.misfit)
  // What is expected before what is worked out anew, from a few more sessions.
  assert.ok(Math.abs(after.missing - before.missing) < 0.5)
  assert.equal(after.liberty.bits, before.liberty.bits)
})

test('names without end are forgotten, and what was known of them too', () => {
  const habits = new Habits()
  for (let i = 0; i < 4_000; i++) habits.learn([`once ${i}`, 'a', 'b'])
  const { names } = habits.dump() as { names: string[] }
  assert.ok(names.length <= 1_024 && names.includes('a'))
  assert.ok(habits.parts.counts.table.rows(symbol => symbol).length < 2 * 4_096)
})
