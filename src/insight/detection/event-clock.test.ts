import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventClock } from './event-clock.ts'

const start = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Where a clock stands after events at these times, ms since the start, of several clients. */
function after(...times: readonly number[]): number {
  const clock = new EventClock()
  for (const [n, time] of [0, ...times].entries()) clock.at(start + time, `198.51.100.${n % 3}`)
  return clock.nowMs - start
}

describe('the event clock', () => {
  it('follows events, and one far ahead moves nothing', () => {
    assert.equal(after(1000, 2000, 9 * HOUR, 3000), 3000)
  })

  it('after a quiet hour believes the nearest of what comes, whoever says that it is later still', () => {
    const now = HOUR
    assert.equal(after(now, now + 9 * HOUR, now + 9 * HOUR + 5000, now + 9 * HOUR + 9000), now)
  })

  it('goes on where every event comes minutes after the one before', () => {
    const times = Array.from({ length: 40 }, (_, n) => (n + 1) * 5 * MINUTE)
    assert.ok(after(...times) >= 36 * 5 * MINUTE)
  })

  it('is not moved by one client alone, until nobody else was heard for long', () => {
    const clock = new EventClock()
    const far = (): number => clock.at(start + 9 * HOUR, '198.51.100.9') - start
    for (let n = 0; n < 100; n++) {
      assert.equal(clock.at(start + n * 1000, '198.51.100.1') - start, n * 1000)
      // One caller of a node whose clock is wrong comes several times in a row, as at night.
      for (let times = 0; times < 7; times++) assert.equal(far(), n * 1000)
    }
    for (let times = 0; times < 7; times++) far()
    assert.equal(far(), 9 * HOUR)
  })

  it('goes back when it had believed a wrong clock and all others stay behind', () => {
    const wrong = [1, 2, 3, 4].map(n => 9 * HOUR + n * 1000)
    assert.equal(after(...wrong), 9 * HOUR + 4000)
    const right = Array.from({ length: 12 }, (_, n) => (n + 1) * 30_000)
    assert.equal(after(...wrong, ...right), 12 * 30_000)
  })

  it('a batch that comes late among others does not set it back', () => {
    const times = Array.from({ length: 60 }, (_, n) => (n % 4 === 0 ? HOUR + n * 1000 : n * 1000))
    assert.ok(after(HOUR - 1, HOUR - 1, HOUR - 1, HOUR - 1, ...times) >= HOUR)
  })
})
