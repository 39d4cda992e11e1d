// Hot path: once per span.
import { hash } from 'node:crypto'

/** What was called: a service's operation. */
export interface Label {
  /** Tells it from all others, whatever the names contain. */
  readonly key: string
  readonly service: string
  readonly operation: string
}

/** A call with everything below it, its children in canonical order, equal ones once. */
export interface Subtree {
  readonly label: Label
  /** 32 hex digits: label and children. */
  readonly hash: string
  /** By label, then hash; each once. */
  readonly children: readonly Subtree[]
  /** Calls in it, itself too. */
  readonly size: number
  /** Made when asked for. */
  shape: CallShape | null
}

/** The canonical form of a call chain: a tree in preorder in which runs are collapsed to one call (`x+`). */
export interface CallShape {
  /** Hash of the whole tree. */
  readonly name: string
  readonly labels: readonly Label[]
  readonly depths: Int32Array
  /** Place of the caller; −1 at the root. */
  readonly parents: Int32Array
  /** Places of the calls that each call made. */
  readonly children: ReadonlyArray<readonly number[]>
  /** The subtree at each place. */
  readonly subtrees: readonly Subtree[]
}

/** Calls of a chain that are looked at one by one; deeper or later ones only change its hash. */
export const placesMax = 1_024
const labelsMax = 100_000
const subtreesMax = 200_000

/**
 * Makes labels and subtrees, equal ones the same objects. Bounded: when there are too many, all are forgotten, and equal ones are no longer the same
 * objects, but of the same hash.
 */
export class CallShapes {
  #labels = new Map<string, Map<string, Label>>()
  #labelCount = 0
  readonly #subtrees = new Map<string, Subtree>()

  label(service: string, operation: string): Label {
    let operations = this.#labels.get(service)
    let found = operations?.get(operation)
    if (found === undefined) {
      if (this.#labelCount >= labelsMax) {
        this.#labels = new Map()
        this.#labelCount = 0
        operations = undefined
      }
      if (operations === undefined) this.#labels.set(service, (operations = new Map()))
      found = { key: JSON.stringify([service, operation]), service, operation }
      operations.set(operation, found)
      this.#labelCount++
    }
    return found
  }

  /** `children`: any order, equal ones repeated or not; is kept when it need not be changed. */
  subtree(label: Label, children: Subtree[]): Subtree {
    const below = children.length > 1 ? canonical(children) : children
    // A label's key is JSON and ends with ], a hash has a fixed length: no two lists give one text.
    let text = label.key
    for (const child of below) text += child.hash
    let found = this.#subtrees.get(text)
    if (found === undefined) {
      found = {
        label,
        hash: hash('sha256', text, 'hex').slice(0, 32),
        children: below,
        size: below.reduce((sum, { size }) => sum + size, 1),
        shape: null,
      }
      if (this.#subtrees.size >= subtreesMax) this.#subtrees.clear()
      if (text.length < 4_096) this.#subtrees.set(text, found)
    }
    return found
  }

  shapeOf(root: Subtree): CallShape {
    root.shape ??= expanded(root)
    return root.shape
  }
}

function canonical(children: readonly Subtree[]): Subtree[] {
  const sorted = children.toSorted(compare)
  let kept = 1
  for (let i = 1; i < sorted.length; i++) {
    const one = sorted[i] as Subtree
    if (one.hash !== (sorted[kept - 1] as Subtree).hash) sorted[kept++] = one
  }
  sorted.length = kept
  return sorted
}

/** By label, then hash: the same on every machine and in every run. */
export function compare(a: Subtree, b: Subtree): number {
  if (a === b) return 0
  if (a.label.key !== b.label.key) return a.label.key < b.label.key ? -1 : 1
  return a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0
}

function expanded(root: Subtree): CallShape {
  const subtrees: Subtree[] = []
  const depths: number[] = []
  const parents: number[] = []
  const children: number[][] = []
  const waiting: Array<readonly [subtree: Subtree, depth: number, parent: number]> = [[root, 0, -1]]
  for (let one = waiting.pop(); one !== undefined && subtrees.length < placesMax; one = waiting.pop()) {
    const [subtree, depth, parent] = one
    const place = subtrees.length
    subtrees.push(subtree)
    depths.push(depth)
    parents.push(parent)
    children.push([])
    if (parent >= 0) (children[parent] as number[]).push(place)
    for (let i = subtree.children.length - 1; i >= 0; i--)
      waiting.push([subtree.children[i] as Subtree, depth + 1, place])
  }
  return {
    name: root.hash,
    labels: subtrees.map(({ label }) => label),
    depths: Int32Array.from(depths),
    parents: Int32Array.from(parents),
    children,
    subtrees,
  }
}
