import { criticalPath, criticalTimes } from './critical-path.ts'
import type { Traces, TraceView } from './traces.ts'

/** A trace as plain data, for programs: each tree with its spans, parents first. */
export function traceReport(view: TraceView) {
  return {
    traceId: view.traceId,
    kept: view.reason,
    strangers: view.strangers,
    trees: view.trees.map(tree => {
      const critical = criticalTimes(criticalPath(tree.root))
      return {
        origin: tree.origin,
        signature: tree.exact,
        shape: tree.shape,
        durationUs: tree.root.span.durationUs,
        spans: tree.nodes.map(node => ({
          ...node.span,
          parentId: node.parent?.span.spanId ?? node.span.parentId,
          shiftedUs: node.offsetUs,
          selfUs: node.selfUs,
          criticalUs: critical.get(node) ?? 0,
        })),
      }
    }),
  }
}

/** Every request that `traces` knows, in the order of time, a line of plain data each. */
export function requestList(traces: Traces) {
  const views = [...traces.ids()].flatMap(id => traces.tree(id) ?? [])
  return views
    .flatMap(({ traceId, reason, strangers, trees }) =>
      trees.map(({ root, nodes, origin, exact, shape }) => ({
        traceId,
        origin,
        strangers,
        startUs: root.span.startUs,
        durationUs: root.span.durationUs,
        service: root.span.service,
        name: root.span.name,
        spans: nodes.length,
        services: new Set(nodes.map(({ span }) => span.service)).size,
        errors: nodes.filter(({ span }) => span.error).length,
        signature: exact,
        shape,
        kept: reason,
      })),
    )
    .sort((a, b) => a.startUs - b.startUs)
}
