// Hot path: once per judged trace.
import type { Json } from '../../../../lib/canonical-json.ts'
import { Strangest, timeDeviation, type UsualTime } from '../../../signatures/usual-time.ts'
import type { Judgement, Model } from '../../model.ts'
import { type Nearest, nearestPaths } from './nearest-paths.ts'
import { PathSignatures } from './path-signatures.ts'
import type { VectorItem } from './vector-item.ts'
import { differenceClause, timeClauses } from './vector-words.ts'

/**
 * Axis `structure`: −log10 of how rarely traces that are alike differ so. 0 for a set of paths that was learnt; one that was learnt a few times is still
 * doubted: among normal traces somebody may have hidden others. `inserted`: the same of paths that nothing alike ever took. `timing`: spreads, of the three strangest paths.
 */
export function createVectorModel(store: PathSignatures = new PathSignatures()): Model<VectorItem> {
  return {
    learn: item => store.learn(item),
    judge: item => judge(store, item),
    dump: () => store.dump() as unknown as Json,
  }
}

/** Throws when the data are none of a model's. */
export function restoreVectorModel(dump: Json): Model<VectorItem> {
  return createVectorModel(PathSignatures.restore(dump))
}

const nothing: Judgement = { signature: null, similarity: 0, deviation: {}, explain: () => [] }

function judge(store: PathSignatures, item: VectorItem): Judgement {
  const signature = store.find(item.paths)
  if (signature !== undefined) {
    const usual = store.usualOf(signature)
    const structure = store.doubtOf(signature, () => nearestPaths(store, item.paths, signature)?.cost ?? 0)
    return {
      signature: signature.name,
      similarity: 1,
      deviation: { ...deviationOf(structure, item, usual), inserted: 0 },
      explain: () => timeClauses(item, usual, name => signature.times[signature.paths.names.indexOf(name)]),
    }
  }
  const nearest = nearestPaths(store, item.paths)
  if (nearest === null) return nothing
  const { differences, similarity } = nearest
  const learnt = nearest.signature
  const learntUsual = store.usualOf(learnt)
  const places = new Map(learnt.paths.names.map((name, i) => [name, i]))
  const usual = item.paths.names.map(name => {
    const place = places.get(name)
    return place === undefined ? store.usualAnywhere(name) : (learntUsual[place] as UsualTime)
  })
  return {
    signature: learnt.name,
    similarity,
    novel: true,
    deviation: { ...deviationOf(0, item, usual), ...costsOf(nearest) },
    explain: () => [
      ...differences.map(differenceClause),
      ...timeClauses(item, usual, name => learnt.times[places.get(name) ?? -1] ?? store.pool(name)),
    ],
  }
}

/** A path that nothing alike ever took says more than the absence of one: normal novelties are new choices of known paths. */
function costsOf({ differences }: Nearest): { readonly structure: number; readonly inserted: number } {
  let structure = 0
  let inserted = 0
  for (const { kind, same, cost } of differences)
    if (kind === 'extra' && same === 0) inserted += cost
    else structure += cost
  return { structure, inserted }
}

function deviationOf(
  structure: number,
  { ms }: VectorItem,
  usual: readonly (UsualTime | null)[],
): Readonly<Record<string, number>> {
  const strangest = new Strangest()
  for (const [i, one] of usual.entries()) if (one !== null) strangest.add(timeDeviation(one, ms[i] as number))
  const timing = strangest.mean()
  return Number.isNaN(timing) ? { structure } : { structure, timing }
}
