// Hot path: once per judged trace.
import type { Json } from '../../../../lib/canonical-json.ts'
import { Strangest, timeDeviation, type UsualTime } from '../../../signatures/usual-time.ts'
import type { Judgement, Model } from '../../model.ts'
import { nearestPaths } from './nearest-paths.ts'
import { PathSignatures } from './path-signatures.ts'
import type { VectorItem } from './vector-item.ts'
import { differenceClause, timeClauses } from './vector-words.ts'

/**
 * Axis `structure`: −log10 of how rarely traces that are alike differ so. 0 for a set of paths that was learnt; one that was learnt a few times is still
 * doubted: among normal traces somebody may have hidden others. `timing`: spreads, of the three strangest paths.
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
      deviation: deviationOf(structure, item, usual),
      explain: () => timeClauses(item, usual, name => signature.times[signature.paths.names.indexOf(name)]),
    }
  }
  const nearest = nearestPaths(store, item.paths)
  if (nearest === null) return nothing
  const { differences, similarity, cost } = nearest
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
    deviation: deviationOf(cost, item, usual),
    explain: () => [
      ...differences.map(differenceClause),
      ...timeClauses(item, usual, name => learnt.times[places.get(name) ?? -1] ?? store.pool(name)),
    ],
  }
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
