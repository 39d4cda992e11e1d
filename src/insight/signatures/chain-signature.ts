// Hot path: `addChain` once per learnt trace.
import type { TreeSequence } from '../../lib/alignment.ts'
import type { CallShape, Label } from './call-shape.ts'
import type { Chain } from './chain.ts'
import { TimeModel } from './time-model.ts'
import type { UsualTime } from './usual-time.ts'

/** A canonical call chain that was learnt, with the models of its calls. Lists are by place in the shape. */
export interface ChainSignature {
  readonly shape: CallShape
  readonly sequence: TreeSequence
  /** Each `caller → called` in it, once. */
  readonly edges: ReadonlySet<string>
  readonly pools: readonly CallPool[]
  count: number
  readonly whole: TimeModel
  readonly self: readonly TimeModel[]
  /** Lengths of runs; null while all were 1. */
  readonly runs: (TimeModel | null)[]
  /** Traces in which the call failed. */
  readonly failed: number[]
  /** Traces that do not say whether it failed; null while all did. */
  silent: number[] | null
  usual: UsualChain | null
  usualAt: number
  /** What its differences from the nearest other cost, as of `costAt` learnt traces; negative: not asked yet. */
  cost: number
  costAt: number
}

/** What is usual for a signature, by place. */
export interface UsualChain {
  readonly whole: UsualTime
  readonly self: readonly UsualTime[]
}

/** One kind of call in all signatures. */
export interface CallPool {
  readonly id: number
  readonly self: TimeModel
  /** Traces in which it failed. */
  failed: number
  /** Traces that do not say. */
  silent: number
}

/** `caller → called`, whatever their names contain. */
export function edgeOf(shape: CallShape, place: number): string {
  const parent = shape.parents[place] as number
  return (parent < 0 ? '' : (shape.labels[parent] as Label).key) + (shape.labels[place] as Label).key
}

/** Learns one more chain of the signature's shape. */
export function addChain(signature: ChainSignature, { wholeMs, selfMs, runs, failed, silent }: Chain): void {
  const { self, pools } = signature
  signature.count++
  signature.whole.add(wholeMs)
  for (let i = 0; i < self.length; i++) {
    const ms = selfMs[i] as number
    ;(self[i] as TimeModel).add(ms)
    ;(pools[i] as CallPool).self.add(ms)
  }
  if (failed !== null)
    for (const [i, times] of failed.entries())
      if (times > 0) {
        signature.failed[i] = (signature.failed[i] as number) + 1
        ;(pools[i] as CallPool).failed++
      }
  if (silent !== null)
    for (const [i, isSilent] of silent.entries())
      if (isSilent) {
        signature.silent ??= self.map(() => 0)
        signature.silent[i] = (signature.silent[i] as number) + 1
        ;(pools[i] as CallPool).silent++
      }
  for (let i = 0; i < self.length; i++) {
    const run = runs === null ? 1 : (runs[i] as number)
    const model = signature.runs[i] as TimeModel | null
    if (model !== null) model.add(run)
    else if (run > 1) {
      const made = new TimeModel()
      made.add(1, signature.count - 1)
      made.add(run)
      signature.runs[i] = made
    }
  }
}

/** Adds what another store learnt of the same shape; pools are left to the store. */
export function mergeSignature(into: ChainSignature, from: ChainSignature): void {
  into.whole.merge(from.whole)
  for (const [i, model] of from.self.entries()) {
    ;(into.self[i] as TimeModel).merge(model)
    into.failed[i] = (into.failed[i] as number) + (from.failed[i] as number)
    const [own, other] = [into.runs[i] as TimeModel | null, from.runs[i] as TimeModel | null]
    if (own === null && other === null) continue
    // Where a run was never longer than one there is no model of it.
    const merged = own ?? timesOfOnce(into.count)
    merged.merge(other ?? timesOfOnce(from.count))
    into.runs[i] = merged
  }
  if (from.silent !== null) {
    const { silent } = from
    into.silent = (into.silent ?? silent.map(() => 0)).map((times, i) => times + (silent[i] as number))
  }
  into.count += from.count
}

function timesOfOnce(count: number): TimeModel {
  const model = new TimeModel()
  model.add(1, count)
  return model
}
