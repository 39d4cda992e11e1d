import { createAligner } from '../../../src/lib/alignment.ts'
import { type CallShape, CallShapes, type Label, type Subtree } from '../../../src/insight/signatures/call-shape.ts'
import { ChainSignatures } from '../../../src/insight/signatures/chain-signatures.ts'
import { nearestChain } from '../../../src/insight/signatures/nearest-chain.ts'
import { type Seeded, seeded } from '../../traffic/seeded.ts'

/** Signatures of about ten calls that are variants of each other, as those of real systems are, and the means to make more. */
export interface MadeSignatures {
  readonly store: ChainSignatures
  /** A variant of a learnt chain that is not learnt itself. */
  unseen(): CallShape
  readonly learnt: readonly CallShape[]
}

export function madeSignatures(seed: string, count: number, entries: number): MadeSignatures {
  const random = seeded(seed)
  const shapes = new CallShapes()
  const store = new ChainSignatures()
  const learnt: Subtree[] = []
  const tree = (size: number, label: Label): Subtree => {
    const children: Subtree[] = []
    for (let left = size - 1; left > 0; ) {
      const share = 1 + random.below(left)
      children.push(tree(share, anyLabel()))
      left -= share
    }
    return shapes.subtree(label, children)
  }
  const anyLabel = (): Label => shapes.label(`service-${random.below(30)}`, `op-${random.below(5)}`)
  const learn = (root: Subtree): boolean => {
    const shape = shapes.shapeOf(root)
    if (store.find(shape) !== undefined) return false
    for (let i = 0; i < 10; i++)
      store.learn({
        id: 't',
        shape,
        wholeMs: 10,
        selfMs: shape.labels.map(() => 1),
        runs: null,
        failed: null,
        silent: null,
      })
    learnt.push(root)
    return true
  }
  for (let i = 0; i < entries; i++) learn(tree(8 + random.below(5), shapes.label('gateway', `GET /${i}`)))
  const change = (root: Subtree): Subtree => {
    let changed = root
    for (let i = 1 + random.below(3); i > 0; i--) changed = varied(changed, shapes, random, anyLabel)
    return changed
  }
  while (learnt.length < count) learn(change(random.pick(learnt)))
  return {
    store,
    learnt: learnt.map(root => shapes.shapeOf(root)),
    unseen() {
      for (;;) {
        const shape = shapes.shapeOf(change(random.pick(learnt)))
        if (store.find(shape) === undefined) return shape
      }
    },
  }
}

/** One call more, one less, or another in its place. */
function varied(root: Subtree, shapes: CallShapes, random: Seeded, anyLabel: () => Label): Subtree {
  const { label, children } = root
  const below = [...children]
  const at = random.below(below.length + 1)
  const child = below[at]
  if (child === undefined || below.length === 0) below.push(shapes.subtree(anyLabel(), []))
  else if (child.size > 1 && random.next() < 0.7) below[at] = varied(child, shapes, random, anyLabel)
  else if (random.next() < 0.6) below.splice(at, 1)
  else below[at] = shapes.subtree(anyLabel(), [...child.children])
  return shapes.subtree(label, below)
}

/** Of `queries` unseen chains, for how many the retrieved signature is one of least cost among all of its entry operation. */
export function retrievedBest({ store, unseen }: MadeSignatures, queries: number): number {
  const aligner = createAligner()
  let right = 0
  for (let i = 0; i < queries; i++) {
    const found = nearestChain(store, aligner, unseen())
    if (found === null) continue
    const { sequence, inserts } = found.query
    let best = Number.POSITIVE_INFINITY
    for (const { sequence: other } of found.entry.members)
      best = Math.min(best, aligner.cost(sequence, other, inserts, Number.POSITIVE_INFINITY))
    if (found.cost === best) right++
  }
  return right
}
