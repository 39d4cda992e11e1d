import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PaceProfile } from './pace-profile.ts'
import { pacesOf, type PacedCall } from './pace.ts'

const call = (timeMs: number, path: string, more: Partial<PacedCall> = {}): PacedCall => ({
  timeMs,
  principal: 'jane',
  method: 'GET',
  path,
  query: '',
  status: 200,
  ...more,
})

test('counts calls of a minute, targets and failures of ten, of the same principal alone', () => {
  const paces = pacesOf([
    call(0, '/a/1'),
    call(59_999, '/a/2', { status: 404 }),
    call(60_000, '/a/2'),
    null,
    call(60_000, '/b', { principal: 'joe' }),
    call(659_999, '/a/3', { status: 500 }),
    call(660_000, '/b'),
  ])
  assert.deepEqual(paces, [
    { calls: 1, alike: 1, failures: 0 },
    { calls: 2, alike: 2, failures: 1 },
    { calls: 2, alike: 2, failures: 1 },
    null,
    { calls: 1, alike: 1, failures: 0 },
    { calls: 1, alike: 2, failures: 1 },
    { calls: 2, alike: 1, failures: 1 },
  ])
})

test('failures are not known of a call whose answer is not', () => {
  const paces = pacesOf([call(0, '/a', { status: 500 }), call(1, '/a', { status: null }), call(2, '/a')])
  assert.deepEqual(
    paces.map(pace => pace?.failures),
    [1, null, 1],
  )
})

test('calls of one stretch of time are one observation: a caller seen in it alone is judged as all are', () => {
  const profile = new PaceProfile()
  // A hundred callers at any pace, and one who was quiet in the only ten minutes in which it was seen.
  for (let i = 0; i < 100; i++) profile.learn(`p${i}`, 0, { calls: 1 + (i % 10), alike: 1, failures: 0 })
  for (let i = 0; i < 50; i++) profile.learn('once', i, { calls: 1, alike: 1, failures: 0 })
  for (let i = 0; i < 50; i++) profile.learn('ever', i * 3_600_000, { calls: 1, alike: 1, failures: 0 })
  const calls = (principal: string): number => profile.judge(principal, { calls: 10, alike: 1, failures: 0 })?.[0] ?? 0
  assert.ok(calls('once') < 3, `${calls('once')}`)
  assert.ok(calls('ever') > 3, `${calls('ever')}`)
})

test('calls of the same time count for each other, whatever their order', () => {
  const calls = [call(5, '/a/1'), call(5, '/a/2'), call(5, '/a/3', { query: 'x=1' })]
  assert.deepEqual(pacesOf(calls), pacesOf(calls.toReversed()).toReversed())
  assert.equal(pacesOf(calls)[0]?.calls, 3)
})

test('values of a query are targets, names are not', () => {
  const calls = Array.from({ length: 20 }, (_, i) => call(i, '/search', { query: `id=${i}` }))
  assert.equal(pacesOf(calls).at(-1)?.alike, 20)
})
