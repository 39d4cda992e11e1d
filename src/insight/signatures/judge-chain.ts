// Hot path: once per judged trace.
import { type Aligner, createAligner } from '../../lib/alignment.ts'
import type { Label } from './call-shape.ts'
import type { Chain } from './chain.ts'
import { chainDifferences, type ChainDifference } from './chain-differences.ts'
import type { CallPool, ChainSignature } from './chain-signature.ts'
import type { ChainSignatures } from './chain-signatures.ts'
import { type ChainClause, differenceWords, failureWords, loopWords, timeWords, wholeWords } from './chain-words.ts'
import { nearestChain } from './nearest-chain.ts'
import type { TimeModel } from './time-model.ts'
import { Strangest, timeDeviation, type UsualTime, usualTime } from './usual-time.ts'

/** How a chain deviates from what was learnt; an axis that cannot be judged is left out. */
export interface ChainJudgement {
  readonly signature: string | null
  readonly similarity: number
  /** The chain was never learnt, only others. */
  readonly novel: boolean
  /**
   * `structure`: −log10 of how rarely chains that are alike differ so. `inserted`: the same of calls that were never made below
   * that entry: normal novelties are new choices of known calls. `timing`: spreads, of the three strangest times. `status`: −log10 of how rarely
   * the call fails that failed. `loops`: spreads of the strangest run.
   */
  readonly deviation: Readonly<Record<string, number>>
  explain(): ChainClause[]
}

/** Times and runs that are told: strange by themselves, and not more than that many. */
const toldFrom = 3
const toldMax = 5
/** Traces after which a signature alone says how often its calls fail. */
const failuresFrom = 50

export interface ChainJudge {
  judge(chain: Chain): ChainJudgement
}

export function createChainJudge(store: ChainSignatures, aligner: Aligner = createAligner()): ChainJudge {
  return {
    judge(chain) {
      const known = store.find(chain.shape)
      if (known !== undefined) {
        const structure = store.doubtOf(known, () => costOfNearestOther(store, aligner, known))
        return judged(store, chain, known, null, { structure, inserted: 0 }, 1, [])
      }
      const nearest = nearestChain(store, aligner, chain.shape)
      if (nearest === null) return { signature: null, similarity: 0, novel: true, deviation: {}, explain: () => [] }
      const { query, signature } = nearest
      const steps = aligner.steps(query.sequence, signature.sequence, query.inserts)
      const differences = chainDifferences(store, steps, chain.shape, nearest)
      const costs = { structure: 0, inserted: 0 }
      for (const { kind, same, cost } of differences)
        costs[kind !== 'missing' && same === 0 ? 'inserted' : 'structure'] += cost
      const to = chain.shape.labels.map(() => -1)
      for (const step of steps) if (step.kind === 'same' || step.kind === 'moved') to[step.at] = step.other
      return judged(store, chain, signature, to, costs, nearest.similarity, differences)
    },
  }
}

function costOfNearestOther(store: ChainSignatures, aligner: Aligner, known: ChainSignature): number {
  const other = nearestChain(store, aligner, known.shape, known)
  if (other === null) return 0
  const steps = aligner.steps(other.query.sequence, other.signature.sequence, other.query.inserts)
  return chainDifferences(store, steps, known.shape, other).reduce((sum, { cost }) => sum + cost, 0)
}

