import { hash } from 'node:crypto'
import { sketchHash } from '../../../../lib/hyper-log-log.ts'
import { TimeModel } from '../../../signatures/time-model.ts'
import { type CommonSpread, commonSpread, type UsualTime, usualTime } from '../../../signatures/usual-time.ts'
import type { PathSet, VectorItem } from './vector-item.ts'

/** A set of call paths that was taken, and its times. */
export interface PathSignature {
  readonly name: string
  readonly paths: PathSet
  count: number
  /** By path. */
  readonly times: readonly TimeModel[]
  /** By path, as of `usualAt` learnt traces. */
  usual: readonly UsualTime[]
  usualAt: number
  /** What its differences from the nearest other cost, as of `costAt` learnt traces; negative: not asked yet. */
  cost: number
  costAt: number
}

/** Bounds: signatures, times of paths in all signatures, paths that are known by name. */
export interface PathLimits {
  readonly signatures: number
  readonly times: number
  readonly paths: number
}

export const usualLimits: PathLimits = { signatures: 8_192, times: 300_000, paths: 20_000 }

/** Who was learnt more often is believed. */
const doubtedMax = 7
/** Of fewer learnt traces nobody can say that what came once is rare: an exact repeat of it is normal. */
const doubtedFrom = 800

/** What was worked out may be so much older than what was learnt, as a share of it. */
const staleShare = 1 / 64

/**
 * All sets of call paths that were taken. When there are too many, the rarest tenth is forgotten: a stranger who fills the store with sets of his own
 * (each seen once) drives out his own.
 */
export class PathSignatures {
  readonly #limits: PathLimits
  readonly #signatures = new Map<string, PathSignature>()
  /** Of each path in all signatures. */
  readonly #pool = new Map<string, TimeModel>()
  #times = 0
  #total = 0
  #common: { readonly spread: CommonSpread; readonly at: number } | null = null
  readonly #pooled = new Map<string, { readonly usual: UsualTime; readonly at: number }>()

  constructor(limits: PathLimits = usualLimits) {
    this.#limits = limits
  }

  /** Traces that were learnt. */
  get total(): number {
    return this.#total
  }

  get signatures(): Iterable<PathSignature> {
    return this.#signatures.values()
  }

  get size(): number {
    return this.#signatures.size
  }

  find({ key }: PathSet): PathSignature | undefined {
    return this.#signatures.get(key)
  }

  learn({ paths, ms }: VectorItem): void {
    this.#total++
    for (const [i, name] of paths.names.entries()) this.#pathOf(name)?.add(ms[i] as number)
    const signature = this.#signatures.get(paths.key) ?? this.#added(paths)
    if (signature === null) return
    signature.count++
    for (const [i, times] of signature.times.entries()) times.add(ms[i] as number)
  }

  /** In how many learnt traces a path was taken. */
  taken(name: string): number {
    return this.#pool.get(name)?.count ?? 0
  }

  /** Of all signatures together; undefined: the path is not known. */
  pool(name: string): TimeModel | undefined {
    return this.#pool.get(name)
  }

  usualOf(signature: PathSignature): readonly UsualTime[] {
    if (signature.usual.length === 0 || this.#isStale(signature.usualAt)) {
      const spread = this.#spread()
      signature.usual = signature.paths.names.map((name, i) => {
        const own = signature.times[i] as TimeModel
        return usualTime(own, this.#pool.get(name) ?? own, spread)
      })
      signature.usualAt = this.#total
    }
    return signature.usual
  }

  /** Of a path that the signature at hand does not have. */
  usualAnywhere(name: string): UsualTime | null {
    const known = this.#pooled.get(name)
    if (known !== undefined && !this.#isStale(known.at)) return known.usual
    const pool = this.#pool.get(name)
    if (pool === undefined) return null
    const usual = usualTime(null, pool, this.#spread())
    this.#pooled.set(name, { usual, at: this.#total })
    return usual
  }

  /** What remains of `cost` (asked when it is needed) when a set of paths was learnt some times. */
  doubtOf(signature: PathSignature, cost: () => number): number {
    if (signature.count > doubtedMax || this.#total < doubtedFrom) return 0
    if (signature.cost < 0 || this.#isStale(signature.costAt)) {
      signature.cost = cost()
      signature.costAt = this.#total
    }
    return signature.cost / (1 + signature.count ** 2)
  }

  dump(): {
    total: number
    pool: [string, readonly number[]][]
    signatures: [readonly string[], number, (readonly number[])[]][]
  } {
    return {
      total: this.#total,
      pool: [...this.#pool].sort(byName).map(([name, times]) => [name, times.dump()]),
      signatures: [...this.#signatures]
        .sort(byName)
        .map(([, { paths, count, times }]) => [paths.names, count, times.map(one => one.dump())]),
    }
  }

  /** Throws when the data are none of `dump`. */
  static restore(dump: unknown, limits: PathLimits = usualLimits): PathSignatures {
    const { total, pool, signatures } = dump as Readonly<Record<string, unknown>>
    if (!Number.isSafeInteger(total) || !Array.isArray(pool) || !Array.isArray(signatures))
      throw new Error('no signatures of paths')
    const store = new PathSignatures(limits)
    store.#total = total as number
    for (const [name, times] of pool) store.#pool.set(String(name), TimeModel.restore(times))
    for (const [names, count, times] of signatures as [unknown, unknown, unknown][]) {
      if (
        !Array.isArray(names) ||
        !Array.isArray(times) ||
        times.length !== names.length ||
        !Number.isSafeInteger(count)
      )
        throw new Error('a signature is damaged')
      const key = JSON.stringify(names)
      const paths = { key, hash: sketchHash(key), names: names.map(String) }
      store.#put(paths, count as number, times.map(TimeModel.restore))
    }
    return store
  }

  #spread(): CommonSpread {
    if (this.#common === null || this.#isStale(this.#common.at))
      this.#common = { spread: commonSpread(this.#pool.values()), at: this.#total }
    return this.#common.spread
  }

  #isStale(at: number): boolean {
    return this.#total - at > this.#total * staleShare
  }

  #pathOf(name: string): TimeModel | null {
    let found = this.#pool.get(name)
    if (found === undefined) {
      if (this.#pool.size >= this.#limits.paths) return null
      found = new TimeModel()
      this.#pool.set(name, found)
    }
    return found
  }

  #added(paths: PathSet): PathSignature | null {
    const room = paths.names.length
    if (room > this.#limits.times) return null
    if (this.#signatures.size >= this.#limits.signatures || this.#times + room > this.#limits.times) this.#forget(room)
    return this.#put(
      paths,
      0,
      paths.names.map(() => new TimeModel()),
    )
  }

  #put(paths: PathSet, count: number, times: readonly TimeModel[]): PathSignature {
    const name = hash('sha256', paths.key, 'hex').slice(0, 16)
    const signature: PathSignature = { name, paths, count, times, usual: [], usualAt: 0, cost: -1, costAt: 0 }
    this.#signatures.set(paths.key, signature)
    this.#times += times.length
    return signature
  }

  #forget(room: number): void {
    const rarest = [...this.#signatures.values()].sort((a, b) => a.count - b.count || (a.name < b.name ? -1 : 1))
    const few = Math.ceil(rarest.length / 10)
    for (const [i, { paths, times }] of rarest.entries()) {
      if (i >= few && this.#times + room <= this.#limits.times) break
      this.#signatures.delete(paths.key)
      this.#times -= times.length
    }
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
