// Hot path: once per trace.
import type { CallNode, CallTree } from '../traces/call-tree.ts'
import type { Span } from '../model/span.ts'
import type { CallShape, CallShapes, Label, Subtree } from './call-shape.ts'

/** A trace reduced to what is learnt of it. Lists are by place in the shape. */
export interface Chain {
  readonly id: string
  readonly shape: CallShape
  /** From the first start to the last end, ms. */
  readonly wholeMs: number
  /** Own time of the call, the longest of a run, ms. */
  readonly selfMs: readonly number[]
  /** Longest run of equal calls; null: all are 1. */
  readonly runs: readonly number[] | null
  /** Calls that failed; null: none did. */
  readonly failed: readonly number[] | null
  /** Of none of these calls is it known whether it failed; null: of each it is. */
  readonly silent: readonly boolean[] | null
}

/** The label of what has no caller of its own: several trees of one trace, whose link is missing. */
const severalTrees = ['', '(several)'] as const

/** The chain of the trees of one trace (at least one). `operation`: what a span called. */
export function chainOf(
  id: string,
  trees: readonly CallTree[],
  shapes: CallShapes,
  operation: (span: Span) => string,
): Chain {
  const known = new Map<CallNode, Subtree>()
  for (const { nodes } of trees)
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i] as CallNode
      const label = shapes.label(node.span.service, operation(node.span))
      const below: Subtree[] = []
      for (const child of node.children) below.push(known.get(child) as Subtree)
      known.set(node, shapes.subtree(label, below))
    }
  const roots = trees.map(({ root }) => root)
  const first = known.get(roots[0] as CallNode) as Subtree
  if (roots.length === 1) return filled(id, shapes.shapeOf(first), roots[0] as CallNode, known)
  const label: Label = shapes.label(...severalTrees)
  const several = shapes.subtree(
    label,
    roots.map(root => known.get(root) as Subtree),
  )
  return filled(id, shapes.shapeOf(several), roots, known)
}

function filled(
  id: string,
  shape: CallShape,
  root: CallNode | readonly CallNode[],
  known: ReadonlyMap<CallNode, Subtree>,
): Chain {
  const size = shape.labels.length
  const selfMs: number[] = []
  for (let i = 0; i < size; i++) selfMs.push(0)
  let runs: number[] | null = null
  let failed: number[] | null = null
  let isAnySilent = false
  let startUs = Number.POSITIVE_INFINITY
  let endUs = 0
  const nodes: CallNode[] = []
  const places: number[] = []

  /** Puts the calls below a place to theirs. */
  function descend(children: readonly CallNode[], place: number): void {
    const open = shape.children[place] as readonly number[]
    if (open.length === 0) return
    const counts = children.length > open.length ? new Map<number, number>() : null
    const index = open.length > 8 ? new Map(open.map(at => [(shape.subtrees[at] as Subtree).hash, at])) : null
    for (const child of children) {
      const { hash } = known.get(child) as Subtree
      const at = index === null ? open.find(one => (shape.subtrees[one] as Subtree).hash === hash) : index.get(hash)
      if (at === undefined) continue
      nodes.push(child)
      places.push(at)
      counts?.set(at, (counts.get(at) ?? 0) + 1)
    }
    if (counts === null) return
    for (const [at, count] of counts)
      if (count > 1) {
        runs ??= selfMs.map(() => 1)
        if (count > (runs[at] as number)) runs[at] = count
      }
  }

  if (isList(root)) descend(root, 0)
  else {
    nodes.push(root)
    places.push(0)
  }
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at] as CallNode
    const place = places[at] as number
    const { span } = node
    const self = Math.max(0, node.selfUs) / 1000
    if (self > (selfMs[place] as number)) selfMs[place] = self
    if (span.error) {
      failed ??= selfMs.map(() => 0)
      failed[place] = (failed[place] as number) + 1
    }
    if (span.silent === true) isAnySilent = true
    if (node.parent === null) {
      startUs = Math.min(startUs, span.startUs)
      endUs = Math.max(endUs, span.startUs + span.durationUs)
    }
    if (node.children.length > 0) descend(node.children, place)
  }
  const silent = isAnySilent ? selfMs.map(() => true) : null
  if (silent !== null)
    for (const [at, { span }] of nodes.entries()) if (span.silent !== true) silent[places[at] as number] = false
  return { id, shape, wholeMs: Math.max(0, endUs - startUs) / 1000, selfMs, runs, failed, silent }
}

function isList(root: CallNode | readonly CallNode[]): root is readonly CallNode[] {
  return Array.isArray(root)
}
