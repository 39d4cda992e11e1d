import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeModel } from './time-model.ts'

function modelOf(times: readonly number[]): TimeModel {
  const model = new TimeModel()
  for (const ms of times) model.add(ms)
  return model
}

const spread = Array.from({ length: 2_000 }, (_, i) => 0.01 * 1.005 ** i)

test('mean and variance are those of the values, quantiles lie within a bucket', () => {
  const model = modelOf(spread)
  const mean = spread.reduce((sum, ms) => sum + ms, 0) / spread.length
  assert.ok(Math.abs(model.mean - mean) < 1e-9 * mean)
  const squares = spread.reduce((sum, ms) => sum + (ms - mean) ** 2, 0)
  assert.ok(Math.abs(model.squares - squares) < 1e-9 * squares)
  for (const q of [0.01, 0.1, 0.5, 0.9, 0.99]) {
    const exact = spread[Math.floor(q * spread.length)] as number
    assert.ok(Math.abs(model.quantile(q) / exact - 1) < 0.05, `${q}: ${model.quantile(q)} for ${exact}`)
  }
  assert.equal(new TimeModel().quantile(0.5), 0)
})

test('parts merge into the model of the whole, in any order', () => {
  const whole = modelOf(spread)
  for (const parts of [
    [spread.slice(0, 300), spread.slice(300)],
    [spread.slice(900), [], spread.slice(0, 900)],
  ]) {
    const merged = new TimeModel()
    for (const part of parts) merged.merge(modelOf(part))
    const [count, mean = 0, squares = 0, ...rest] = merged.dump()
    const [wholeCount, wholeMean = 0, wholeSquares = 0, ...wholeRest] = whole.dump()
    assert.equal(count, wholeCount)
    assert.ok(Math.abs(mean / wholeMean - 1) < 1e-9 && Math.abs(squares / wholeSquares - 1) < 1e-9)
    assert.deepEqual(rest, wholeRest)
  }
})

test('what was written is read back; what no model wrote is refused', () => {
  const dump = modelOf([0, 1, 2, 40]).dump()
  assert.deepEqual(TimeModel.restore(JSON.parse(JSON.stringify(dump))).dump(), dump)
  for (const bad of [
    null,
    {},
    [1],
    ['1', 2, 3, 1, 0, 1],
    [2, 1, 0, 1, 0, 1],
    [1, -1, 0, 1, 0, 1],
    [1, 1, 0, 1, 400, 1],
    [1, 1, 0, 1, 0, 1.5],
  ])
    assert.throws(() => TimeModel.restore(bad), RangeError)
})
