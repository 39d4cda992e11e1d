import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildTrees, type CallTree } from '../../traces/call-tree.ts'
import { CallOrder } from './call-order.ts'

/** `shop checkout`, which calls these one after the other. */
function tree(...names: readonly string[]): CallTree {
  const spans = ['checkout', ...names].map((name, i) => ({
    traceId: 't',
    spanId: `s${i}`,
    parentId: i === 0 ? null : 's0',
    service: i === 0 ? 'shop' : 'other',
    name,
    kind: 'server' as const,
    startUs: 10_000 * i,
    durationUs: i === 0 ? 9_000_000 : 700,
    error: false,
    resource: {},
    attributes: {},
  }))
  return buildTrees(spans)[0] as CallTree
}

function learnt(times: number, ...names: readonly string[]): CallOrder {
  const order = new CallOrder()
  for (let i = 0; i < times; i++) for (const pair of order.pairsOf(tree(...names))) order.learn(pair)
  return order
}

const costs = (order: CallOrder, ...names: readonly string[]): number[] =>
  order.pairsOf(tree(...names)).map(({ cost }) => cost)

test('an order that always came costs nothing, its reverse much, one that nobody knows a coin toss', () => {
  const order = learnt(1_000, 'price', 'stock', 'pay')
  assert.ok(costs(order, 'price', 'stock', 'pay').every(cost => cost < 0.001))
  assert.ok(costs(order, 'pay', 'stock', 'price').every(cost => cost > 3))
  assert.deepEqual(costs(order, 'price', 'pay'), [Math.log10(2)])
})

test('loops and repetitions of a call have no order', () => {
  const order = learnt(1_000, 'price', 'stock', 'price', 'stock', 'stock')
  assert.ok(costs(order, 'stock', 'price').every(cost => cost < 0.4))
  assert.deepEqual(costs(order, 'stock', 'stock', 'stock'), [])
})

test('rows give back what was learnt, and only what changed is written again; damaged ones are refused', () => {
  const order = learnt(50, 'price', 'stock', 'pay')
  const rows = [...order.changes()] as Array<[string, string]>
  assert.deepEqual([...order.changes()], [])
  const again = new CallOrder()
  again.restore(rows)
  assert.deepEqual(again.pairsOf(tree('stock', 'price', 'pay')), order.pairsOf(tree('stock', 'price', 'pay')))
  assert.deepEqual([...again.changes()], [])
  for (const bad of ['[1]', '[1,-1]', '[1,"2"]', '{}', '7']) assert.throws(() => new CallOrder().restore([['x', bad]]))
})

test('ever new calls neither fill the memory nor make one tree dear', () => {
  const order = new CallOrder()
  for (let i = 0; i < 200; i++) {
    const names = Array.from({ length: 400 }, (_, k) => `call ${String.fromCharCode(97 + (i % 26))}${i}x${k}y`)
    const pairs = order.pairsOf(tree(...names))
    assert.equal(pairs.length, 256)
    for (const pair of pairs) order.learn(pair)
  }
  assert.equal([...order.changes()].length, 32_768)
})
