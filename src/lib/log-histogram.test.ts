import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { LogHistogram } from './log-histogram.ts'

const values = fc.array(
  fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.double({ min: 0, max: 100, noNaN: true })),
  { maxLength: 200 },
)

function filled(list: readonly number[]): LogHistogram {
  const histogram = new LogHistogram()
  for (const value of list) histogram.add(value)
  return histogram
}

describe('a histogram of ratios', () => {
  it('is the same whatever the order and the grouping, and small', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = filled([...a, ...b])
        const parts = filled(b)
        parts.merge(filled(a))
        assert.deepEqual(parts.dump(), whole.dump())
        assert.deepEqual(filled([...a, ...b].toReversed()).dump(), whole.dump())
        assert.deepEqual(
          LogHistogram.restore(JSON.parse(JSON.stringify(whole.dump())) as number[]).dump(),
          whole.dump(),
        )
        assert.ok(whole.dump().length <= 1 + 2 * 48)
        assert.equal(whole.count, a.length + b.length)
      }),
    )
  })

  it('tells quantiles within a bucket', () => {
    const histogram = filled(Array.from({ length: 1000 }, (_, i) => 10 + i / 10))
    for (const q of [0, 0.25, 0.5, 0.9, 1]) {
      const right = 10 + q * 99.9
      assert.ok(
        histogram.quantile(q) >= right * 0.99 && histogram.quantile(q) <= right * 1.12,
        `${q}: ${histogram.quantile(q)}`,
      )
    }
    assert.ok(Number.isNaN(new LogHistogram().quantile(0.5)))
    assert.equal(filled([-5, 0, 0, 0, 5]).quantile(0.5), 0)
    assert.ok(filled([-5, -5, -5, 0, 5]).quantile(0.5) <= -5)
  })

  it('refuses a dump that it did not write', () => {
    for (const dump of [[-1], [99], [0, 1], [0, 1.5, 1], [0, 1, Number.NaN]])
      assert.throws(() => LogHistogram.restore(dump), RangeError)
  })
})
