import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlices } from './slices.ts'

test('work goes on within its slice, then gives way to the loop', async () => {
  let now = 0
  const slices = createSlices(() => now)
  assert.equal(slices.pause(), null)
  now += 1.9
  assert.equal(slices.pause(), null)
  now += 0.2
  let turned = false
  setImmediate(() => {
    turned = true
  })
  const waiting = slices.pause()
  assert.notEqual(waiting, null)
  await waiting
  assert.ok(turned, 'the loop turned meanwhile')
  assert.equal(slices.pause(), null, 'the next slice began when the loop came back')
})
