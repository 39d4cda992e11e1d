// Hot path: once per observed body.
import type { DataClass } from '../model/data-class.ts'
import type { Shape } from '../model/observation.ts'
import type { JsonSchema } from '../model/operation.ts'
import { wilsonLower } from '../../lib/wilson.ts'
import { dumpNode, restoreNode } from './node-dump.ts'
import { schemaOf, type SchemaOptions } from './schema-output.ts'
import { type NodeBudget, ValueNode } from './value-node.ts'

/**
 * Places (fields and items) of one model, beside the bound of each object (value-node). Beyond, shallow ones stay before deep ones, and of one
 * depth those with the smallest hash.
 */
export const nodesMax = 2000

const everything = Number.POSITIVE_INFINITY
/** No member of an object was thrown out. */
const everything32 = 2 ** 32

/**
 * The type of the values seen in one place (a body, a parameter), learnt one shape at a time. Neither the order of `add` nor the grouping of
 * `merge` changes what comes out, so gateways can learn apart and be joined. Memory is bounded whatever comes in: each object by itself, then
 * the whole. (Only where both bounds are passed at once may the order decide which of the deepest places stay.)
 */
export class SchemaModel {
  #root = new ValueNode(0, 0)
  #nodes = 0
  #limit = everything
  /** Nodes after it was last pruned: while there are as many none was made, and nothing is to be pruned. Going through all of them is dear. */
  #pruned = 0
  readonly #budget: NodeBudget = {
    admits: rank => rank < this.#limit,
    made: () => {
      this.#nodes++
    },
  }

  /** Values seen. */
  get seen(): number {
    return this.#root.seen
  }

  /** 0–1: lower bound of how often the next value will be of the kinds seen (Wilson, 97.5 %). */
  get confidence(): number {
    return wilsonLower(this.seen, this.seen)
  }

  /** Places known; at most `nodesMax` once read or merged. */
  get places(): number {
    this.#prune()
    return this.#nodes
  }

  /** Were there more places than are kept? */
  get bounded(): boolean {
    this.#prune()
    if (this.#limit !== everything) return true
    for (const node of below(this.#root)) if (node.membersLimit < everything32) return true
    return this.#root.membersLimit < everything32
  }

  /** Classes of data by pointer (`/customer/email`, `/items/[]/iban`; '' for the value itself), with how often. */
  classes(): Array<readonly [pointer: string, dataClass: DataClass, seen: number]> {
    this.#prune()
    const found: Array<readonly [string, DataClass, number]> = []
    const walk = (node: ValueNode, pointer: string): void => {
      for (const [dataClass, seen] of node.texts?.classes ?? []) found.push([pointer, dataClass, seen])
      if (node.items !== null) walk(node.items, `${pointer}/[]`)
      for (const [name, { node: inner }] of node.fields ?? []) walk(inner, `${pointer}/${name}`)
    }
    walk(this.#root, '')
    return found.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1))
  }

  add(shape: Shape): void {
    this.#root.add(shape, this.#budget)
    // Some slack, so that a flood of new names is sorted once in a while and not at every name.
    if (this.#nodes > nodesMax * 1.5) this.#prune()
  }

  /** Takes in all that `other` has seen; `other` stays as it is, but for places beyond its bound. */
  merge(other: SchemaModel): void {
    other.#prune()
    if (other.#limit < this.#limit) {
      this.#limit = other.#limit
      this.#drop()
    }
    this.#root.merge(other.#root, this.#budget)
    this.#pruned = -1
    this.#prune()
  }

  /** JSON Schema 2020-12 of what was seen (schema-output). */
  toJsonSchema(options: SchemaOptions = {}): JsonSchema {
    this.#prune()
    return schemaOf(this.#root, options)
  }

  /** Plain data for JSON.stringify. */
  dump(): unknown {
    this.#prune()
    return [1, this.#limit === everything ? 0 : this.#limit, dumpNode(this.#root)]
  }

  /** Throws a RangeError on what no model wrote. */
  static restore(dump: unknown): SchemaModel {
    if (!Array.isArray(dump) || dump[0] !== 1 || !Number.isSafeInteger(dump[1]))
      throw new RangeError('not the dump of a schema model')
    const model = new SchemaModel()
    if (dump[1] !== 0) model.#limit = dump[1] as number
    model.#root = restoreNode(dump[2], model.#budget)
    model.#prune()
    return model
  }

  #prune(): void {
    if (this.#nodes === this.#pruned) return
    for (const node of below(this.#root)) node.cutMembers()
    this.#root.cutMembers()
    this.#nodes = 0
    const ranks: number[] = []
    for (const node of below(this.#root)) {
      this.#nodes++
      ranks.push(node.rank)
    }
    if (this.#nodes > nodesMax) {
      ranks.sort((a, b) => a - b)
      this.#limit = ranks[nodesMax] as number
      this.#drop()
    }
    this.#pruned = this.#nodes
  }

  #drop(): void {
    const drop = (node: ValueNode): void => {
      if (node.items !== null && node.items.rank >= this.#limit) node.items = null
      for (const [name, { node: child }] of node.fields ?? []) if (child.rank >= this.#limit) node.fields?.delete(name)
    }
    drop(this.#root)
    this.#nodes = 0
    for (const node of below(this.#root)) {
      this.#nodes++
      drop(node)
    }
  }
}

/** All nodes below this one, parents first. */
function* below(root: ValueNode): Generator<ValueNode> {
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node !== root) yield node
    if (node.items !== null) waiting.push(node.items)
    for (const { node: child } of node.fields?.values() ?? []) waiting.push(child)
  }
}
