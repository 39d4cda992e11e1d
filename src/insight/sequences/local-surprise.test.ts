import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localSurprise } from './local-surprise.ts'

test('a stretch that is stranger than chance is found wherever it lies, and the length around it changes nothing', () => {
  for (const length of [20, 2_000]) {
    const informed = new Float64Array(length).fill(1)
    const bare = new Float64Array(length).fill(3)
    informed.fill(8, 10, 13)
    const { misfit, from, to } = localSurprise(informed, bare)
    assert.deepEqual({ misfit, from, to }, { misfit: 15, from: 10, to: 13 })
  }
})

test('places where anything may follow are no misfit, but cost on average', () => {
  const { misfit, from, to, mean } = localSurprise(new Float64Array(10).fill(6), new Float64Array(10).fill(6))
  assert.deepEqual({ misfit, from, to, mean }, { misfit: 0, from: 0, to: 0, mean: 6 })
  assert.equal(localSurprise(new Float64Array(1), new Float64Array(1)).mean, 0)
})
