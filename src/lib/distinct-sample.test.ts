import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { DistinctSample } from './distinct-sample.ts'

const values = fc.array(fc.nat(60).map(String), { maxLength: 120 })

function sampled(list: readonly string[]): DistinctSample {
  const sample = new DistinctSample(16, 6)
  for (const value of list) sample.add(value)
  return sample
}

describe('a sample of distinct values', () => {
  it('counts each exactly while there are few', () => {
    const sample = sampled(['a', 'b', 'a', 'c', 'a'])
    assert.deepEqual(
      [sample.complete, sample.distinct, sample.entries()],
      [
        true,
        3,
        [
          ['a', 3],
          ['b', 1],
          ['c', 1],
        ],
      ],
    )
  })

  it('is the same whatever the order and the grouping, and those that stay have their exact counts', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = sampled([...a, ...b])
        const parts = sampled(b)
        parts.merge(sampled(a))
        assert.deepEqual(parts.dump(), whole.dump())
        assert.deepEqual(sampled([...a, ...b].toReversed()).dump(), whole.dump())
        assert.deepEqual(
          DistinctSample.restore(JSON.parse(JSON.stringify(whole.dump())) as unknown[], 16, 6).dump(),
          whole.dump(),
        )
        for (const [value, count] of whole.entries())
          assert.equal(count, [...a, ...b].filter(other => other === value).length)
        assert.ok(whole.entries().length <= (whole.complete ? 16 : 6))
        assert.equal(whole.complete, new Set([...a, ...b]).size <= 16)
      }),
      { numRuns: 60 },
    )
  })

  it('estimates how many there were', () => {
    const sample = new DistinctSample(256)
    for (let i = 0; i < 50_000; i++) sample.add(`value ${i}`)
    assert.equal(sample.complete, false)
    assert.ok(Math.abs(sample.distinct - 50_000) < 10_000, String(sample.distinct))
  })

  it('refuses a dump that it did not write', () => {
    for (const dump of [
      [],
      ['x'],
      [0, 'a'],
      [0, 1, 1],
      [0, 'a', 0.5],
      [0, ...Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? String(i) : 1))],
    ])
      assert.throws(() => DistinctSample.restore(dump, 4), RangeError)
  })
})
