// Hot path: once per span when its trace ends. Nothing here recurses: a stranger chooses how deep a tree is.
import type { Span } from '../model/span.ts'
import { alignClocks } from './clock-skew.ts'

/** One call in a tree. */
export interface CallNode {
  /** As the tracer sent it, with its own times. */
  readonly span: Span
  readonly parent: CallNode | null
  /** By start, then span id. */
  readonly children: readonly CallNode[]
  /** Added to the span's own start to bring it into the root's clock, µs. */
  readonly offsetUs: number
  /** Time in which no child ran, µs. */
  readonly selfUs: number
}

/**
 * Why a tree begins where it does. `root`: the span has no parent. `entry`: a call that came through our gateway, whose parent is the
 * caller's own business. `orphan`: its parent is not here. `loop`: its ancestors lead back to it; the edge above the earliest span of the
 * loop is cut. `stranger`: a call through our gateway that names a parent which it cannot have.
 */
export type TreeOrigin = 'root' | 'entry' | 'orphan' | 'loop' | 'stranger'

/** The calls that one request led to. A trace id may hold several: parts of one request whose link is missing, or requests of strangers. */
export interface CallTree {
  readonly origin: TreeOrigin
  readonly root: CallNode
  /** All nodes, each behind its parent. */
  readonly nodes: readonly CallNode[]
}

/** A node while its tree is built. */
export interface GrowingNode extends CallNode {
  parent: GrowingNode | null
  readonly children: GrowingNode[]
  offsetUs: number
  selfUs: number
}

/** A caller may give up that much earlier, or a clock may differ so much, before a call is no longer believed to be part of its parent, µs. */
const strangerUs = 1_000_000

/**
 * The call trees of the spans of one trace id (each span id once), by start. The order of the spans does not matter. A span is attached
 * to its parent wherever that is present, whatever their times say; only `isEntry` spans (calls that came through our own gateway, whose
 * parent a stranger wrote) must also overlap it.
 */
export function buildTrees(spans: readonly Span[], isEntry: (span: Span) => boolean = () => false): CallTree[] {
  const nodes = new Map<string, GrowingNode>()
  for (const span of spans) nodes.set(span.spanId, { span, parent: null, children: [], offsetUs: 0, selfUs: 0 })
  const roots: Array<[TreeOrigin, GrowingNode]> = []
  for (const node of nodes.values()) {
    const { parentId, spanId } = node.span
    const parent = parentId === null ? undefined : nodes.get(parentId)
    if (parentId === null) roots.push(['root', node])
    else if (parentId === spanId) roots.push(['loop', node])
    else if (parent === undefined) roots.push([isEntry(node.span) ? 'entry' : 'orphan', node])
    else if (isEntry(node.span) && !overlap(node.span, parent.span)) roots.push(['stranger', node])
    else {
      node.parent = parent
      parent.children.push(node)
    }
  }
  const trees = roots.map(([origin, root]) => ({ origin, root, nodes: ordered(root) }))
  let placed = trees.reduce((sum, tree) => sum + tree.nodes.length, 0)
  if (placed < nodes.size) {
    // What no root leads to hangs on a loop.
    const seen = new Set(trees.flatMap(tree => tree.nodes))
    for (const node of [...nodes.values()].sort(byStart)) {
      if (placed === nodes.size) break
      if (seen.has(node)) continue
      const root = earliestOfLoop(node)
      const siblings = root.parent?.children
      siblings?.splice(siblings.indexOf(root), 1)
      root.parent = null
      const tree = { origin: 'loop' as const, root, nodes: ordered(root) }
      for (const one of tree.nodes) seen.add(one)
      placed += tree.nodes.length
      trees.push(tree)
    }
  }
  for (const tree of trees) {
    alignClocks(tree.nodes)
    for (const node of tree.nodes) {
      if (node.offsetUs !== 0 || node.children.length > 1) node.children.sort(byAlignedStart)
      node.selfUs = selfTime(node)
    }
  }
  return trees.sort((a, b) => byStart(a.root, b.root))
}

/** Start in the root's clock, µs. */
export function startOf(node: CallNode): number {
  return node.span.startUs + node.offsetUs
}

export function endOf(node: CallNode): number {
  return node.span.startUs + node.offsetUs + node.span.durationUs
}

function overlap(span: Span, parent: Span): boolean {
  return span.startUs >= parent.startUs - strangerUs && span.startUs <= parent.startUs + parent.durationUs + strangerUs
}

function byStart(a: CallNode, b: CallNode): number {
  return a.span.startUs - b.span.startUs || compare(a.span.spanId, b.span.spanId)
}

function byAlignedStart(a: CallNode, b: CallNode): number {
  return startOf(a) - startOf(b) || compare(a.span.spanId, b.span.spanId)
}

/** By code units: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The nodes below a root, parents first; children are put in order on the way. */
function ordered(root: GrowingNode): GrowingNode[] {
  const nodes: GrowingNode[] = []
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    nodes.push(node)
    const { children } = node
    if (children.length > 1) children.sort(byStart)
    for (let i = children.length - 1; i >= 0; i--) waiting.push(children[i] as GrowingNode)
  }
  return nodes
}

/** Climbs from a node that no root leads to until a node comes twice, then takes the earliest of that circle. */
function earliestOfLoop(node: GrowingNode): GrowingNode {
  const passed = new Set<GrowingNode>()
  let at = node
  while (!passed.has(at) && at.parent !== null) {
    passed.add(at)
    at = at.parent
  }
  let earliest = at
  for (let one = at.parent; one !== null && one !== at; one = one.parent) if (byStart(one, earliest) < 0) earliest = one
  return earliest
}

/** Duration without the times that children cover; children that run outside of it count only where they overlap it. */
function selfTime(node: GrowingNode): number {
  const from = startOf(node)
  const to = from + node.span.durationUs
  let covered = 0
  let at = from
  for (const child of node.children) {
    const start = Math.max(at, startOf(child))
    const end = Math.min(to, endOf(child))
    if (end > start) {
      covered += end - start
      at = end
    }
  }
  return node.span.durationUs - covered
}
