// Hot path: once per tree.
import type { Span } from '../model/span.ts'
import type { GrowingNode } from './call-tree.ts'

/** Differences up to this are the resolution of clocks and logs (our own events give ms), not skew, µs. */
const resolutionUs = 1_000
/** Clocks that differ by more are not repaired: the times say something else, µs. */
const skewUsMax = 3_600_000_000

interface Edges {
  readonly parent: string
  readonly child: string
  /** Shifts that bring one child inside its parent: from, to (µs). */
  readonly shifts: Array<readonly [from: number, to: number]>
  /** Shift that makes a child that lasted longer than its parent begin no earlier; 0 when none does. */
  late: number
}

/**
 * Brings the clocks of a tree into the root's. Rule: a called span runs inside the span that called it. For each pair of calling and
 * called instance the shift is sought that puts most of their called spans inside; of those the one nearest to 0, in the middle of its
 * room; it moves everything that instance did in the tree. Nothing moves when its spans are inside already (within 1 ms), when a message
 * was consumed (nobody waits for that), or by more than an hour. The spans keep their own times; only `offsetUs` says the shift.
 * `nodes`: parents first. (Jaeger's adjuster does this edge by edge, so siblings of one process may change order.)
 */
export function alignClocks(nodes: readonly GrowingNode[]): void {
  const first = nodes[0]
  if (first === undefined) return
  const pairs = new Map<string, Edges>()
  const order: Edges[] = []
  for (const node of nodes) {
    const { parent, span } = node
    if (parent === null || span.kind === 'consumer') continue
    if (sameInstance(parent.span, span)) continue
    const from = instanceOf(parent.span)
    const to = instanceOf(span)
    if (from === to) continue
    const key = `${from}\n${to}`
    let edges = pairs.get(key)
    if (edges === undefined) {
      edges = { parent: from, child: to, shifts: [], late: 0 }
      pairs.set(key, edges)
      order.push(edges)
    }
    const earliest = parent.span.startUs - span.startUs
    const latest = earliest + parent.span.durationUs - span.durationUs
    if (latest >= earliest) edges.shifts.push([earliest, latest])
    else if (earliest > edges.late) edges.late = earliest
  }
  if (order.length === 0) return
  const offsets = new Map<string, number>([[instanceOf(first.span), 0]])
  let moved = false
  // Parents come first, so the offset of a calling instance is known before those that it called; an instance keeps its first offset.
  for (const { parent, child, shifts, late } of order) {
    if (offsets.has(child)) continue
    const shift = shifts.length > 0 ? bestShift(shifts) : late > resolutionUs ? late : 0
    const offset = (offsets.get(parent) ?? 0) + (Math.abs(shift) > skewUsMax ? 0 : shift)
    offsets.set(child, offset)
    if (offset !== 0) moved = true
  }
  if (moved) for (const node of nodes) node.offsetUs = offsets.get(instanceOf(node.span)) ?? 0
}

/** The middle of the room that lies in most intervals and nearest to 0; 0 when that is as good. */
function bestShift(shifts: ReadonlyArray<readonly [number, number]>): number {
  const holds = (at: number): number => {
    let count = 0
    for (const [from, to] of shifts) if (at >= from - resolutionUs && at <= to + resolutionUs) count++
    return count
  }
  if (holds(0) === shifts.length) return 0
  // The best room begins where some interval begins.
  const starts = shifts.map(([from]) => from).sort((a, b) => a - b)
  const ends = shifts.map(([, to]) => to).sort((a, b) => a - b)
  let open = 0
  let most = 0
  let best: [number, number] = [0, 0]
  for (let i = 0, j = 0; i < starts.length; i++) {
    const at = starts[i] as number
    while ((ends[j] as number) < at) {
      j++
      open--
    }
    open++
    const room: [number, number] = [at, ends[j] as number]
    if (open > most || (open === most && distance(room) < distance(best))) {
      most = open
      best = room
    }
  }
  if (holds(0) >= most) return 0
  return Math.round((best[0] + best[1]) / 2)
}

function distance([from, to]: readonly [number, number]): number {
  return from > 0 ? from : to < 0 ? -to : 0
}

function sameInstance(a: Span, b: Span): boolean {
  return a.service === b.service && a.resource === b.resource
}

/** Whose clock a span's times were read from. */
function instanceOf({ service, resource }: Span): string {
  return resource['service.instance.id'] ?? resource['k8s.pod.name'] ?? resource['host.name'] ?? service
}
