// Hot path: `learn` once per trace.
import { type CallShape, CallShapes, type Label } from './call-shape.ts'
import type { Chain } from './chain.ts'
import { type ChainDump, checkSignature, damaged, isCount, shapeOfPlaces } from './chain-dump.ts'
import { ChainEntry } from './chain-entry.ts'
import {
  addChain,
  type CallPool,
  type ChainSignature,
  edgeOf,
  mergeSignature,
  type UsualChain,
} from './chain-signature.ts'
import { TimeModel } from './time-model.ts'
import { type CommonSpread, commonSpread, type UsualTime, usualTime } from './usual-time.ts'

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
/** Of fewer learnt traces nobody can say that what came once is rare: an exact repeat of it is normal. */
const doubtedFrom = 800

/**
 * All call chains that were learnt, by entry operation. When there are too many, the rarest tenth is forgotten: a stranger who fills the store with
 * chains of his own, each seen once, drives out his own. Mergeable (`merge`) and independent of order, up to rounding, as long as nothing is forgotten.
 */
export class ChainSignatures {
  /** Signatures that were forgotten, and chains that were not learnt, for want of room. */
  lost = 0
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

  learn(chain: Chain): void {
    const { shape } = chain
    this.#total++
    const signature = this.#signatures.get(shape.name) ?? this.#add(shape)
    if (signature === null) {
      this.lost++
      return
    }
    addChain(signature, chain)
    ;(this.#entries.get((shape.labels[0] as Label).key) as ChainEntry).count++
  }

  /** Adds what another learnt of other traces, as another node did; `other` stays as it was. */
  merge(other: ChainSignatures): void {
    this.#total += other.#total
    for (const [key, { self, failed, silent }] of other.#pools) {
      const pool = this.#pool(key)
      if (pool === null) continue
      pool.self.merge(self)
      pool.failed += failed
      pool.silent += silent
    }
    // The rarest first: where there is no room for all, they are what is forgotten.
    for (const from of [...other.#signatures.values()].sort((a, b) => a.count - b.count)) {
      const { shape } = from
      const into = this.#signatures.get(shape.name) ?? this.#add(shape)
      if (into === null) continue
      mergeSignature(into, from)
      ;(this.#entries.get((shape.labels[0] as Label).key) as ChainEntry).count += from.count
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
    if (signature.count > doubtedMax || this.#total < doubtedFrom) return 0
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
      labels: pools.map(([key, { self, failed, silent }]) => [
        ...(JSON.parse(key) as [string, string]),
        failed,
        silent,
        self.dump(),
      ]),
      signatures: [...this.#signatures.values()]
        .sort((a, b) => (a.shape.name < b.shape.name ? -1 : 1))
        .map(({ shape, count, whole, self, runs, failed, silent }) => ({
          name: shape.name,
          labels: shape.labels.map(({ key }) => places.get(key) ?? -1),
          depths: [...shape.depths],
          count,
          whole: whole.dump(),
          self: self.map(one => one.dump()),
          runs: runs.map(one => one?.dump() ?? null),
          failed,
          silent,
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
    const named = (labels as ChainDump['labels']).map(([service, operation, failed, silent, self]) => {
      if (typeof service !== 'string' || typeof operation !== 'string' || !isCount(failed) || !isCount(silent))
        throw new Error('a label is damaged')
      const label = shapes.label(service, operation)
      store.#pools.set(label.key, { id: store.#pools.size, self: TimeModel.restore(self), failed, silent })
      return label
    })
    for (const one of signatures as ChainDump['signatures']) {
      checkSignature(one)
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
      if (one.silent !== null) signature.silent = [...one.silent]
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
      const pool = this.#pool(key)
      if (pool === null) return null
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
      silent: null,
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

  /** null: there is no room. */
  #pool(key: string): CallPool | null {
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      if (this.#pools.size >= this.#limits.labels) return null
      pool = { id: this.#pools.size, self: new TimeModel(), failed: 0, silent: 0 }
      this.#pools.set(key, pool)
    }
    return pool
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
      this.lost++
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
