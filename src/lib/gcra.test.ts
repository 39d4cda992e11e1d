import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createGcra } from './gcra.ts'
import { createLeakyBucket } from './leaky-bucket.ts'

/** A bucket as one would explain it: a level in exact fractions (numerators over `amount`), filled by the clock, emptied by requests. */
function naiveBucket(amount: number, windowMs: number, burst: number) {
  // Units of 1 / (windowMs × 1000): a microsecond adds `amount` of them.
  const one = windowMs * 1000
  let level = burst * one
  let lastUs = 0
  return {
    take(nowUs: number): boolean {
      level = Math.min(burst * one, level + (nowUs - lastUs) * amount)
      lastUs = nowUs
      if (level < one) return false
      level -= one
      return true
    },
    whole: () => Math.floor(level / one),
  }
}

const limits = fc.record({
  amount: fc.integer({ min: 1, max: 1000 }),
  windowMs: fc.constantFrom(1_000, 10_000, 60_000),
  burst: fc.integer({ min: 1, max: 50 }),
  startMs: fc.integer({ min: 0, max: 2 ** 35 }),
})

describe('token bucket', () => {
  it('never admits what a bucket of exact fractions refuses, and is at most one microsecond behind it', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 200 }), (limit, gapsUs) => {
        const gcra = createGcra(limit)
        // Two models around it: one on time and one whose clock is late by a rounding.
        const model = naiveBucket(limit.amount, limit.windowMs, limit.burst)
        let state = 0
        let nowUs = 0
        for (const gap of gapsUs) {
          nowUs += gap
          const nowMs = limit.startMs + nowUs / 1000
          const next = gcra.take(state, nowMs)
          if (next === -1) {
            const waitUs = gcra.waitMs(state, nowMs) * 1000
            assert.ok(waitUs > 0)
            assert.notEqual(gcra.take(state, nowMs + (waitUs + 3) / 1000), -1, 'passes after the wait it named')
            if (waitUs > 3) assert.equal(gcra.take(state, nowMs + (waitUs - 3) / 1000), -1, 'and not earlier')
            continue
          }
          state = next
          assert.ok(gcra.remaining(state, nowMs) >= 0 && gcra.remaining(state, nowMs) < limit.burst)
          // Clocks of 0.24 ns resolution near 2^35 ms: the model is moved on by 3 µs before it is asked.
          const allowed = model.take(nowUs + 3)
          assert.ok(allowed, 'the exact bucket had a unit')
          nowUs += 3
        }
      }),
      { numRuns: 300 },
    )
  })

  it('admits the burst in one moment and never one more, whatever the fractions', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 999 }), (limit, us) => {
        const gcra = createGcra(limit)
        const now = limit.startMs + us / 1000
        let state = 0
        for (let i = 0; i < limit.burst; i++) {
          assert.equal(i === 0 ? limit.burst : gcra.remaining(state, now), limit.burst - i)
          state = gcra.take(state, now)
          assert.notEqual(state, -1)
        }
        assert.equal(gcra.remaining(state, now), 0)
        assert.equal(gcra.take(state, now), -1)
      }),
    )
  })

  it('counts a state of a larger limit as an empty bucket, not as a ban', () => {
    const large = createGcra({ amount: 1, windowMs: 60_000, burst: 100 })
    let state = 0
    for (let i = 0; i < 100; i++) state = large.take(state, 1_000)
    const small = createGcra({ amount: 1, windowMs: 1_000, burst: 2 })
    assert.equal(small.take(state, 1_000), -1)
    assert.ok(small.waitMs(state, 1_000) <= 1_001)
  })

  it('holds a limit of a billion a minute to its rate', () => {
    const gcra = createGcra({ amount: 1_000_000_000, windowMs: 60_000 })
    let state = 0
    const now = 2 ** 34
    for (let i = 0; i < 1000; i++) state = gcra.take(state, now)
    assert.equal(gcra.remaining(state, now), 1_000_000_000 - 1000)
  })
})

describe('leaky bucket', () => {
  it('lets requests leave at least one interval apart, in order, and none waits longer than its queue', () => {
    fc.assert(
      fc.property(
        fc.record({
          amount: fc.integer({ min: 1, max: 100 }),
          windowMs: fc.constantFrom(1_000, 10_000),
          queue: fc.integer({ min: 0, max: 20 }),
          delayMs: fc.integer({ min: 1, max: 5_000 }),
        }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        (limit, gaps) => {
          const bucket = createLeakyBucket(limit)
          let state = 0
          let now = 1_000
          let lastLeft = Number.NEGATIVE_INFINITY
          for (const gap of gaps) {
            now += gap
            const next = bucket.slots.take(state, now)
            if (next === -1) {
              assert.ok(
                lastLeft + bucket.intervalMs > now + bucket.queue * bucket.intervalMs - 0.01,
                'refused only when the queue is full',
              )
              continue
            }
            const delay = bucket.delayMs(state, now)
            state = next
            assert.ok(delay <= Math.min(limit.delayMs, limit.queue * bucket.intervalMs) + 0.01)
            assert.ok(now + delay >= lastLeft + bucket.intervalMs - 0.01)
            lastLeft = now + delay
          }
        },
      ),
    )
  })

  it('without a queue refuses instead of waiting', () => {
    const bucket = createLeakyBucket({ amount: 10, windowMs: 1_000, queue: 0, delayMs: 1_000 })
    const state = bucket.slots.take(0, 5_000)
    assert.equal(bucket.delayMs(0, 5_000), 0)
    assert.equal(bucket.slots.take(state, 5_099), -1)
    assert.notEqual(bucket.slots.take(state, 5_100), -1)
  })
})
