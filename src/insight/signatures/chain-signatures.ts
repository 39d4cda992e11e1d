// Hot path: `learn` once per trace.
import type { TreeSequence } from '../../lib/alignment.ts'
import { type CallShape, CallShapes, type Label, type Subtree } from './call-shape.ts'
import type { Chain } from './chain.ts'
import { ChainEntry } from './chain-entry.ts'
import { TimeModel } from './time-model.ts'
import { type CommonSpread, commonSpread, type UsualTime, usualTime } from './usual-time.ts'

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
}

export interface ChainLimits {
  readonly signatures: number
  /** Calls of all signatures together. */
  readonly places: number
  readonly labels: number
}

const usualLimits: ChainLimits = { signatures: 20_000, places: 400_000, labels: 50_000 }
/** What was worked out may be so much older than what was learnt, as a share of it. */
const staleShare = 1 / 64
/** Who was learnt more often is believed. */
const doubtedMax = 7

/** `caller → called`, whatever their names contain. */
export function edgeOf(shape: CallShape, place: number): string {
  const parent = shape.parents[place] as number
  return (parent < 0 ? '' : (shape.labels[parent] as Label).key) + (shape.labels[place] as Label).key
}

/**
 * All call chains that were learnt, by entry operation. When there are too many, the rarest tenth is forgotten: a stranger who fills the store with
 * chains of his own, each seen once, drives out his own. Mergeable and independent of order, up to rounding, as long as nothing is forgotten.
 */
export class ChainSignatures {
  readonly #limits: ChainLimits
  readonly #signatures = new Map<string, ChainSignature>()
  readonly #entries = new Map<string, ChainEntry>()
  readonly #pools = new Map<string, CallPool>()
  #places = 0
  #total = 0
  #common: { readonly spread: CommonSpread; readonly at: number } | null = null

  constructor(limits: ChainLimits = usualLimits) {
    this.#limits = limits
  }

  /** Traces that were learnt. */
  get total(): number {
    return this.#total
  }

  get size(): number {
    return this.#signatures.size
  }

  get entries(): Iterable<ChainEntry> {
    return this.#entries.values()
  }

  find(shape: CallShape): ChainSignature | undefined {
    return this.#signatures.get(shape.name)
  }

  entry(label: Label): ChainEntry | undefined {
    return this.#entries.get(label.key)
  }

  pool(label: Label): CallPool | undefined {
    return this.#pools.get(label.key)
  }

