import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../../quality/traffic/seeded.ts'
import { learnItems, scoreOf } from './calibration.ts'
import type { VectorItem } from './families/vectors/vector-item.ts'
import { vectors } from './families/vectors/vectors.ts'
import type { FileLine } from './model.ts'
import { modelText } from './model-file.ts'
import { sift } from './sift.ts'

type Edges = Readonly<Record<string, number>>

async function itemsOf(kind: string, all: readonly Edges[]): Promise<VectorItem[]> {
  async function* lines(): AsyncGenerator<FileLine> {
    for (const [i, edges] of all.entries()) yield { text: JSON.stringify({ id: `${kind}-${i}`, edges }), number: i + 1 }
  }
  const items: VectorItem[] = []
  for await (const item of vectors.read(lines(), () => assert.fail('a line did not read'))) items.push(item)
  return items
}

const random = seeded('sift')

/** Log-normal for most, with the heavy tail that times have. */
function ms(typical: number): number {
  const sum = Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b, -6)
  return typical * Math.exp(0.3 * sum) + (random.next() < 0.05 ? typical * (random.next() ** -0.3 - 1) : 0)
}

function visit(): Edges {
  const edges: Record<string, number> = { shop: ms(80), 'shop/cart': ms(30), 'shop/cart/db': ms(8) }
  if (random.next() < 0.4) edges['shop/price'] = ms(5)
  if (random.next() < 0.2) edges['shop/cart/stock'] = ms(9)
  return edges
}

/** Of several kinds: calls that nobody makes, calls that are missing, calls that take ten times as long. */
function attack(i: number): Edges {
  const edges = { ...visit() } as Record<string, number>
  switch (i % 3) {
    case 0:
      return { ...edges, [`shop/admin${i % 7}`]: ms(4), [`shop/export${i % 5}`]: ms(90) }
    case 1:
      delete edges['shop/cart/db']
      delete edges['shop/cart']
      return { ...edges, [`auth${i % 4}`]: ms(4) }
    default:
      return Object.fromEntries(Object.entries(edges).map(([name, time]) => [name, time * (8 + (i % 9))]))
  }
}

const normal = await itemsOf('n', Array.from({ length: 2_970 }, visit))
const attacks = await itemsOf(
  'a',
  Array.from({ length: 30 }, (_, i) => attack(i)),
)
const mixed = normal.flatMap((item, i) => (i % 99 === 7 ? [item, attacks[(i - 7) / 99] as VectorItem] : [item]))

test('of normal items nothing is set aside, heavy tails and rare ways included', () => {
  assert.deepEqual(sift(vectors, normal).setAside, [])
})

test('one attack in a hundred is set aside, with hardly anything else, and the like of it is found as if it had not been there', async () => {
  const { setAside } = sift(vectors, mixed)
  const hidden = setAside.filter(({ id }) => String(id).startsWith('a')).length
  assert.ok(hidden >= 27, `${hidden} of 30`)
  assert.ok(setAside.length - hidden < 15, `${setAside.length - hidden} normal ones`)
  const { model, calibration } = learnItems(vectors, mixed, 1e-2)
  const isAlarm = (item: VectorItem): boolean => scoreOf(calibration, model.judge(item)).score > calibration.threshold
  const others = await itemsOf(
    'b',
    Array.from({ length: 300 }, (_, i) => attack(i + 30)),
  )
  assert.ok(others.filter(isAlarm).length > 285)
  const unseen = await itemsOf('u', Array.from({ length: 3_000 }, visit))
  assert.ok(unseen.filter(isAlarm).length < 75)
})

test('the order of lines changes nothing', () => {
  assert.equal(
    modelText(vectors, learnItems(vectors, mixed, 1e-2)),
    modelText(vectors, learnItems(vectors, mixed.toReversed(), 1e-2)),
  )
})

test('a rare mode is normal: what is strange in one way only shows nothing, however often it comes', async () => {
  const rare = await itemsOf(
    'r',
    Array.from({ length: 30 }, () => ({ ...visit(), 'shop/gift': ms(20) })),
  )
  assert.deepEqual(sift(vectors, [...normal, ...rare]).setAside, [])
})

test('who says that there are attacks needs no proof, and what he calls normal stays', () => {
  const some = attacks.slice(0, 3)
  const items = [...normal, ...some]
  assert.deepEqual(sift(vectors, items).setAside, [])
  const { setAside } = sift(vectors, items, { attacked: true, normal: new Set(some.slice(0, 1)) })
  assert.ok(some.slice(1).every(item => setAside.includes(item)))
  assert.ok(some.slice(0, 1).every(item => !setAside.includes(item)))
})
