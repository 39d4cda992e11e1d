import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountTable } from './count-table.ts'

test('holds what a Map holds, for small, large and neighbouring keys', () => {
  const table = new CountTable()
  const map = new Map<number, number>()
  for (let i = 0; i < 20_000; i++) {
    const key = [i % 500, (i % 700) * 2 ** 26, (i % 900) * 2 ** 32 + 7, 2 ** 53 - 1 - (i % 300)][i % 4] as number
    const sum = (map.get(key) ?? 0) + (i % 5)
    map.set(key, sum)
    assert.equal(table.add(key, i % 5), sum)
  }
  assert.equal(table.size, map.size)
  for (const [key, value] of map) assert.equal(table.get(key, -1), value)
  assert.equal(table.get(12_345_678, -1), -1)
  const seen = new Map<number, number>()
  table.each((key, value) => seen.set(key, value))
  assert.deepEqual([...seen].sort(), [...map].sort())
})

test('a count stays at the largest instead of turning negative', () => {
  const table = new CountTable()
  table.set(5, 2_147_483_600)
  assert.equal(table.add(5, 1_000), 2_147_483_647)
})
