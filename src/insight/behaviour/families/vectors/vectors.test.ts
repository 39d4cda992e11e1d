import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learnItems } from '../../calibration.ts'
import { modelText, readModelText } from '../../model-file.ts'
import type { FileLine, Model } from '../../model.ts'
import { scoreLine } from '../../score-line.ts'
import { PathSignatures } from './path-signatures.ts'
import type { VectorItem } from './vector-item.ts'
import { createVectorModel } from './vector-model.ts'
import { vectors } from './vectors.ts'

async function* linesOf(texts: readonly string[]): AsyncGenerator<FileLine> {
  for (const [i, text] of texts.entries()) yield { text, number: i + 1 }
}

async function read(texts: readonly string[]): Promise<{ items: VectorItem[]; skipped: number[] }> {
  const items: VectorItem[] = []
  const skipped: number[] = []
  for await (const item of vectors.read(linesOf(texts), line => skipped.push(line))) items.push(item)
  return { items, skipped }
}

async function itemOf(edges: Record<string, number>, id = 'x'): Promise<VectorItem> {
  const { items } = await read([JSON.stringify({ id, edges })])
  return items[0] as VectorItem
}

/** Orders and carts; a cart may ask for prices. A linear congruential generator gives the times. */
function shopLines(count: number): string[] {
  let state = 7
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  const around = (ms: number): number => ms * Math.exp(0.3 * (random() + random() + random() - 1.5))
  return Array.from({ length: count }, (_, i) => {
    const order = random() < 0.4
    const edges: Record<string, number> = order
      ? { order: around(80), 'order/pay': around(40), 'order/pay/bank': around(20), 'order/stock': around(5) }
      : { cart: around(10), 'cart/db': around(3), ...(random() < 0.5 ? { 'cart/price': around(2) } : {}) }
    return JSON.stringify({ id: `t${i}`, edges })
  })
}

async function shop(): Promise<Model<VectorItem>> {
  const model = vectors.create()
  for (const item of (await read(shopLines(2_000))).items) model.learn(item)
  return model
}

