import type { CallShapes } from '../signatures/call-shape.ts'
import type { Chain } from '../signatures/chain.ts'
import type { ChainDump } from '../signatures/chain-dump.ts'
import { type ChainLimits, ChainSignatures } from '../signatures/chain-signatures.ts'

type LabelRow = ChainDump['labels'][number]
type SignatureRow = Omit<ChainDump['signatures'][number], 'labels'> & { readonly labels: readonly string[] }

/** Signatures that survive the process: a row for each signature (`s name`) and each kind of call (`l key`), written when something was learnt of it. */
export class ChainRows {
  #store: ChainSignatures
  readonly #shapes: CallShapes
  readonly #limits: ChainLimits
  readonly #changed = new Map<string, Chain['shape']>()
  readonly #written = new Set<string>()

  constructor(shapes: CallShapes, limits: ChainLimits) {
    this.#shapes = shapes
    this.#limits = limits
    this.#store = new ChainSignatures(limits)
  }

  get store(): ChainSignatures {
    return this.#store
  }

  learn(chain: Chain): void {
    this.#store.learn(chain)
    // Where nobody asks for rows, no more is remembered than there may be signatures.
    if (this.#changed.size <= this.#limits.signatures) this.#changed.set(chain.shape.name, chain.shape)
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    if (this.#changed.size === 0) return
    const labels = new Set<string>()
    for (const [name, shape] of this.#changed) {
      const known = this.#store.find(shape)
      if (known === undefined) continue
      for (const label of shape.labels) {
        const pool = this.#store.pool(label)
        if (pool === undefined || labels.has(label.key)) continue
        labels.add(label.key)
        const row: LabelRow = [label.service, label.operation, pool.failed, pool.silent, pool.self.dump()]
        yield [`l ${label.key}`, JSON.stringify(row)]
      }
      const row: SignatureRow = {
        name,
        labels: shape.labels.map(({ key }) => key),
        depths: [...shape.depths],
        count: known.count,
        whole: known.whole.dump(),
        self: known.self.map(one => one.dump()),
        runs: known.runs.map(one => one?.dump() ?? null),
        failed: known.failed,
        silent: known.silent,
      }
      this.#written.add(name)
      yield [`s ${name}`, JSON.stringify(row)]
    }
    this.#changed.clear()
    yield ['total', String(this.#store.total)]
    if (this.#written.size <= this.#store.size) return
    const kept = new Set<string>()
    for (const { members } of this.#store.entries) for (const { shape } of members) kept.add(shape.name)
    for (const name of this.#written)
      if (!kept.has(name)) {
        this.#written.delete(name)
        yield [`s ${name}`, null]
      }
  }

  /** Throws on what are no rows of this. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const labels: LabelRow[] = []
    const places = new Map<string, number>()
    const signatures: SignatureRow[] = []
    let total = 0
    for (const [key, value] of rows) {
      const row = JSON.parse(value) as unknown
      if (key === 'total') total = row as number
      else if (key.startsWith('l ')) places.set(key.slice(2), labels.push(row as LabelRow) - 1)
      else signatures.push(row as SignatureRow)
    }
    const dump: ChainDump = {
      total,
      labels,
      signatures: signatures.map(one => ({ ...one, labels: one.labels.map(key => places.get(key) ?? -1) })),
    }
    this.#store = ChainSignatures.restore(dump, this.#shapes, this.#limits)
    for (const { name } of signatures) this.#written.add(name)
  }
}
