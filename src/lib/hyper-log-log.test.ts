import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HyperLogLog, sketchHash } from './hyper-log-log.ts'

function counted(from: number, to: number): HyperLogLog {
  const made = new HyperLogLog()
  for (let i = from; i < to; i++) made.add(sketchHash(`value ${i}`))
  return made
}

test('counts exactly up to 16 distinct values', () => {
  for (let n = 0; n <= 16; n++) {
    const made = counted(0, n)
    for (let i = 0; i < n; i++) made.add(sketchHash(`value ${i}`))
    assert.equal(made.count(), n)
  }
})

test('stays within four standard errors from 17 to a million', () => {
  for (const n of [17, 40, 100, 300, 1_000, 10_000, 100_000, 1_000_000]) {
    const error = Math.abs(counted(0, n).count() - n) / n
    assert.ok(error < 4 * 0.065, `${n}: ${error}`)
  }
})

test('merging gives what adding everything to one would give', () => {
  for (const [a, b] of [
    [5, 5],
    [5, 500],
    [500, 5],
    [500, 900],
  ] as const) {
    const merged = counted(0, a)
    merged.merge(counted(a - 3, a + b))
    assert.deepEqual(merged.dump(), counted(0, a + b).dump())
  }
})

test('counts anew after more was added or merged', () => {
  const made = counted(0, 500)
  const before = made.count()
  for (let i = 500; i < 2_000; i++) made.add(sketchHash(`value ${i}`))
  assert.equal(made.count(), counted(0, 2_000).count())
  assert.ok(made.count() > before)
  made.merge(counted(2_000, 6_000))
  assert.equal(made.count(), counted(0, 6_000).count())
})

test('a dump comes back, and what is no dump is refused', () => {
  for (const n of [0, 3, 16, 17, 5_000]) {
    const made = counted(0, n)
    assert.equal(HyperLogLog.restore(JSON.parse(JSON.stringify(made.dump())))?.count(), made.count())
  }
  for (const wrong of [
    null,
    {},
    'AAAA',
    [1.5],
    ['x'],
    Array.from({ length: 17 }, (_, i) => i),
    Buffer.alloc(256, 255).toString('base64'),
  ])
    assert.equal(HyperLogLog.restore(wrong), null)
})
