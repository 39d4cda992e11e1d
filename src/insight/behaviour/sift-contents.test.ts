import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiWorld, calls } from '../../../quality/behaviour/parameters/api-world.ts'
import { attackCalls } from '../../../quality/behaviour/parameters/attacks.ts'
import { alarms, itemsOf, learnt } from '../../../quality/behaviour/parameters/measure.ts'
import { exchanges } from './families/exchanges/exchanges.ts'
import type { ExchangeItem } from './families/exchanges/exchange-item.ts'
import { sift } from './sift.ts'

/** Calls of an invented API, with attacks of all kinds spread among them, one in a hundred, and as many as 60 of a kind for later. */
async function mixed(seed: string, count: number) {
  const world = apiWorld(seed)
  const normal = await itemsOf(calls(world, count, `${seed} train`))
  const attacks = await itemsOf([...attackCalls(world, 60, seed)].flatMap(([, list]) => list))
  const hidden = count / 100
  const step = attacks.length / hidden
  const among = new Set(Array.from({ length: hidden }, (_, i) => attacks[Math.floor((i + 0.5) * step)] as ExchangeItem))
  return { world, normal, among, items: [...normal, ...among], others: attacks.filter(item => !among.has(item)) }
}

test('of clean contents nothing is set aside, though one axis has a longer tail than its bulk promises', async () => {
  // 48 times as many texts as promised are strange; with evidence of one axis alone they were left out.
  assert.deepEqual(sift(exchanges, await itemsOf(calls(apiWorld('dev-7'), 8_000, 'dev-7 train'))).setAside, [])
})

test('attacks among contents are set aside, and those like them are found, milder ones too', async () => {
  const { items, among, others, normal, world } = await mixed('dev-5', 5_000)
  const model = learnt(items, 1e-3)
  const found = model.setAside.filter(item => among.has(item)).length
  assert.ok(found >= among.size / 2, `${found} of ${among.size}`)
  // Learnt as normal they hid their like: 0.16 of them were found.
  const recall = alarms(model, others) / others.length
  assert.ok(recall > 0.9, `${recall}`)
  const unseen = await itemsOf(calls(world, normal.length, 'dev-5 test'))
  const rate = alarms(model, unseen) / unseen.length
  assert.ok(rate < 0.008, `${rate}`)
})

test('an operation that is called now and then stays, though it was left out whole', async () => {
  // 72 calls of one operation lay among the strangest three in a hundred, and seemed like nothing to a model that did not know it.
  const { items, among } = await mixed('dev-3', 5_000)
  const { setAside } = sift(exchanges, items)
  assert.ok(setAside.length > 0)
  assert.deepEqual(
    setAside.filter(item => !among.has(item)),
    [],
  )
})
