import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlices } from './slices.ts'

test('work goes on within its slice, then gives way to the loop and collects what it made', async () => {
  let now = 0
  let collected = 0
  const slices = createSlices(
    () => now,
    () => collected++,
  )
  assert.equal(slices.pause(), null)
  now += 2.9
  assert.equal(slices.pause(), null)
  assert.equal(collected, 0)
  now += 0.2
  let turned = false
  setImmediate(() => {
    turned = true
  })
  const waiting = slices.pause()
  assert.notEqual(waiting, null)
  assert.equal(collected, 1)
  await waiting
  assert.ok(turned, 'the loop turned meanwhile')
  assert.equal(slices.pause(), null, 'the next slice began when the loop came back')
})

test('the launcher lets workers collect', () => {
  assert.equal(typeof globalThis.gc, 'function')
})
