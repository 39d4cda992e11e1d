import { type CallNode, endOf, startOf } from './call-tree.ts'

/** A stretch of the critical path: that call alone decided how long the request took. Times in the root's clock, µs. */
export interface CriticalPart {
  readonly node: CallNode
  readonly fromUs: number
  readonly toUs: number
}

/**
 * The critical path of a tree by time: parts that together are exactly the root's duration (Zhang et al., CRISP, USENIX ATC 2022). From the
 * end of a call back: the child that ended last was waited for, then the one that ended last before that one began, and so on; what is
 * between them is the call's own work. What a child did outside of its parent's time was waited for by nobody.
 */
export function criticalPath(root: CallNode): CriticalPart[] {
  const parts: CriticalPart[] = []
  // Backwards in time; a part is either done or has a whole call still to be looked into. No recursion: trees may be deep.
  const waiting: Array<CriticalPart & { readonly whole: boolean }> = [
    { node: root, fromUs: startOf(root), toUs: endOf(root), whole: true },
  ]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (!part.whole) {
      parts.push(part)
      continue
    }
    const { node, fromUs, toUs } = part
    const pieces: Array<CriticalPart & { readonly whole: boolean }> = []
    let at = toUs
    for (const child of byEnd(node.children, toUs)) {
      const end = Math.min(endOf(child), toUs)
      if (end > at) continue
      const start = Math.max(startOf(child), fromUs)
      if (start >= end) continue
      if (end < at) pieces.push({ node, fromUs: end, toUs: at, whole: false })
      pieces.push({ node: child, fromUs: start, toUs: end, whole: true })
      at = start
    }
    if (at > fromUs) pieces.push({ node, fromUs, toUs: at, whole: false })
    for (let i = pieces.length - 1; i >= 0; i--) waiting.push(pieces[i] as (typeof pieces)[number])
  }
  return parts.toReversed()
}

/** How much of the critical path each call is, µs. */
export function criticalTimes(parts: readonly CriticalPart[]): Map<CallNode, number> {
  const times = new Map<CallNode, number>()
  for (const { node, fromUs, toUs } of parts) times.set(node, (times.get(node) ?? 0) + toUs - fromUs)
  return times
}

/** The last to end first; of those that outlast the parent the one that began last counts as waited for. */
function byEnd(children: readonly CallNode[], toUs: number): readonly CallNode[] {
  if (children.length < 2) return children
  return [...children].sort((a, b) => Math.min(endOf(b), toUs) - Math.min(endOf(a), toUs) || startOf(b) - startOf(a))
}
