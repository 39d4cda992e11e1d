import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withOne } from './short-list.ts'

test('a list grows at its end, whatever its length', () => {
  let list: number[] = []
  const wanted: number[] = []
  for (let i = 0; i < 40; i++) {
    const before = [...list]
    const next = withOne(list, i)
    wanted.push(i)
    assert.deepEqual(next, wanted)
    if (i < 8) assert.deepEqual(list, before, 'who still holds a short one sees no other')
    list = next
  }
})