/** `to`: the place in the signature of each call, −1: it has none; null: all the same. */
function judged(
  store: ChainSignatures,
  chain: Chain,
  signature: ChainSignature,
  to: readonly number[] | null,
  costs: { readonly structure: number; readonly inserted: number },
  similarity: number,
  differences: readonly ChainDifference[],
): ChainJudgement {
  const { shape, selfMs, failed, silent, runs, wholeMs } = chain
  const usual = store.usualOf(signature)
  const placeOf = (place: number): number => (to === null ? place : (to[place] as number))
  const usualAt = (place: number): UsualTime | null => {
    const other = placeOf(place)
    return other < 0 ? store.usualAnywhere(shape.labels[place] as Label) : (usual.self[other] as UsualTime)
  }
  const strangest = new Strangest()
  for (let place = 0; place < selfMs.length; place++) {
    const one = usualAt(place)
    if (one !== null) strangest.add(timeDeviation(one, selfMs[place] as number))
  }
  strangest.add(timeDeviation(usual.whole, wholeMs))

  const failureOf = (place: number): { readonly failed: number; readonly count: number } => {
    const other = placeOf(place)
    const told = other < 0 ? 0 : signature.count - (signature.silent?.[other] ?? 0)
    if (told >= failuresFrom) return { failed: signature.failed[other] as number, count: told }
    const pool: CallPool | undefined = store.pool(shape.labels[place] as Label)
    return { failed: pool?.failed ?? 0, count: pool === undefined ? 0 : pool.self.count - pool.silent }
  }
  // What does not say whether it failed is not judged by it, nor is anything of which none of the learnt did.
  const saysAnything =
    (silent === null && signature.silent === null) ||
    shape.labels.some((_, place) => silent?.[place] !== true && failureOf(place).count > 0)
  let status = saysAnything ? 0 : Number.NaN
  if (failed !== null)
    for (const [place, times] of failed.entries()) {
      if (times === 0) continue
      const usually = failureOf(place)
      if (usually.count === 0) continue
      status = Math.max(status, -Math.log10(Math.min(1, (usually.failed + 0.5) / (usually.count + 1))))
    }
  let loops = 0
  const runOf = (place: number): TimeModel | null => {
    const other = placeOf(place)
    return other < 0 ? null : (signature.runs[other] as TimeModel | null)
  }
  for (let place = 0; place < selfMs.length; place++) {
    const run = runs === null ? 1 : (runs[place] as number)
    const model = runOf(place)
    if (run === 1 && model === null) continue
    loops = Math.max(loops, runDeviation(model, run))
  }
  return {
    signature: signature.shape.name.slice(0, 16),
    similarity,
    novel: to !== null,
    deviation: { ...costs, timing: strangest.mean(), ...(Number.isNaN(status) ? null : { status }), loops },
    explain: () => {
      const clauses = differences.map(one => differenceWords(one, signature.shape.labels[0] as Label))
      const times: { readonly deviation: number; readonly clause: () => ChainClause }[] = []
      for (let place = 0; place < selfMs.length; place++) {
        const one = usualAt(place)
        const ms = selfMs[place] as number
        const other = placeOf(place)
        const model = other < 0 ? store.pool(shape.labels[place] as Label)?.self : signature.self[other]
        if (one !== null && model !== undefined)
          times.push({ deviation: timeDeviation(one, ms), clause: () => timeWords(shape, place, ms, model) })
        const run = runs?.[place] ?? 1
        if (runs !== null || runOf(place) !== null)
          times.push({
            deviation: runDeviation(runOf(place), run),
            clause: () => loopWords(shape, place, run, runOf(place)),
          })
        if ((failed?.[place] ?? 0) > 0) {
          const usually = failureOf(place)
          if (usually.count > 0) clauses.push(failureWords(shape, place, usually.failed, usually.count))
        }
      }
      times.push({ deviation: timeDeviation(usual.whole, wholeMs), clause: () => wholeWords(chain, signature.whole) })
      const told = times
        .filter(({ deviation }) => deviation >= toldFrom)
        .sort((a, b) => b.deviation - a.deviation)
        .slice(0, toldMax)
        .map(({ clause }) => clause())
      return [...clauses, ...told]
    },
  }
}

const once: UsualTime = { mean: 1, spread: 0.5 }
const runSpread = { ratio: 0.3 }

/** How many spreads longer a run is than usual. Shorter ones are not strange: a list may be empty. */
function runDeviation(model: TimeModel | null, run: number): number {
  const usual = model === null ? once : usualTime(model, model, runSpread)
  return run <= usual.mean ? 0 : timeDeviation(usual, run)
}
