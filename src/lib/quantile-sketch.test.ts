import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { QuantileSketch } from './quantile-sketch.ts'

const values = fc.array(fc.double({ min: 0.01, max: 200, noNaN: true }), { minLength: 1, maxLength: 300 })

function sketchOf(list: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch()
  for (const value of list) sketch.add(value)
  return sketch
}

test('every quantile is within one per cent of the value at its rank', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
      const sorted = list.toSorted((a, b) => a - b)
      const exact = sorted[Math.floor(q * (sorted.length - 1))] as number
      const near = sketchOf(list).quantile(q)
      assert.ok(Math.abs(near - exact) <= exact * 0.0101, `${near} for ${exact}`)
    }),
  )
})

test('merging in any order gives what one sketch of all values gives', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const left = sketchOf(a)
      left.merge(sketchOf(b))
      const right = sketchOf(b)
      right.merge(sketchOf(a))
      const { sum, ...all } = sketchOf([...a, ...b]).dump()
      const { sum: leftSum, ...merged } = left.dump()
      assert.deepEqual(merged, all)
      assert.deepEqual({ ...right.dump(), sum: 0 }, { ...merged, sum: 0 })
      assert.ok(Math.abs(sum - leftSum) <= sum * 1e-12)
    }),
  )
})

test('a dump restores to the same sketch', () => {
  const sketch = sketchOf([0, 0, 1, 2.5, 70_000])
  const again = QuantileSketch.restore(JSON.parse(JSON.stringify(sketch.dump())))
  assert.deepEqual(again.dump(), sketch.dump())
  assert.equal(again.count, 5)
  assert.equal(again.quantile(0), 0)
  assert.deepEqual(QuantileSketch.restore(new QuantileSketch().dump()).dump(), new QuantileSketch().dump())
})

test('stays within its buckets whatever comes, and keeps the upper quantiles', () => {
  const sketch = new QuantileSketch()
  for (let i = 0; i < 5000; i++) sketch.add(1.03 ** (i % 1000))
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -1]) sketch.add(odd)
  assert.equal(sketch.count, 5000)
  assert.ok(sketch.dump().buckets.length <= 512)
  const exact = 1.03 ** 990
  assert.ok(Math.abs(sketch.quantile(0.99) - exact) <= exact * 0.05)
})
