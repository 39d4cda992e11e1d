import { type CallNode, startOf } from '../insight/traces/call-tree.ts'
import { criticalPath, criticalTimes } from '../insight/traces/critical-path.ts'
import type { NamedTree, TraceView } from '../insight/traces/traces.ts'
import { durationWords } from './durations.ts'
import { counted } from './fail.ts'

const depthMax = 48
const linesMax = 2_000

const origins: Readonly<Record<NamedTree['origin'], string>> = {
  root: '',
  entry: ' (the caller’s own span is not here)',
  orphan: ' (its parent span never came)',
  loop: ' (its parents lead back to it; cut here)',
  stranger: ' (it names a parent which it cannot have)',
}

/** A trace as text: each tree with box characters, times from its beginning, self time, errors; `●` marks the critical path. */
export function drawTrace(view: TraceView): string {
  const strangers = view.strangers ? '\nSeveral callers used this trace id: each tree is a request of its own.' : ''
  return `trace ${view.traceId}${strangers}\n\n${view.trees.map(drawTree).join('\n\n')}`
}

function drawTree(tree: NamedTree): string {
  const { root, nodes, origin, shape } = tree
  const critical = criticalTimes(criticalPath(root))
  const services = new Set(nodes.map(({ span }) => span.service)).size
  const failed = nodes.filter(({ span }) => span.error).length
  const begun = new Date(root.span.startUs / 1000).toISOString().replace('T', ' ').replace('Z', ' UTC')
  const errors = failed === 0 ? 'no errors' : counted(failed, 'error')
  const title = `${begun}, ${durationWords(root.span.durationUs / 1000)}, ${counted(nodes.length, 'span')} in ${counted(services, 'service')}, ${errors}${origins[origin]}`
  const head = ['begins', 'takes', 'itself', 'critical']
  const rows = drawn(root).map(({ node, branch }) => {
    const ms = (us: number): string => durationWords(us / 1000)
    const times = [startOf(node) - startOf(root), node.span.durationUs, node.selfUs].map(ms)
    const part = critical.get(node) ?? 0
    return { times: [...times, part === 0 ? '' : `● ${ms(part)}`], branch, node }
  })
  const widths = head.map((word, i) => Math.max(word.length, ...rows.map(({ times }) => times[i]?.length ?? 0)))
  const line = (cells: readonly string[], last: string): string =>
    `${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}  ${last}`
  const shown = rows.slice(0, linesMax)
  const hidden = nodes.length - shown.length
  return [
    title,
    `shape ${shape}`,
    '',
    line(head, 'call'),
    ...shown.map(({ times, branch, node }) => line(times, `${branch}${callWords(node)}`).trimEnd()),
    ...(hidden > 0 ? [`… and ${counted(hidden, 'span')} more; --json has them all`] : []),
  ].join('\n')
}

function callWords(node: CallNode): string {
  const { span, parent, offsetUs } = node
  const service = parent !== null && parent.span.service === span.service ? '' : `${span.service}  `
  const status = span.attributes['http.response.status_code'] ?? span.attributes['rpc.grpc.status_code']
  const facts = [
    ...(status === undefined ? [] : [String(status)]),
    ...(span.error ? ['✗ error'] : []),
    ...(offsetUs === 0 ? [] : [`clock ${offsetUs > 0 ? '+' : '−'}${durationWords(Math.abs(offsetUs) / 1000)}`]),
  ]
  return `${service}${span.name}${facts.length === 0 ? '' : `  [${facts.join(', ')}]`}`
}

/** Nodes in the order of drawing with the lines in front of them. No recursion, and no line longer than a screen can show: trees may be deep. */
function drawn(root: CallNode): Array<{ readonly node: CallNode; readonly branch: string }> {
  const lines: Array<{ node: CallNode; branch: string }> = []
  const waiting = [{ node: root, branch: '', below: '', depth: 0 }]
  for (let at = waiting.pop(); at !== undefined && lines.length < linesMax; at = waiting.pop()) {
    const { node, branch, below, depth } = at
    lines.push({ node, branch })
    const deep = depth + 1 >= depthMax
    for (let i = node.children.length - 1; i >= 0; i--) {
      const last = i === node.children.length - 1
      waiting.push({
        node: node.children[i] as CallNode,
        branch: deep ? `${below}… ` : `${below}${last ? '└─ ' : '├─ '}`,
        below: deep ? below : `${below}${last ? '   ' : '│  '}`,
        depth: depth + 1,
      })
    }
  }
  return lines
}