  learn({ shape, wholeMs, selfMs, runs, failed }: Chain): void {
    this.#total++
    const signature = this.#signatures.get(shape.name) ?? this.#add(shape)
    if (signature === null) return
    const { self, pools } = signature
    signature.count++
    ;(this.#entries.get((shape.labels[0] as Label).key) as ChainEntry).count++
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

  usualOf(signature: ChainSignature): UsualChain {
    if (signature.usual === null || this.#isStale(signature.usualAt)) {
      const spread = this.#spread()
      signature.usual = {
        whole: usualTime(signature.whole, signature.whole, spread),
        self: signature.self.map((own, i) => usualTime(own, (signature.pools[i] as CallPool).self, spread)),
      }
      signature.usualAt = this.#total
    }
    return signature.usual
  }

  /** Of a call that the signature at hand does not have; null: it is not known. */
  usualAnywhere(label: Label): UsualTime | null {
    const pool = this.#pools.get(label.key)
    return pool === undefined || pool.self.count === 0 ? null : usualTime(null, pool.self, this.#spread())
  }

  /** What remains of `cost` (asked when it is needed) when a chain was learnt some times. */
  doubtOf(signature: ChainSignature, cost: () => number): number {
    if (signature.count > doubtedMax) return 0
    if (signature.cost < 0 || this.#isStale(signature.costAt)) {
      signature.cost = cost()
      signature.costAt = this.#total
    }
    return signature.cost / (1 + signature.count ** 2)
  }

  /** Plain data; labels by their place in `labels`. */
  dump(): ChainDump {
    const pools = [...this.#pools].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const places = new Map(pools.map(([key], i) => [key, i]))
    return {
      total: this.#total,
      labels: pools.map(([key, { self, failed }]) => [...(JSON.parse(key) as [string, string]), failed, self.dump()]),
      signatures: [...this.#signatures.values()]
        .sort((a, b) => (a.shape.name < b.shape.name ? -1 : 1))
        .map(({ shape, count, whole, self, runs, failed }) => ({
          name: shape.name,
          labels: shape.labels.map(({ key }) => places.get(key) ?? -1),
          depths: [...shape.depths],
          count,
          whole: whole.dump(),
          self: self.map(one => one.dump()),
          runs: runs.map(one => one?.dump() ?? null),
          failed,
        })),
    }
  }

  /** Throws when the data are none of `dump`. */
  static restore(
    dump: unknown,
    shapes: CallShapes = new CallShapes(),
    limits: ChainLimits = usualLimits,
  ): ChainSignatures {
    const { total, labels, signatures } = dump as ChainDump
    if (!isCount(total) || !Array.isArray(labels) || !Array.isArray(signatures))
      throw new Error('no signatures of chains')
    const store = new ChainSignatures(limits)
    store.#total = total
    const named = (labels as ChainDump['labels']).map(([service, operation, failed, self]) => {
      if (typeof service !== 'string' || typeof operation !== 'string' || !isCount(failed))
        throw new Error('a label is damaged')
      const label = shapes.label(service, operation)
      store.#pools.set(label.key, { id: store.#pools.size, self: TimeModel.restore(self), failed })
      return label
    })
    for (const one of signatures as ChainDump['signatures']) {
      const size = Array.isArray(one.labels) ? one.labels.length : 0
      const lists: readonly unknown[] = [one.depths, one.self, one.runs, one.failed]
      if (
        size === 0 ||
        !isCount(one.count) ||
        !lists.every(list => Array.isArray(list) && list.length === size) ||
        !one.failed.every(isCount)
      )
        throw new Error('a signature is damaged')
      const shape = shapeOfPlaces(
        shapes,
        String(one.name),
        one.labels.map(place => named[place] ?? damaged()),
        one.depths,
      )
      const signature = store.#put(
        shape,
        one.self.map(TimeModel.restore),
        TimeModel.restore(one.whole),
        one.runs.map(run => (run === null ? null : TimeModel.restore(run))),
        [...one.failed],
      )
      if (signature === null) continue
      signature.count = one.count
      ;(store.#entries.get((shape.labels[0] as Label).key) as ChainEntry).count += one.count
    }
    return store
  }

  #spread(): CommonSpread {
    if (this.#common === null || this.#isStale(this.#common.at))
      this.#common = {
        spread: commonSpread([...this.#pools.values()].map(({ self }) => self)),
        at: this.#total,
      }
    return this.#common.spread
  }

  #isStale(at: number): boolean {
    return this.#total - at > this.#total * staleShare
  }

  #add(shape: CallShape): ChainSignature | null {
    const room = shape.labels.length
    if (this.#signatures.size >= this.#limits.signatures || this.#places + room > this.#limits.places)
      this.#forget(room)
    return this.#put(
      shape,
      shape.labels.map(() => new TimeModel()),
      new TimeModel(),
      shape.labels.map(() => null),
      shape.labels.map(() => 0),
    )
  }

  #put(
    shape: CallShape,
    self: readonly TimeModel[],
    whole: TimeModel,
    runs: (TimeModel | null)[],
    failed: number[],
  ): ChainSignature | null {
    const pools: CallPool[] = []
    for (const { key } of shape.labels) {
      let pool = this.#pools.get(key)
      if (pool === undefined) {
        if (this.#pools.size >= this.#limits.labels) return null
        pool = { id: this.#pools.size, self: new TimeModel(), failed: 0 }
        this.#pools.set(key, pool)
      }
      pools.push(pool)
    }
    const signature: ChainSignature = {
      shape,
      sequence: { labels: Int32Array.from(pools.map(({ id }) => id)), depths: shape.depths },
      edges: new Set(shape.labels.map((_, place) => edgeOf(shape, place))),
      pools,
      count: 0,
      whole,
      self,
      runs,
      failed,
      usual: null,
      usualAt: 0,
      cost: -1,
      costAt: 0,
    }
    const label = shape.labels[0] as Label
    let entry = this.#entries.get(label.key)
    if (entry === undefined) {
      entry = new ChainEntry(label)
      this.#entries.set(label.key, entry)
    }
    entry.add(signature)
    this.#signatures.set(shape.name, signature)
    this.#places += self.length
    return signature
  }

  #forget(room: number): void {
    const rarest = [...this.#signatures.values()].sort(
      (a, b) => a.count - b.count || (a.shape.name < b.shape.name ? -1 : 1),
    )
    const few = Math.ceil(rarest.length / 10)
    const gone = new Map<ChainEntry, Set<ChainSignature>>()
    for (const [i, signature] of rarest.entries()) {
      if (i >= few && this.#places + room <= this.#limits.places) break
      this.#signatures.delete(signature.shape.name)
      this.#places -= signature.self.length
      const entry = this.#entries.get((signature.shape.labels[0] as Label).key) as ChainEntry
      const set = gone.get(entry) ?? new Set()
      gone.set(entry, set.add(signature))
    }
    for (const [entry, set] of gone) {
      entry.remove(set)
      if (entry.members.length === 0) this.#entries.delete(entry.label.key)
    }
  }
}

export interface ChainDump {
  readonly total: number
  /** Service, operation, failed traces, own times. */
  readonly labels: ReadonlyArray<readonly [service: string, operation: string, failed: number, self: readonly number[]]>
  readonly signatures: ReadonlyArray<{
    readonly name: string
    readonly labels: readonly number[]
    readonly depths: readonly number[]
    readonly count: number
    readonly whole: readonly number[]
    readonly self: ReadonlyArray<readonly number[]>
    readonly runs: ReadonlyArray<readonly number[] | null>
    readonly failed: readonly number[]
  }>
}

/** A shape from its preorder; its name stays as it was written, also where it was cut. */
function shapeOfPlaces(
  shapes: CallShapes,
  name: string,
  labels: readonly Label[],
  depths: readonly number[],
): CallShape {
  const made: Subtree[][] = []
  let root: Subtree | null = null
  // Backwards: the subtrees that were made one level deeper since the last place of this level are its children.
  for (let i = labels.length - 1; i >= 0; i--) {
    const depth = depths[i]
    if (!isCount(depth) || depth > labels.length || (i === 0) !== (depth === 0)) damaged()
    const below = made[depth + 1] ?? []
    made[depth + 1] = []
    root = shapes.subtree(labels[i] as Label, below)
    ;(made[depth] ??= []).push(root)
  }
  const shape = shapes.shapeOf(root as Subtree)
  if (shape.labels.length !== labels.length) damaged()
  return shape.name === name ? shape : { ...shape, name }
}

function damaged(): never {
  throw new Error('a signature is damaged')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
