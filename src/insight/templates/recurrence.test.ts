import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recurrenceOf } from './recurrence.ts'

test('texts that stand together elsewhere recur, one that is alone elsewhere does not', () => {
  const [scores, alignments, tools] = [{}, {}, {}]
  const recurrence = recurrenceOf([
    [scores, ['dex', 'wis', 'cha']],
    [alignments, ['dex', 'wis']],
    [tools, ['cha', 'hammer']],
  ])
  const [dex, wis, cha] = recurrence.of(scores, ['dex', 'wis', 'cha'])
  assert.deepEqual(dex, { places: 1, most: 2, likeness: 2 / 3 })
  assert.deepEqual(wis, dex)
  assert.deepEqual(cha, { places: 0, most: 0, likeness: 0 })
})

test('a place does not recur at itself, and one that was not seen before recurs at all', () => {
  const own = {}
  const recurrence = recurrenceOf([[own, ['a', 'b']]])
  assert.equal(recurrence.of(own, ['a', 'b'])[0]?.places, 0)
  assert.equal(recurrence.of(null, ['a', 'b'])[0]?.places, 1)
})

test('a text at very many places is followed to some of them only', () => {
  const places = Array.from({ length: 5_000 }, () => [{}, ['search', 'list']] as const)
  const [found] = recurrenceOf(places).of(null, ['search', 'list'])
  assert.ok((found?.places ?? 0) > 0 && (found?.places ?? 0) < 100)
})
