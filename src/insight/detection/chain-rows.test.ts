import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallShapes } from '../signatures/call-shape.ts'
import { type Chain, chainOf } from '../signatures/chain.ts'
import { buildTrees } from '../traces/call-tree.ts'
import { ChainRows } from './chain-rows.ts'
import { cartSpans } from '../../../test/support/cart-spans.ts'

const limits = { signatures: 4, places: 64, labels: 64 }
const shapes = new CallShapes()

/** A call of `GET /cart` with one of each callee below it. */
function chain(...callees: readonly string[]): Chain {
  return chainOf('t', buildTrees(cartSpans('t', callees)), shapes, ({ name }) => name)
}

/** What a store holds that was told of these changes in turn. */
function kept(rows: ChainRows, before: Map<string, string> = new Map()): Map<string, string> {
  for (const [key, value] of rows.changes())
    if (value === null) before.delete(key)
    else before.set(key, value)
  return before
}

test('what was learnt comes back from its rows, and only what changed is written again', () => {
  const rows = new ChainRows(shapes, limits)
  for (let i = 0; i < 20; i++) rows.learn(chain('price', 'stock'))
  rows.learn(chain('price'))
  const saved = kept(rows)
  assert.deepEqual([...rows.changes()], [])
  const again = new ChainRows(new CallShapes(), limits)
  again.restore(saved)
  assert.deepEqual(again.store.dump(), rows.store.dump())
  rows.learn(chain('price'))
  assert.equal([...rows.changes()].filter(([key]) => key.startsWith('s ')).length, 1)
})

test('signatures that were forgotten for want of room lose their rows', () => {
  const rows = new ChainRows(shapes, limits)
  const saved = new Map<string, string>()
  for (let i = 0; i < 12; i++) {
    rows.learn(chain(`callee ${i}`))
    kept(rows, saved)
  }
  assert.equal(rows.store.size, limits.signatures)
  assert.equal([...saved.keys()].filter(key => key.startsWith('s ')).length, limits.signatures)
})

test('a damaged row is refused', () => {
  const rows = new ChainRows(shapes, limits)
  rows.learn(chain('price'))
  const saved = [...rows.changes()].map(
    ([key, value]) => [key, String(value).replace('"count":1', '"count":-1')] as const,
  )
  assert.throws(() => new ChainRows(shapes, limits).restore(saved), /damaged/)
})
