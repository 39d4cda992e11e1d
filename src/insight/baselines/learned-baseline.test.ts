import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Around, type BaselineDump, LearnedBaseline } from './learned-baseline.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const start = Date.UTC(2026, 0, 5)
const metric = { name: 'calls', unit: 'calls', floor: 0 }

const terms = { warmUp: { samples: 200, spanMs: DAY }, settleMs: 7 * DAY, stepPerDay: 1.1, reach: 2 }

function around(share = 1e-3, more: Partial<Around> = {}): Around {
  return { terms: () => terms, share: () => share, scale: () => 1, sampled: () => {}, ...more }
}

/** Numbers in (0, 1), the same in every run (Park and Miller, CACM 31, 1988). */
function uniform(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

/** 24 values a day, each `of(n)`, from `fromDay`; judged as a detector does. Gives how many were abnormal. */
function live(baseline: LearnedBaseline, days: number, of: (n: number) => number, fromDay = 0): number {
  let abnormal = 0
  for (let n = 0; n < days * 24; n++) {
    const timeMs = start + fromDay * DAY + n * HOUR
    const value = of(n)
    if (baseline.judge(value, timeMs).abnormal) abnormal++
    baseline.learn(value, timeMs)
  }
  return abnormal
}

describe('a learnt baseline', () => {
  it('alarms at nothing until there were enough samples and enough time', () => {
    const quick = new LearnedBaseline(metric, null, around())
    for (let n = 0; n < 1000; n++) quick.learn(5 + (n % 3), start + n)
    assert.deepEqual(quick.judge(1e9, start + 1000), { threshold: 1e9, abnormal: false, warm: false })
    assert.equal(quick.judge(1e9, start + DAY).abnormal, true)
    const few = new LearnedBaseline(metric, null, around())
    for (let n = 0; n < 199; n++) few.learn(5 + (n % 3), start + n * HOUR)
    assert.equal(few.judge(1e9, start + 30 * DAY).abnormal, false)
    few.learn(5, start + 200 * HOUR)
    assert.equal(few.judge(1e9, start + 30 * DAY).abnormal, true)
  })

  it('is judged by its parent while it warms up, and by itself then', () => {
    const parent = new LearnedBaseline(metric, null, around())
    live(parent, 10, n => 100 + (n % 9))
    const child = new LearnedBaseline(metric, parent, around())
    assert.equal(child.judge(1000, start + 10 * DAY).abnormal, true)
    assert.equal(child.judge(90, start + 10 * DAY).abnormal, false)
    live(child, 10, n => 5 + (n % 3), 10)
    assert.equal(child.judge(90, start + 20 * DAY).abnormal, true)
    assert.equal(child.judge(6, start + 20 * DAY).abnormal, false)
  })

  for (const [shape, draw] of [
    ['exponential', (u: number) => -10 * Math.log(u)],
    ['heavy-tailed', (u: number) => 10 * (u ** -0.3 - 1)],
  ] as const)
    it(`keeps the budget of false alarms on a stream that is ${shape}, within a factor of three`, () => {
      const share = 0.005
      const baseline = new LearnedBaseline(metric, null, around(share))
      const next = uniform(7)
      let [judged, abnormal] = [0, 0]
      for (let n = 0; n < 60_000; n++) {
        const timeMs = start + n * 60_000
        const value = draw(next())
        const one = baseline.judge(value, timeMs)
        if (one.warm && n >= 5000) {
          judged++
          if (one.abnormal) abnormal++
        }
        baseline.learn(value, timeMs)
      }
      const realised = abnormal / judged
      assert.ok(realised > share / 3 && realised < share * 3, `${abnormal} of ${judged}`)
    })

  it('moves by at most a tenth a day once it has settled, and never beyond its reach: slow drift meets a wall', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    live(baseline, 14, n => 10 + (n % 5))
    const reference = baseline.reference as number
    let [before, value] = [baseline.threshold(start + 14 * DAY) as number, 14]
    let blocked = 0
    for (let day = 14; day < 80; day++) {
      // Who drifts stays just below what is allowed, as long as that helps.
      value *= 1.05
      for (let hour = 0; hour < 24; hour++) baseline.learn(value, start + day * DAY + hour * HOUR)
      const after = baseline.threshold(start + (day + 1) * DAY) as number
      assert.ok(after <= before * 1.1 + 1e-9 && after >= before / 1.1 - 1e-9, `day ${day}: ${before} to ${after}`)
      assert.ok(after <= reference * 2 && after >= reference / 2)
      if (baseline.judge(value, start + (day + 1) * DAY).abnormal) blocked++
      before = after
    }
    assert.ok(blocked > 30, `${blocked} days were abnormal`)
    assert.equal(baseline.reference, reference, 'the reference is frozen')
  })

  it('learns nothing of what was abnormal, and counts it', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    live(baseline, 10, n => 10 + (n % 5))
    const { samples } = baseline
    const normal = baseline.describe()
    for (let n = 0; n < 500; n++) baseline.learn(5000, start + 10 * DAY + n)
    assert.deepEqual([baseline.samples, baseline.abnormal, baseline.describe()], [samples, 500, normal])
  })

  it('takes nothing that is no value: NaN, Infinity, below zero, a time that is none', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    live(baseline, 10, n => 10 + (n % 5))
    const dump = JSON.stringify(baseline.dump())
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])
      baseline.learn(value, start + 10 * DAY)
    baseline.learn(11, Number.NaN)
    assert.equal(JSON.stringify(baseline.dump()), dump)
    assert.equal(baseline.judge(Number.POSITIVE_INFINITY, start + 10 * DAY).abnormal, true)
    const cold = new LearnedBaseline({ ...metric, floor: 3 }, null, around())
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.deepEqual(cold.judge(value, start), { threshold: 3, abnormal: false, warm: false })
  })

  it('looking at it moves it not', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    live(baseline, 14, n => 10 + (n % 5))
    const dump = JSON.stringify(baseline.dump())
    const seen = baseline.peek(start + 20 * DAY)
    assert.equal(JSON.stringify(baseline.dump()), dump)
    assert.equal(seen.threshold, baseline.threshold(start + 20 * DAY), 'and it shows what would be in force')
  })

  it('says of the latest values, and no others, which a threshold would have called abnormal', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    for (let n = 0; n < 1000; n++) baseline.learn(n, start + n)
    assert.deepEqual(baseline.replay(899), { judged: 128, wouldAlarm: 100 })
    assert.deepEqual(baseline.replay(1000), { judged: 128, wouldAlarm: 0 })
  })

  it('goes on over a restart exactly as if there was none, wherever that falls', () => {
    const next = uniform(11)
    const values = Array.from({ length: 12_000 }, () => -10 * Math.log(next()))
    const whole = new LearnedBaseline(metric, null, around())
    let broken = new LearnedBaseline(metric, null, around())
    for (const [n, value] of values.entries()) {
      const timeMs = start + n * 300_000
      assert.deepEqual(whole.judge(value, timeMs), broken.judge(value, timeMs), `value ${n}`)
      whole.learn(value, timeMs)
      broken.learn(value, timeMs)
      if (n % 777 !== 0) continue
      const kept = JSON.parse(JSON.stringify(broken.dump())) as BaselineDump
      broken = new LearnedBaseline(metric, null, around())
      broken.restore(kept)
    }
    assert.deepEqual(broken.dump(), whole.dump())
    assert.deepEqual(broken.replay(20), whole.replay(20))
  })

  it('refuses a dump that is none, and stays what it was', () => {
    const baseline = new LearnedBaseline(metric, null, around())
    live(baseline, 10, n => 10 + (n % 5))
    const good = baseline.dump()
    const hostile = [
      { ...good, level: 'high' },
      { ...good, judged: [null] },
      { ...good, judged: undefined },
      { ...good, said: { mode: 'manual', threshold: null, more: 1 } },
      { ...good, said: { mode: 'expert', threshold: 3 } },
      { ...good, said: undefined },
      { ...good, tail: { ...good.tail, peaks: ['x'] } },
      { ...good, tail: { ...good.tail, n: -5 } },
      { ...good, tail: null },
    ]
    for (const dump of hostile) {
      assert.throws(() => baseline.restore(dump as never), Error, JSON.stringify(dump).slice(0, 80))
      assert.deepEqual(baseline.dump(), good)
    }
  })

  it('stays small, whatever it learns', () => {
    const baseline = new LearnedBaseline(metric, null, around(0.005))
    const next = uniform(3)
    for (let n = 0; n < 100_000; n++) baseline.learn(next() * 1e6, start + n * 60_000)
    assert.ok(JSON.stringify(baseline.dump()).length < 20_000)
  })
})
