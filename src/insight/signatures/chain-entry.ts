import type { Label } from './call-shape.ts'
import type { ChainSignature } from './chain-signature.ts'

/** The signatures of one entry operation, with an index of what they call. */
export class ChainEntry {
  readonly label: Label
  /** Traces that were learnt of it. */
  count = 0
  #members: ChainSignature[] = []
  /** Label → k → members with that label at least k + 1 times. */
  #postings = new Map<number, number[][]>()
  /** `caller → called` → signatures that have it. */
  #edges = new Map<string, number>()
  #shared = new Float64Array(16)

  constructor(label: Label) {
    this.label = label
  }

  get members(): readonly ChainSignature[] {
    return this.#members
  }

  hasEdge(edge: string): boolean {
    return this.#edges.has(edge)
  }

  hasLabel(id: number): boolean {
    return this.#postings.has(id)
  }

  add(signature: ChainSignature): void {
    const number = this.#members.push(signature) - 1
    for (const [id, times] of counted(signature.sequence.labels)) {
      let lists = this.#postings.get(id)
      if (lists === undefined) this.#postings.set(id, (lists = []))
      for (let k = 0; k < times; k++) (lists[k] ??= []).push(number)
    }
    for (const edge of signature.edges) this.#edges.set(edge, (this.#edges.get(edge) ?? 0) + 1)
  }

  remove(gone: ReadonlySet<ChainSignature>): void {
    const kept = this.#members.filter(member => !gone.has(member))
    this.#members = []
    this.#postings = new Map()
    this.#edges = new Map()
    for (const member of kept) this.add(member)
  }

  /**
   * For each member the weight of what it has in common with a chain, as multisets of labels: `gain` of a label for each time that both have it.
   * Valid until the next call.
   */
  shared(labels: Int32Array, gain: (place: number) => number): Float64Array {
    if (this.#shared.length < this.#members.length) this.#shared = new Float64Array(2 * this.#members.length)
    const shared = this.#shared
    shared.fill(0, 0, this.#members.length)
    const seen = new Map<number, number>()
    for (let place = 0; place < labels.length; place++) {
      const id = labels[place] as number
      if (id < 0) continue
      const k = seen.get(id) ?? 0
      seen.set(id, k + 1)
      const list = this.#postings.get(id)?.[k]
      if (list === undefined) continue
      const weight = gain(place)
      for (let i = 0; i < list.length; i++) {
        const number = list[i] as number
        shared[number] = (shared[number] as number) + weight
      }
    }
    return shared
  }
}

function counted(labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const id of labels) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}
