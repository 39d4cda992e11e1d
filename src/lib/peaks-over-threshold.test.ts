import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitExcesses, fitTail, quantileFor, tailProbability } from './peaks-over-threshold.ts'

/** Mulberry32: the same numbers on every machine. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const draws: Readonly<Record<string, (random: () => number) => number>> = {
  exponential: random => -Math.log(1 - random()),
  pareto: random => (1 - random()) ** -0.4,
  bounded: random => random() + random(),
  'log-normal': random => Math.exp(0.8 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
}

for (const [name, draw] of Object.entries(draws))
  test(`a threshold for one alarm in a hundred or a thousand is kept within a factor of two on ${name} values`, () => {
    for (const [size, budget] of [
      [5_000, 1e-2],
      [20_000, 1e-3],
    ] as const) {
      const random = randomOf(7)
      const tail = fitTail(Array.from({ length: size }, () => draw(random)))
      assert.ok(tail !== null)
      const threshold = quantileFor(tail, budget)
      let alarms = 0
      for (let i = 0; i < 400_000; i++) if (draw(random) > threshold) alarms++
      const realised = alarms / 400_000
      assert.ok(realised < 2 * budget && realised > budget / 2, `${realised} for ${budget}`)
    }
  })

test('the shape of a generalised Pareto distribution is found', () => {
  const random = randomOf(3)
  for (const shape of [-0.2, 0.1, 0.4]) {
    const fitted = fitExcesses(Array.from({ length: 20_000 }, () => ((1 - random()) ** -shape - 1) / shape))
    assert.ok(fitted !== null && Math.abs(fitted.shape - shape) < 0.04, `${fitted?.shape} for ${shape}`)
    assert.ok(Math.abs(fitted.scale - 1) < 0.06, String(fitted.scale))
  }
})

test('probability and quantile are each other’s inverse, and fall steadily', () => {
  for (const shape of [-0.3, 0, 0.5]) {
    const tail = { above: 3, share: 0.02, shape, scale: 2 }
    for (const probability of [1e-2, 1e-3, 1e-5])
      assert.ok(Math.abs(tailProbability(tail, quantileFor(tail, probability)) / probability - 1) < 1e-9)
    assert.equal(tailProbability(tail, 2), 0.02)
    assert.ok(tailProbability(tail, 5) > tailProbability(tail, 6))
  }
})

test('equal values, no values and values that are none have no tail', () => {
  assert.equal(fitTail([]), null)
  assert.equal(fitTail([1, 1, 1]), null)
  assert.equal(fitTail([Number.NaN, Number.POSITIVE_INFINITY]), null)
  assert.equal(fitExcesses([0, -1]), null)
})

test('few excesses give an extrapolation that is finite and beyond what was seen', () => {
  for (const excesses of [[1], [1, 1, 1], [1e-9, 1e9], [0.5, 0.6, 0.7, 0.7, 0.9]]) {
    const fitted = fitExcesses(excesses)
    assert.ok(fitted !== null && fitted.scale > 0 && Number.isFinite(fitted.scale))
    const threshold = quantileFor({ above: 0, share: 0.1, ...fitted }, 1e-6)
    assert.ok(Number.isFinite(threshold) && threshold > 0)
  }
})
