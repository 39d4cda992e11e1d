import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance } from './edit-distance.ts'

test('counts insertions, deletions and replacements', () => {
  assert.equal(editDistance([], [], 4), 0)
  assert.equal(editDistance([1, 2, 3], [1, 2, 3], 4), 0)
  assert.equal(editDistance([1, 2, 3], [1, 3], 4), 1)
  assert.equal(editDistance([1, 3], [1, 2, 3, 4], 1), 2)
  assert.equal(editDistance([1, 2, 3, 4], [2, 1, 3, 5], 4), 3)
  assert.equal(editDistance([], [1, 2, 3], 0), 3)
})

test('within a wide band it is the exact distance, and a narrow one never gives less', () => {
  let state = 7
  const next = (): number => (state = (state * 48_271) % 2_147_483_647)
  for (let round = 0; round < 200; round++) {
    const a = Array.from({ length: next() % 6 }, () => next() % 4)
    const b = Array.from({ length: next() % 6 }, () => next() % 4)
    const exact = plain(a, b)
    assert.equal(editDistance(a, b, 12), exact)
    const banded = editDistance(a, b, 1)
    assert.ok(banded >= exact && banded <= Math.max(a.length, b.length))
  }
})

function plain(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  return Math.min(
    plain(a.slice(1), b) + 1,
    plain(a, b.slice(1)) + 1,
    plain(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
  )
}
