// Hot path: once per value of every observed body.
import { LogHistogram } from '../../lib/log-histogram.ts'
import { rankOf } from '../../lib/distinct-sample.ts'
import type { Shape } from '../model/observation.ts'
import { NumberModel } from './number-model.ts'
import { TextModel } from './text-model.ts'

/** Kinds of values, in the order of their counts. */
export const kinds = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const
export type Kind = (typeof kinds)[number]

/** A place where the number of nodes of one model is bounded. */
export interface NodeBudget {
  /** May a node of this rank be made? */
  admits(rank: number): boolean
  made(): void
}

const level = 4_294_967_296
const depthMax = 14
/** Members of one object that have a node: as many as an observation keeps (json-body). */
export const membersMax = 128
/** So that a flood of names is sorted once in a while; what is read is always cut to `membersMax` first. */
const slack = 32

/**
 * All values of one place in a body, fused (parametric type fusion, Baazizi et al., EDBT 2017): counts by kind, and for each kind what its
 * values had in common. Fusing is commutative and associative, since everything here is a sum, a minimum, a maximum or a bottom-k sample.
 */
export class ValueNode {
  readonly counts: [number, number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0, 0]
  numbers: NumberModel | null = null
  texts: TextModel | null = null
  /** Objects: members by name; `presence` is how many objects had it. */
  fields: Map<string, Member> | null = null
  /** Smallest hash of a member that was ever thrown out: those with smaller ones stay, so that one map cannot fill the whole model. */
  membersLimit = level
  /** Members of all objects, those without a node included. */
  members = 0
  /** Objects with members beyond those that an observation keeps. */
  cut = 0
  items: ValueNode | null = null
  itemsMin = Number.POSITIVE_INFINITY
  itemsMax = 0
  lengths: LogHistogram | null = null
  readonly depth: number
  /** Of the path to here: which nodes stay when there are too many must not depend on the order. */
  readonly hash: number

  constructor(depth: number, hash: number) {
    this.depth = depth
    this.hash = hash
  }

  /** Shallow places first, then by hash of the path. */
  get rank(): number {
    return this.depth * level + this.hash
  }

  get seen(): number {
    let sum = 0
    for (const count of this.counts) sum += count
    return sum
  }

  count(kind: Kind): number {
    return this.counts[kinds.indexOf(kind)] as number
  }

  add(shape: Shape, budget: NodeBudget): void {
    switch (shape.kind) {
      case 'null':
        this.counts[0]++
        return
      case 'boolean':
        this.counts[1]++
        return
      case 'integer':
        this.counts[2]++
        ;(this.numbers ??= new NumberModel()).add(shape)
        return
      case 'number':
        this.counts[3]++
        ;(this.numbers ??= new NumberModel()).add(shape)
        return
      case 'string':
        this.counts[4]++
        ;(this.texts ??= new TextModel()).add(shape)
        return
      case 'array': {
        this.counts[5]++
        if (shape.count < this.itemsMin) this.itemsMin = shape.count
        if (shape.count > this.itemsMax) this.itemsMax = shape.count
        ;(this.lengths ??= new LogHistogram()).add(shape.count)
        if (shape.items.length === 0) return
        const items = this.itemsNode(budget)
        if (items !== null) for (const item of shape.items) items.add(item, budget)
        return
      }
      case 'object': {
        this.counts[6]++
        if (shape.more > 0) this.cut++
        this.fields ??= new Map()
        for (const name in shape.fields) {
          if (!Object.hasOwn(shape.fields, name)) continue
          this.members++
          const member = this.member(name, budget)
          if (member === null) continue
          member.presence++
          member.node.add(shape.fields[name] as Shape, budget)
          const { others } = shape
          // A field may be called `toString`.
          if (others !== undefined && Object.hasOwn(others, name))
            for (const other of others[name] as readonly Shape[]) member.node.add(other, budget)
        }
        return
      }
      default: {
        // From a file: a kind that nobody knows says nothing.
        const never: never = shape
        void never
      }
    }
  }

  merge(other: ValueNode, budget: NodeBudget): void {
    for (let i = 0; i < kinds.length; i++) this.counts[i] = (this.counts[i] as number) + (other.counts[i] as number)
    if (other.numbers !== null) (this.numbers ??= new NumberModel()).merge(other.numbers)
    if (other.texts !== null) (this.texts ??= new TextModel()).merge(other.texts)
    if (other.lengths !== null) (this.lengths ??= new LogHistogram()).merge(other.lengths)
    this.itemsMin = Math.min(this.itemsMin, other.itemsMin)
    this.itemsMax = Math.max(this.itemsMax, other.itemsMax)
    this.members += other.members
    this.cut += other.cut
    if (other.items !== null) this.itemsNode(budget)?.merge(other.items, budget)
    if (other.fields === null) return
    this.fields ??= new Map()
    if (other.membersLimit < this.membersLimit) {
      this.membersLimit = other.membersLimit
      for (const [name, { node }] of this.fields) if (node.hash >= this.membersLimit) this.fields.delete(name)
    }
    for (const [name, { presence, node }] of other.fields) {
      const member = this.member(name, budget)
      if (member === null) continue
      member.presence += presence
      member.node.merge(node, budget)
    }
  }

  /** The node of a member, made when there is room. */
  member(name: string, budget: NodeBudget): Member | null {
    this.fields ??= new Map()
    let member = this.fields.get(name)
    if (member !== undefined) return member
    const node = this.#child(name, budget)
    if (node === null || node.hash >= this.membersLimit) return null
    budget.made()
    member = { presence: 0, node }
    this.fields.set(name, member)
    if (this.fields.size > membersMax + slack) {
      this.cutMembers()
      if (!this.fields.has(name)) return null
    }
    return member
  }

  /** Leaves the members with the smallest hashes (bottom-k, as lib/distinct-sample): which those are does not depend on the order. */
  cutMembers(): void {
    const { fields } = this
    if (fields === null || fields.size <= membersMax) return
    const hashes = [...fields.values()].map(({ node }) => node.hash).sort((a, b) => a - b)
    this.membersLimit = hashes[membersMax] as number
    for (const [name, { node }] of fields) if (node.hash >= this.membersLimit) fields.delete(name)
  }

  itemsNode(budget: NodeBudget): ValueNode | null {
    // No member can be called so: its name would be in braces (safe-name).
    if (this.items !== null) return this.items
    const items = this.#child('[]', budget)
    if (items !== null) budget.made()
    this.items = items
    return items
  }

  #child(name: string, budget: NodeBudget): ValueNode | null {
    // No schema can hold `__proto__`, and no body with it is ever let in; an observation from a file may still say so.
    if (this.depth >= depthMax || name.length > 128 || name === '__proto__') return null
    const node = new ValueNode(this.depth + 1, rankOf(`${this.hash}/${name}`))
    return budget.admits(node.rank) ? node : null
  }
}

export interface Member {
  presence: number
  readonly node: ValueNode
}
