import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContextTree } from './context-tree.ts'

function learnt(sequences: readonly (readonly number[])[], nodesMax = 10_000): ContextTree {
  const tree = new ContextTree(3, nodesMax)
  for (const sequence of sequences) tree.learn(sequence)
  return tree
}

function bits(tree: ContextTree, sequence: readonly number[]): number[] {
  const out = new Float64Array(sequence.length)
  tree.surprises(sequence, 10, out)
  return [...out.subarray(1)]
}

const chain = [0, 3, 4, 5, 1]

test('what always follows costs next to nothing, what never did costs at least as many bits as it was tried', () => {
  const tree = learnt(Array.from({ length: 100 }, () => chain))
  assert.ok(bits(tree, chain).every(cost => cost < 0.1))
  const [, skipped] = bits(tree, [0, 3, 5, 1])
  assert.ok((skipped as number) > Math.log2(100))
})

test('a probability is one: over all symbols after a context they sum to 1', () => {
  const tree = learnt([chain, [0, 3, 5, 4, 1], [0, 4, 4, 4, 1], [0, 5, 3, 4, 5, 3, 1]])
  for (const context of [[0], [0, 3], [0, 3, 4], [0, 9, 3], [0, 4, 4]]) {
    const alphabet = [1, 3, 4, 5]
    const known = alphabet.reduce((sum, symbol) => sum + 2 ** -(bits(tree, [...context, symbol]).at(-1) as number), 0)
    // The rest is left for the seven of an alphabet of ten, and one, that were never seen.
    const unseen = 7 * 2 ** -(bits(tree, [...context, 8]).at(-1) as number)
    assert.ok(Math.abs(known + unseen - 1) < 1e-9, `${context}: ${known} + ${unseen}`)
  }
})

test('a longer context decides where it is known', () => {
  const tree = learnt([
    ...Array.from({ length: 50 }, () => [0, 3, 5, 6, 1]),
    ...Array.from({ length: 50 }, () => [0, 4, 5, 7, 1]),
  ])
  const right = bits(tree, [0, 3, 5, 6, 1])[2] as number
  const crossed = bits(tree, [0, 3, 5, 7, 1])[2] as number
  assert.ok(right < 0.2 && crossed > 4, `${right}, ${crossed}`)
})

test('judging changes nothing', () => {
  const tree = learnt([chain])
  const before = JSON.stringify(tree.rows(symbol => symbol))
  bits(tree, [8, 3, 4, 9, 9, 1])
  tree.at([8, 3, 4, 9, 9, 1], 3)
  assert.equal(JSON.stringify(tree.rows(symbol => symbol)), before)
})

test('the order of learning does not show in the rows, and rows are taken back', () => {
  const sequences = [chain, [0, 3, 5, 4, 1], [0, 5, 1], [0, 1], [0, 3, 3, 3, 3, 1]]
  const rows = learnt(sequences).rows(symbol => symbol)
  assert.deepEqual(
    learnt(sequences.toReversed()).rows(symbol => symbol),
    rows,
  )
  const restored = new ContextTree(3, 10_000)
  restored.restore(rows)
  assert.deepEqual(
    restored.rows(symbol => symbol),
    rows,
  )
  assert.deepEqual(bits(restored, [0, 3, 5, 1]), bits(learnt(sequences), [0, 3, 5, 1]))
  restored.learn(chain)
  assert.deepEqual(
    restored.rows(symbol => symbol),
    learnt([...sequences, chain]).rows(symbol => symbol),
  )
})

test('rows that form no tree are refused', () => {
  const leaf = { symbol: 3, count: 1, kept: 0, lostCount: 0, lostDistinct: 0 }
  assert.throws(() => new ContextTree(3, 100).restore([leaf, leaf]))
  assert.throws(() => new ContextTree(3, 100).restore([{ ...leaf, kept: 2 }, leaf]))
})

test('random symbols without end fill no more than the room, and what is common survives them', () => {
  const tree = learnt([], 5_000)
  for (let round = 0; round < 300; round++) {
    tree.learn(chain)
    tree.learn([0, ...Array.from({ length: 100 }, (_, i) => 100 + round * 100 + i), 1])
    assert.ok(tree.size <= 5_000)
  }
  assert.ok(tree.pruned > 10_000)
  assert.ok(
    bits(tree, chain)
      .slice(1, 3)
      .every(cost => cost < 1),
  )
})

test('one sequence longer than the room is learnt within it', () => {
  const tree = learnt([[0, ...Array.from({ length: 50_000 }, (_, i) => 3 + i), 1]], 5_000)
  assert.ok(tree.size <= 5_000)
})

test('words for a place: the known context, how often it was, and what is usual there', () => {
  const tree = learnt([...Array.from({ length: 20 }, () => chain), [0, 3, 5, 1]])
  const { context, followed, times, usual } = tree.at([0, 3, 6, 1], 2)
  assert.deepEqual({ context, followed, times }, { context: 2, followed: 21, times: 0 })
  assert.deepEqual(usual, [
    { symbol: 4, times: 20 },
    { symbol: 5, times: 1 },
  ])
})
