import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiWorld, call, calls } from '../../../quality/behaviour/parameters/api-world.ts'
import { attackCalls } from '../../../quality/behaviour/parameters/attacks.ts'
import { itemsOf } from '../../../quality/behaviour/parameters/measure.ts'
import { seeded } from '../../../quality/traffic/seeded.ts'
import { learnItems, scoreOf } from './calibration.ts'
import type { ExchangeItem } from './families/exchanges/exchange-item.ts'
import { exchanges } from './families/exchanges/exchanges.ts'
import { modelText } from './model-file.ts'
import { sift } from './sift.ts'

const world = apiWorld('step out')
const normal = await itemsOf(calls(world, 2_500, 'step out'))
const attacks = await itemsOf(
  [...attackCalls(world, 12, 'step out')].flatMap(([, list]) => list.map(one => ({ ...one, id: `attack ${one.id}` }))),
)
const hidden = attacks.filter((_, i) => i % 7 === 3)
const others = attacks.filter((_, i) => i % 7 !== 3)
const mixed = normal.flatMap((item, i) => {
  const attack = i % 90 === 7 ? hidden[(i - 7) / 90] : undefined
  return attack === undefined ? [item] : [item, attack]
})
const isAttack = ({ id }: ExchangeItem): boolean => String(id).startsWith('attack')
const fromNormal = learnItems(exchanges, normal, 1e-3)
const fromMixed = learnItems(exchanges, mixed, 1e-3)
const found = ({ model, calibration }: typeof fromMixed): number =>
  others.filter(item => scoreOf(calibration, model.judge(item)).score > calibration.threshold).length

test('of normal calls nothing steps out', () => {
  assert.deepEqual(fromNormal.setAside, [])
})

test('one attack in a hundred calls steps out, hardly anything else does, and the likes of it are found as if it had not been there', () => {
  const attacked = fromMixed.setAside.filter(isAttack).length
  assert.ok(attacked >= 0.7 * hidden.length, `${attacked} of ${hidden.length}`)
  assert.ok(fromMixed.setAside.length - attacked <= 3, `${fromMixed.setAside.length - attacked} normal ones`)
  assert.ok(
    found(fromMixed) >= found(fromNormal) - 0.06 * others.length,
    `${found(fromMixed)} instead of ${found(fromNormal)}`,
  )
})

test('of clean contents nothing steps out, though one axis has a longer tail than its bulk promises', async () => {
  // 48 times as many texts as promised are strange; with evidence of one axis alone they were left out.
  assert.deepEqual(sift(exchanges, await itemsOf(calls(apiWorld('dev-7'), 8_000, 'dev-7 train'))).setAside, [])
})

test('a way to be normal of one in a hundred stays, though it is strange in many respects at once', async () => {
  const random = seeded('a partner')
  const partner = await itemsOf(
    Array.from({ length: 28 }, (_, i) => {
      const one = call(random.pick(world), random, `partner ${i}`)
      return {
        ...one,
        headers: { ...one.headers, 'user-agent': 'Partner {build: 7} <batch>', 'x-partner': 'a;b;c', 'x-lot': '####' },
      }
    }),
  )
  const { setAside } = sift(exchanges, [...mixed, ...partner], { attacked: true })
  assert.ok(setAside.some(isAttack))
  // A few of them are odd besides.
  const gone = setAside.filter(({ id }) => String(id).startsWith('partner')).length
  assert.ok(gone <= partner.length / 4, `${gone} of ${partner.length}`)
})

test('what somebody calls normal stays', () => {
  const said = new Set(hidden.slice(0, 4))
  const { setAside } = sift(exchanges, mixed, { normal: said })
  assert.ok(setAside.some(isAttack))
  assert.ok(setAside.every(item => !said.has(item)))
})

test('the order of lines changes nothing', () => {
  assert.equal(modelText(exchanges, fromMixed), modelText(exchanges, learnItems(exchanges, mixed.toReversed(), 1e-3)))
})
