import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calibrate } from './calibration.ts'
import type { Judgement } from './model.ts'
import { scoreLine } from './score-line.ts'

const judgement = (range: number, path: number): Judgement => ({
  signature: 'GET /orders/{id}',
  similarity: 0.8,
  deviation: { range, path },
  explain: () => [],
})
const axes = [
  { name: 'range', scale: 1 },
  { name: 'path', scale: 1 },
]
const normal = Array.from({ length: 2000 }, (_, i) => judgement((i * 7919) % 100, (i * 104_729) % 100))
const calibration = calibrate(axes, normal, 1e-2)

test('nothing is abnormal without a word: where the model speaks of nothing, the strangest axis is named', () => {
  const line = scoreLine('a', judgement(500, 3), calibration)
  assert.equal(line.abnormal, true)
  assert.match(
    line.explanation,
    /^like GET \/orders\/\{id\}, but its range is as strange as that of one normal item in [\d,]+$/,
  )
})

test('a normal item without anything odd is like its signature, and no more is said', () => {
  const line = scoreLine('a', judgement(20, 3), calibration)
  assert.equal(line.abnormal, false)
  assert.equal(line.explanation, 'like GET /orders/{id}')
})
