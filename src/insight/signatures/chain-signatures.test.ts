import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallShapes, type Subtree } from './call-shape.ts'
import type { Chain } from './chain.ts'
import { ChainSignatures } from './chain-signatures.ts'

/** Chains of few shapes, some with runs, failures or without a status, made with shapes of their own as on another node. */
function chainsOf(from: number, to: number): Chain[] {
  const shapes = new CallShapes()
  const leaf = (name: string): Subtree => shapes.subtree(shapes.label('s', name), [])
  return Array.from({ length: to - from }, (_, k) => {
    const i = from + k
    const callees = ['a', 'b', 'c'].filter((_, bit) => ((i % 11) & (1 << bit)) !== 0)
    const shape = shapes.shapeOf(shapes.subtree(shapes.label('s', `entry ${i % 2}`), callees.map(leaf)))
    const size = shape.labels.length
    return {
      id: `t${i}`,
      shape,
      wholeMs: (5 + ((i * 37) % 101)) / 7,
      selfMs: shape.labels.map((_, place) => 1 + ((i * 13 + place) % 29) / 3.7),
      runs: i % 5 === 0 && size > 1 ? shape.labels.map((_, place) => (place === 0 ? 1 : 1 + (i % 4))) : null,
      failed: i % 7 === 0 ? shape.labels.map((_, place) => (place === size - 1 ? 1 : 0)) : null,
      silent: i % 3 === 0 ? shape.labels.map((_, place) => place > 0) : null,
    }
  })
}

function learnt(chains: readonly Chain[]): ChainSignatures {
  const store = new ChainSignatures()
  for (const chain of chains) store.learn(chain)
  return store
}

/** A dump with its numbers to nine digits: sums depend on their order by rounding. */
function rounded(store: ChainSignatures): unknown {
  return JSON.parse(JSON.stringify(store.dump()), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  )
}

test('stores of parts merge into the store of the whole, in any order, and those that are merged stay as they were', () => {
  const whole = rounded(learnt(chainsOf(0, 700)))
  const parts = [learnt(chainsOf(0, 20)), learnt(chainsOf(20, 450)), learnt(chainsOf(450, 700)), new ChainSignatures()]
  const before = parts.map(rounded)
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
  ]) {
    const merged = new ChainSignatures()
    for (const i of order) merged.merge(parts[i] as ChainSignatures)
    assert.deepEqual(rounded(merged), whole)
    assert.equal(
      [...merged.entries].reduce((sum, { count }) => sum + count, 0),
      700,
    )
  }
  assert.deepEqual(parts.map(rounded), before)
})

test('merging keeps the bounds of the store, and of what is learnt more often', () => {
  const limits = { signatures: 5, places: 20, labels: 8 }
  const store = new ChainSignatures(limits)
  const [usual] = chainsOf(3, 4) as [Chain]
  for (let i = 0; i < 50; i++) store.learn(usual)
  store.merge(learnt(chainsOf(0, 700)))
  const { signatures, labels } = store.dump()
  assert.ok(signatures.length <= limits.signatures && labels.length <= limits.labels)
  assert.ok(signatures.reduce((sum, one) => sum + one.labels.length, 0) <= limits.places)
  assert.ok((store.find(usual.shape)?.count ?? 0) > 50)
})
