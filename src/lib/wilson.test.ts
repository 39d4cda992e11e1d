import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wilsonLower, wilsonUpper } from './wilson.ts'

describe('the Wilson bounds', () => {
  it('are those of the textbook', () => {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (const [hits, trials, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      assert.ok(
        Math.abs(wilsonLower(hits, trials) - low) < 0.0001,
        `${hits} of ${trials}: ${wilsonLower(hits, trials)}`,
      )
      assert.ok(
        Math.abs(wilsonUpper(hits, trials) - high) < 0.0001,
        `${hits} of ${trials}: ${wilsonUpper(hits, trials)}`,
      )
    }
  })

  it('claim nothing without trials, and more with more', () => {
    assert.deepEqual([wilsonLower(0, 0), wilsonUpper(0, 0)], [0, 1])
    assert.ok(wilsonLower(10, 10) < wilsonLower(100, 100) && wilsonLower(100, 100) < 1)
  })
})
