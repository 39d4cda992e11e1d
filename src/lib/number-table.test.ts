import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NumberTable } from './number-table.ts'

test('gives what was set, as a Map would, over many growths', () => {
  const table = new NumberTable()
  const map = new Map<number, number>()
  let state = 7
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0)
  for (let i = 0; i < 20_000; i++) {
    // Few low ones that come again, and many of 53 bits.
    const key = i % 3 === 0 ? next() % 500 : (next() % 2_097_152) * 4_294_967_296 + next()
    const value = next()
    table.set(key, value)
    map.set(key, value)
  }
  assert.equal(table.size, map.size)
  for (const [key, value] of map) assert.equal(table.get(key), value)
  for (let i = 0; i < 2000; i++) {
    const key = 1000 + next()
    assert.equal(table.get(key), map.get(key))
  }
})

test('takes 0 and the largest key, and tells them from those that are absent', () => {
  const table = new NumberTable()
  assert.equal(table.get(0), undefined)
  table.set(0, 4_294_967_295)
  table.set(2 ** 53 - 1, 0)
  assert.equal(table.get(0), 4_294_967_295)
  assert.equal(table.get(2 ** 53 - 1), 0)
  assert.equal(table.get(1), undefined)
  assert.equal(table.size, 2)
})
