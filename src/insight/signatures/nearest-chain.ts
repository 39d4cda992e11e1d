// Hot path: once per trace whose signature is not known.
import { type Aligner, missingCost, type TreeSequence } from '../../lib/alignment.ts'
import type { CallShape, Label } from './call-shape.ts'
import type { ChainEntry } from './chain-entry.ts'
import type { ChainSignature } from './chain-signature.ts'
import type { ChainSignatures } from './chain-signatures.ts'

/** The learnt chain that a shape is most like. */
export interface NearestChain {
  readonly signature: ChainSignature
  readonly entry: ChainEntry
  /** Of the alignment. */
  readonly cost: number
  /** 0–1: 1 − cost ÷ the cost of two chains that have nothing in common. */
  readonly similarity: number
  readonly query: ChainQuery
  /** Members of the entry that have nearly as much in common with the shape, the most frequent first. */
  kin(): readonly ChainSignature[]
}

/** A shape as it is aligned. */
export interface ChainQuery {
  readonly sequence: TreeSequence
  /** Cost of each call that the signature does not have. */
  readonly inserts: Float64Array
}

/** A call that the entry's chains make; that other chains make; that nobody ever made. */
const insertCosts = { known: 1, elsewhere: 2, never: 3 }
const kinShare = 0.9
const kinMax = 256

/**
 * The signature of least alignment cost among those of the same entry operation (of all, when that is not known); null when nothing has a call in
 * common. Exact: a signature is left out only when even the best alignment of its calls as a multiset would cost more than what was found. Of equal
 * ones the more frequent. `except`: is not looked at.
 */
export function nearestChain(
  store: ChainSignatures,
  aligner: Aligner,
  shape: CallShape,
  except?: ChainSignature,
): NearestChain | null {
  const own = store.entry(shape.labels[0] as Label)
  const entries = own === undefined || (except !== undefined && own.members.length === 1) ? store.entries : [own]
  const ids = Int32Array.from(shape.labels, label => store.pool(label)?.id ?? -1)
  const sequence: TreeSequence = { labels: ids, depths: shape.depths }
  const inserts = Float64Array.from(ids, id =>
    id < 0 ? insertCosts.never : own?.hasLabel(id) === true ? insertCosts.known : insertCosts.elsewhere,
  )
  const inserted = inserts.reduce((sum, cost) => sum + cost, 0)
  let best: { readonly signature: ChainSignature; readonly entry: ChainEntry; readonly cost: number } | null = null
  for (const entry of entries) {
    const { members } = entry
    const shared = entry.shared(ids, place => (inserts[place] as number) + missingCost)
    const boundOf = (i: number): number =>
      inserted + missingCost * (members[i] as ChainSignature).sequence.labels.length - (shared[i] as number)
    // The most promising first, then only what could still be better or equal.
    let first = -1
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < members.length; i++) {
      if (members[i] === except || shared[i] === 0) continue
      const bound = boundOf(i)
      if (bound < least) {
        least = bound
        first = i
      }
    }
    if (first < 0) continue
    const look = (i: number): void => {
      const signature = members[i] as ChainSignature
      const limit = best?.cost ?? Number.POSITIVE_INFINITY
      const cost = aligner.cost(sequence, signature.sequence, inserts, limit)
      if (cost < limit || (cost === limit && best !== null && isBefore(signature, best.signature)))
        best = { signature, entry, cost }
    }
    look(first)
    const open: Array<readonly [bound: number, place: number]> = []
    for (let i = 0; i < members.length; i++) {
      if (i === first || members[i] === except || shared[i] === 0) continue
      const bound = boundOf(i)
      if (bound <= costOf(best)) open.push([bound, i])
    }
    open.sort(([a], [b]) => a - b)
    for (const [bound, i] of open) {
      if (bound > costOf(best)) break
      look(i)
    }
  }
  if (best === null) return null
  const { signature, entry, cost } = best as { signature: ChainSignature; entry: ChainEntry; cost: number }
  const most = inserted + missingCost * signature.sequence.labels.length
  if (cost >= most) return null
  return {
    signature,
    entry,
    cost,
    similarity: 1 - cost / most,
    query: { sequence, inserts },
    kin: () => kinOf(entry, ids, except),
  }
}

function costOf(best: { readonly cost: number } | null): number {
  return best?.cost ?? Number.POSITIVE_INFINITY
}

function isBefore(a: ChainSignature, b: ChainSignature): boolean {
  return a.count > b.count || (a.count === b.count && a.shape.name < b.shape.name)
}

function kinOf(entry: ChainEntry, ids: Int32Array, except: ChainSignature | undefined): ChainSignature[] {
  const { members } = entry
  const shared = entry.shared(ids, () => 1)
  let most = 0
  for (let i = 0; i < members.length; i++) if (members[i] !== except) most = Math.max(most, shared[i] as number)
  const kin: ChainSignature[] = []
  for (let i = 0; i < members.length; i++)
    if (members[i] !== except && (shared[i] as number) >= kinShare * most) kin.push(members[i] as ChainSignature)
  return kin.sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, kinMax)
}
