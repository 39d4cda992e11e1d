import type { AlignmentStep } from '../../lib/alignment.ts'
import type { CallShape, Label } from './call-shape.ts'
import { edgeOf } from './chain-signature.ts'
import type { ChainSignatures } from './chain-signatures.ts'
import type { NearestChain } from './nearest-chain.ts'

/** One way in which a chain differs from the signature that it is most like. */
export interface ChainDifference {
  readonly kind: 'inserted' | 'missing' | 'moved' | 'entry'
  /** null: the call has no caller. */
  readonly caller: Label | null
  readonly called: Label
  /** −log10 of how usual that is in chains that are alike so far. */
  readonly cost: number
  /** Of so many traces that are alike, so many are the same in this. */
  readonly alike: number
  readonly same: number
}

/** A call of a kind that both have elsewhere too is hardly a difference. */
const repeatedCost = 0.3

/**
 * The alignment of a chain with its nearest signature (`steps`) as differences, the least usual first. What one costs is asked of all signatures of the entry that
 * have as much in common: a branch that half of the traces take costs little, one that all take much; of several that always go together the
 * first pays.
 */
export function chainDifferences(
  store: ChainSignatures,
  steps: readonly AlignmentStep[],
  shape: CallShape,
  { signature, entry, kin }: NearestChain,
): ChainDifference[] {
  const here = new Set(shape.labels.map((_, place) => edgeOf(shape, place)))
  const open = new Map<string, Omit<ChainDifference, 'cost' | 'alike' | 'same'> & { readonly edge: string }>()
  const found: ChainDifference[] = []
  const label = shape.labels[0] as Label
  if (store.entry(label) === undefined)
    found.push({
      kind: 'entry',
      caller: null,
      called: label,
      cost: costOf(0, store.total),
      alike: store.total,
      same: 0,
    })
  for (const step of steps) {
    if (step.kind === 'same') continue
    const [from, place] = step.kind === 'missing' ? [signature.shape, step.other] : [shape, step.at]
    const edge = edgeOf(from, place)
    const key = `${step.kind} ${edge}`
    if (open.has(key)) continue
    const parent = from.parents[place] as number
    open.set(key, {
      kind: step.kind,
      caller: parent < 0 ? null : (from.labels[parent] as Label),
      called: from.labels[place] as Label,
      edge,
    })
  }
  const relatives = kin()
  let alike = relatives.length > 0 ? relatives : [signature]
  const ask = (kind: string, edge: string): { readonly same: number; readonly all: number; readonly cost: number } => {
    if (kind !== 'missing' && !entry.hasEdge(edge))
      return { same: 0, all: entry.count, cost: 1 + costOf(0, entry.count) }
    if (kind === 'moved' || (kind === 'inserted' ? signature.edges.has(edge) : here.has(edge)))
      return { same: entry.count, all: entry.count, cost: repeatedCost }
    let same = 0
    let all = 0
    for (const { edges, count } of alike) {
      all += count
      if (edges.has(edge) === (kind === 'inserted')) same += count
    }
    return { same, all, cost: costOf(same, all) }
  }
  const ordered = [...open.values()]
    .map(one => ({ ...one, first: ask(one.kind, one.edge).cost }))
    .sort((a, b) => b.first - a.first || (a.edge < b.edge ? -1 : 1))
  for (const { kind, caller, called, edge } of ordered) {
    const { same, all, cost } = ask(kind, edge)
    if (cost > repeatedCost && same > 0 && same < all)
      alike = alike.filter(({ edges }) => edges.has(edge) === (kind === 'inserted'))
    found.push({ kind, caller, called, cost, alike: all, same })
  }
  return found.sort((a, b) => b.cost - a.cost)
}

function costOf(same: number, all: number): number {
  return -Math.log10((same + 0.5) / (all + 1))
}
