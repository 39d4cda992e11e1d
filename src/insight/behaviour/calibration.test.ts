import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../lib/canonical-json.ts'
import { axisTailOf, surpriseOf } from './axis-tail.ts'
import { learnItems, scoreOf } from './calibration.ts'
import type { Family, Model } from './model.ts'
import { modelText, readModelText } from './model-file.ts'
import { scoreLine } from './score-line.ts'

/** A number and a word: strange is what lies far from the mean, and a word that never came. */
interface Sample {
  readonly id: string
  readonly value: number
  readonly word: string
}

function createModel(state = { count: 0, sum: 0, squares: 0, words: [] as string[] }): Model<Sample> {
  const words = new Set(state.words)
  return {
    learn({ value, word }) {
      state.count++
      state.sum += value
      state.squares += value * value
      words.add(word)
    },
    judge({ value, word }) {
      const mean = state.sum / Math.max(1, state.count)
      const spread = Math.sqrt(Math.max(1e-9, state.squares / Math.max(1, state.count) - mean * mean))
      const distance = Math.abs(value - mean) / spread
      return {
        signature: state.count === 0 ? null : 'numbers',
        similarity: 1 / (1 + distance),
        deviation: { distance, word: words.has(word) ? 0 : 1 },
        explain: () => [
          { axis: 'distance', text: `${value.toFixed(1)} is ${distance.toFixed(1)} spreads off` },
          ...(words.has(word) ? [] : [{ axis: 'word', text: `${word} never came` }]),
        ],
      }
    },
    dump: () => ({ ...state, words: [...words].sort() }) as unknown as Json,
  }
}

const family: Family<Sample> = {
  format: 'samples',
  axes: [
    { name: 'distance', scale: 1 },
    { name: 'word', scale: 0.2 },
  ],
  async *read() {},
  id: ({ id }) => id,
  key: ({ value, word }) => `${word} ${value}`,
  create: () => createModel(),
  restore(dump) {
    if (typeof (dump as { count?: unknown }).count !== 'number') throw new Error('no count')
    return createModel(structuredClone(dump) as never)
  },
}

function samplesOf(count: number, seed: number): Sample[] {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 4_294_967_296
  }
  return Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    value: Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()),
    word: random() < 0.5 ? 'even' : 'odd',
  }))
}

test('the share of new normal items that are judged abnormal is about the budget', () => {
  const unseen = samplesOf(100_000, 99)
  for (const [size, budget, factor] of [
    [3_000, 1e-2, 2],
    [3_000, 5e-3, 2],
    [50_000, 1e-3, 3],
  ] as const) {
    const { model, calibration } = learnItems(family, samplesOf(size, 5), budget)
    const alarms = unseen.filter(one => scoreOf(calibration, model.judge(one)).score > calibration.threshold).length
    const realised = alarms / unseen.length
    assert.ok(realised < budget * factor && realised > budget / factor, `${realised} for ${budget}`)
  }
})

test('the order of the items and of their lines changes neither model nor scores', () => {
  const samples = samplesOf(500, 3)
  const one = learnItems(family, samples, 1e-2)
  const other = learnItems(family, samples.toReversed(), 1e-2)
  assert.equal(modelText(family, one), modelText(family, other))
})

test('a model that was written and read judges as before', () => {
  const learnt = learnItems(family, samplesOf(500, 3), 1e-2)
  const text = modelText(family, learnt)
  const again = readModelText(text, family)
  assert.equal(modelText(family, again), text)
  const strange = { id: 'x', value: 9, word: 'prime' }
  const line = scoreLine('x', again.model.judge(strange), again.calibration)
  assert.deepEqual(line, scoreLine('x', learnt.model.judge(strange), learnt.calibration))
  assert.equal(line.abnormal, true)
  assert.match(line.explanation, /prime never came/)
})

test('an axis on which nothing ever deviated makes what deviates strange, the more the farther', () => {
  const { model, calibration } = learnItems(family, samplesOf(2_000, 3), 1e-3)
  const usual = scoreOf(calibration, model.judge({ id: 'a', value: 0, word: 'even' }))
  const strange = scoreOf(calibration, model.judge({ id: 'b', value: 0, word: 'prime' }))
  assert.ok(usual.score < calibration.threshold)
  assert.ok(strange.score > calibration.threshold, `${strange.score} ${calibration.threshold}`)
})

test('with nothing learnt to compare, the score is large and finite', () => {
  const { calibration } = learnItems(family, samplesOf(50, 3), 1e-3)
  const line = scoreLine('x', family.create().judge({ id: 'x', value: 1, word: 'a' }), calibration)
  assert.equal(line.signature, null)
  assert.ok(Number.isFinite(line.score) && line.abnormal)
})

test('what is like nothing is an alarm, however small the budget', () => {
  for (const budget of [1e-9, 1e-300]) {
    const { calibration } = learnItems(family, samplesOf(500, 3), budget)
    const { score } = scoreOf(calibration, { signature: null, similarity: 0, deviation: {}, explain: () => [] })
    assert.ok(score > calibration.threshold, `${score} ${calibration.threshold}`)
  }
})

test('one item, or items that are all the same, can be learnt', () => {
  for (const items of [samplesOf(1, 1), Array.from({ length: 20 }, () => ({ id: 'a', value: 1, word: 'even' }))]) {
    const { model, calibration } = learnItems(family, items, 1e-3)
    const line = scoreLine('a', model.judge(items[0] as Sample), calibration)
    assert.equal(line.abnormal, false)
    assert.ok(Number.isFinite(line.score) && Number.isFinite(line.threshold))
  }
})

test('surprise rises with deviation and stays finite', () => {
  for (const tail of [
    axisTailOf([], 1),
    axisTailOf([0, 0, 0, 0], 0.5),
    axisTailOf([0, 0, 0, 3], 1),
    axisTailOf(
      Array.from({ length: 1_000 }, (_, i) => i / 100),
      1,
    ),
  ]) {
    let last = -1
    for (const deviation of [0, 0.1, 1, 3, 9.97, 10, 50, 1e6, 1e300]) {
      const surprise = surpriseOf(tail, deviation)
      assert.ok(surprise >= last && Number.isFinite(surprise), `${surprise} after ${last} at ${deviation}`)
      last = surprise
    }
    assert.ok(last > 3)
  }
})

test('a damaged model is refused with a reason', () => {
  const text = modelText(family, learnItems(family, samplesOf(50, 3), 1e-2))
  for (const [bad, reason] of [
    ['{', /not JSON/],
    ['{}', /not written by/],
    [text.replace('"version":2', '"version":9'), /version 9/],
    [text.replace('"format":"samples"', '"format":"vectors"'), /learnt from vectors/],
    [text.replace('"threshold":', '"treshold":'), /calibration is damaged/],
    [text.replace('"count":50,"squares"', '"cuont":50,"squares"'), /model is damaged: no count/],
  ] as const)
    assert.throws(() => readModelText(bad, family), reason)
})
