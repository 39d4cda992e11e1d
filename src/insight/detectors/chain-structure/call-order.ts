// Hot path: once per tree.
import { OldestEntry } from '../../../lib/oldest-entry.ts'
import type { CallNode, CallTree } from '../../traces/call-tree.ts'
import { ChangedRows } from '../../traces/changed-rows.ts'
import { createOperationName } from '../../traces/operation-name.ts'

/** Two calls that one service makes one after the other. */
export interface OrderedPair {
  /** Tells the pair with its order from all others. */
  readonly key: string
  readonly caller: string
  readonly first: string
  readonly second: string
  /** −log10 of how often they come in this order. */
  readonly cost: number
  /** Of so many that were learnt, so many came in this order. */
  readonly all: number
  readonly same: number
}

const pairsMax = 32_768
/** Of one tree. */
const pairsLooked = 256

/** In which order a service makes its calls: for each two that follow each other, how often which comes first. Calls that run at once come in both. */
export class CallOrder {
  /** Pairs that were forgotten for want of room. */
  lost = 0
  /** `caller, one, other` with the names in order → how often in that order, how often in the other. */
  readonly #pairs = new Map<string, [straight: number, turned: number]>()
  readonly #oldest = new OldestEntry(this.#pairs)
  readonly #rows = new ChangedRows()
  readonly #operation = createOperationName()

  /** Each pair of a tree once. */
  pairsOf({ nodes }: CallTree): OrderedPair[] {
    const pairs = new Map<string, OrderedPair>()
    for (const node of nodes) {
      const { children } = node
      for (let i = 1; i < children.length && pairs.size < pairsLooked; i++) {
        const first = this.#name(children[i - 1] as CallNode)
        const second = this.#name(children[i] as CallNode)
        if (first === second) continue
        const caller = this.#name(node)
        const key = JSON.stringify([caller, first, second])
        if (pairs.has(key)) continue
        const { row, turned } = rowOf(caller, first, second)
        const counts = this.#pairs.get(row)
        const same = counts?.[turned ? 1 : 0] ?? 0
        const all = counts === undefined ? 0 : counts[0] + counts[1]
        pairs.set(key, { key, caller, first, second, cost: -Math.log10((same + 0.5) / (all + 1)), all, same })
      }
    }
    return [...pairs.values()]
  }

  learn({ caller, first, second }: OrderedPair): void {
    const { row, turned } = rowOf(caller, first, second)
    let counts = this.#pairs.get(row)
    if (counts === undefined) {
      if (this.#pairs.size >= pairsMax) {
        this.#rows.gone(this.#oldest.take() as string)
        this.lost++
      }
      this.#pairs.set(row, (counts = [0, 0]))
    }
    counts[turned ? 1 : 0]++
    this.#rows.changed(row)
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.take(row => {
      const counts = this.#pairs.get(row)
      return counts === undefined ? null : JSON.stringify(counts)
    })
  }

  /** Throws on what is no row of this. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [row, value] of rows) {
      const counts = JSON.parse(value) as unknown
      if (!Array.isArray(counts) || counts.length !== 2 || !counts.every(one => Number.isSafeInteger(one) && one >= 0))
        throw new Error('an order of calls is damaged')
      if (this.#pairs.size >= pairsMax) return
      this.#pairs.set(row, [counts[0] as number, counts[1] as number])
      this.#rows.stored(row)
    }
  }

  #name({ span }: CallNode): string {
    return `${span.service} ${this.#operation(span)}`
  }
}

function rowOf(caller: string, first: string, second: string): { readonly row: string; readonly turned: boolean } {
  const turned = second < first
  return { row: JSON.stringify(turned ? [caller, second, first] : [caller, first, second]), turned }
}