test('a line that is no vector is skipped and told; absent and 0 ms differ', async () => {
  const { items, skipped } = await read([
    '{"id":"a","edges":{"x":0,"y":1.5}}',
    '{',
    'null',
    '[]',
    '{"id":1,"edges":{}}',
    '{"id":null,"edges":{}}',
    '{"id":"b"}',
    '{"id":"b","edges":[1]}',
    '{"id":"b","edges":{"x":-1}}',
    '{"id":"b","edges":{"x":1e999}}',
    '{"id":"b","edges":{"x":null}}',
    '{"id":"b","edges":{"x":"3"}}',
    '{"id":"c","edges":{}}',
    '{"id":"d","edges":{"y":1.5}}',
  ])
  assert.deepEqual(
    items.map(({ id, paths }) => [id, ...paths.names]),
    [['a', 'x', 'y'], [1], ['c'], ['d', 'y']],
  )
  assert.deepEqual(skipped, [2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
})

test('names like __proto__ and constructor are paths as any other', async () => {
  const model = vectors.create()
  for (let i = 0; i < 50; i++)
    for (const item of (await read(['{"id":"a","edges":{"__proto__":5,"constructor":2}}'])).items) model.learn(item)
  const [usual, other] = (
    await read([
      '{"id":"a","edges":{"__proto__":5,"constructor":2}}',
      '{"id":"b","edges":{"__proto__":5,"toString":2}}',
    ])
  ).items
  assert.equal(model.judge(usual as VectorItem).deviation['structure'], 0)
  const judged = model.judge(other as VectorItem)
  assert.ok((judged.deviation['inserted'] as number) > 2)
  assert.match(JSON.stringify(judged.explain()), /`toString` inserted: never seen in 50 traces/)
})

test('a set of paths that was learnt does not deviate, another the more the less usual its differences are', async () => {
  const model = await shop()
  const deviation = async (edges: Record<string, number>): Promise<number> => {
    const { structure = 0, inserted = 0 } = model.judge(await itemOf(edges)).deviation
    return structure + inserted
  }
  const order = { order: 80, 'order/pay': 40, 'order/pay/bank': 20, 'order/stock': 5 }
  assert.equal(await deviation(order), 0)
  const { 'order/stock': _stock, ...withoutStock } = order
  const cut = await deviation(withoutStock)
  const known = await deviation({ ...order, 'cart/db': 3 })
  const stranger = await deviation({ ...order, 'order/admin': 3 })
  assert.ok(cut > 2 && known > 2 && stranger > known, `${cut} ${known} ${stranger}`)
})

test('an exact repeat of what came once among few is normal; among many it stays in doubt', async () => {
  const once = { cart: 10, 'cart/db': 3, 'cart/gift': 4 }
  for (const [count, doubt] of [
    [400, 0],
    [6_000, 1],
  ] as const) {
    const items = [...(await read(shopLines(count))).items, await itemOf(once)]
    const { model, calibration } = learnItems(vectors, items, 1e-3)
    const { deviation } = model.judge(await itemOf(once))
    assert.ok(doubt === 0 ? deviation['structure'] === 0 : (deviation['structure'] as number) > 0.5)
    if (doubt === 0) assert.equal(scoreLine('r', model.judge(await itemOf(once)), calibration).abnormal, false)
  }
})

test('a slow path is told with what is normal for it', async () => {
  const model = await shop()
  const usual = model.judge(await itemOf({ cart: 10, 'cart/db': 3 }))
  const slow = model.judge(await itemOf({ cart: 90, 'cart/db': 80 }))
  assert.ok((usual.deviation['timing'] as number) < 1)
  assert.ok((slow.deviation['timing'] as number) > 20)
  assert.equal(slow.similarity, 1)
  const [first] = slow.explain()
  assert.equal(first?.axis, 'timing')
  assert.match(first?.text ?? '', /^`cart\/db` took 80 ms, normally [\d.]+ ms to [\d.]+ ms \(p99 [\d.]+ ms\)$/)
})

test('a path seldom taken within its set borrows from the same path elsewhere', async () => {
  const model = vectors.create()
  for (let i = 0; i < 300; i++) model.learn(await itemOf({ a: 10 + (i % 5), b: 4 + (i % 3) }))
  model.learn(await itemOf({ a: 12, b: 5, c: 1 }))
  const calm = model.judge(await itemOf({ a: 13, b: 4, c: 1 })).deviation['timing'] as number
  const slow = model.judge(await itemOf({ a: 100, b: 4, c: 1 })).deviation['timing'] as number
  assert.ok(calm < 2 && slow > 5, `${calm} ${slow}`)
})

test('nothing in common with what was learnt: no signature, similarity 0', async () => {
  const model = await shop()
  const judged = model.judge(await itemOf({ elsewhere: 4 }))
  assert.equal(judged.signature, null)
  assert.equal(judged.similarity, 0)
  assert.deepEqual(judged.deviation, {})
})

test('order of lines changes neither model nor scores; a model that was read judges as the one that was written', async () => {
  const lines = shopLines(600)
  const one = learnItems(vectors, (await read(lines)).items, 1e-2)
  const other = learnItems(vectors, (await read(lines.toReversed())).items, 1e-2)
  const text = modelText(vectors, one)
  assert.equal(modelText(vectors, other), text)
  const again = readModelText(text, vectors)
  assert.equal(modelText(vectors, again), text)
  for (const item of (await read(shopLines(100))).items.concat(await itemOf({ cart: 50, 'cart/admin': 3 })))
    assert.deepEqual(
      scoreLine(item.id, again.model.judge(item), again.calibration),
      scoreLine(item.id, one.model.judge(item), one.calibration),
    )
})

test('order of lines changes nothing where ids repeat and sums of times are equal', async () => {
  let state = 3
  const random = (to: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * to)
  }
  const lines = Array.from({ length: 400 }, () => {
    const edges = { a: 10 + random(5), b: 4 + random(3), ...(random(8) === 0 ? { c: random(4) } : {}) }
    return JSON.stringify({ id: 'x', edges })
  })
  const one = modelText(vectors, learnItems(vectors, (await read(lines)).items, 1e-2))
  assert.equal(modelText(vectors, learnItems(vectors, (await read(lines.toReversed())).items, 1e-2)), one)
})

test('a damaged dump is refused', async () => {
  const dump = JSON.stringify((await shop()).dump())
  for (const bad of [
    'null',
    '{}',
    dump.replace('"total":2000', '"total":"x"'),
    dump.replace(/\[\["cart","cart\/db"\],\d+,\[/, '[["cart","cart/db"],5,[[1],'),
    dump.replace(/\[2000,|\[\d{3},/, '[-1,'),
  ]) {
    assert.notEqual(bad, dump)
    assert.throws(() => vectors.restore(JSON.parse(bad)))
  }
})

test('chaff of ever new sets and paths drives out itself, not what is usual, and memory stays bounded', async () => {
  const store = new PathSignatures({ signatures: 100, times: 1_000, paths: 200 })
  const model = createVectorModel(store)
  const usual = await itemOf({ a: 10, b: 4 })
  for (let i = 0; i < 50; i++) model.learn(usual)
  for (let i = 0; i < 5_000; i++) model.learn(await itemOf({ a: 1, [`x${i}`]: 2, [`y${i % 1000}`]: 3 }))
  const { signatures, pool } = store.dump()
  assert.ok(signatures.length <= 100 && pool.length <= 200)
  assert.ok(signatures.reduce((sum, [names]) => sum + names.length, 0) <= 1_000)
  assert.equal(model.judge(usual).deviation['structure'], 0)
  assert.equal(model.judge(usual).similarity, 1)
  model.learn(await itemOf(Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`w${i}`, 1]))))
  assert.equal(model.judge(usual).similarity, 1)
})

test('deviations are finite and none is below 0, whatever the times', async () => {
  const model = await shop()
  for (const ms of [0, 1e-9, 1e300, Number.MAX_VALUE])
    for (const edges of [
      { cart: ms, 'cart/db': ms },
      { cart: ms, z: ms },
    ])
      for (const value of Object.values(model.judge(await itemOf(edges)).deviation))
        assert.ok(Number.isFinite(value) && value >= 0, `${value}`)
  const extreme = vectors.create()
  for (const ms of [Number.MAX_VALUE, 0, 1e-300, Number.MAX_VALUE]) extreme.learn(await itemOf({ a: ms }))
  for (const value of Object.values(extreme.judge(await itemOf({ a: 1 })).deviation)) assert.ok(Number.isFinite(value))
  assert.doesNotThrow(() => vectors.restore(JSON.parse(JSON.stringify(extreme.dump()))))
})
