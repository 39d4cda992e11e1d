// Hot path: once per span when its trace ends.
import { hash } from 'node:crypto'
import type { Span } from '../model/span.ts'
import type { CallNode } from './call-tree.ts'
import { createOperationName } from './operation-name.ts'

/** Names of a tree by what was called, whatever the order and times. 32 hex digits each. */
export interface TreeNames {
  /** Of exactly this tree: equal siblings counted. */
  readonly exact: string
  /** Equal siblings count once: a loop that ran three times or thirty is the same shape. */
  readonly shape: string
}

export interface TreeHash {
  /** `nodes`: parents first, as in a CallTree. */
  of(nodes: readonly CallNode[]): TreeNames
  /** What was called, in words: `service operation`. */
  operation(span: Span): string
  /** Both of a call that is a tree by itself. */
  alone(span: Span): { readonly shape: string; readonly entry: string }
}

const remembered = 32_768
/** A call with more children than fit is hashed anew each time: a stranger could fill the memory with such. */
const rememberedLength = 1_024

/**
 * A canonical hash of call trees: Merkle over the sorted hashes of the children, so neither order nor arrival matters. A call is its
 * service, its kind and its operation. SHA-256, because whoever could make two trees collide could hide one behind the other.
 * Subtrees repeat, so their hashes are remembered, within a bound.
 */
export function createTreeHash(): TreeHash {
  const operationName = createOperationName()
  const known = new Map<string, string>()

  function digest(text: string): string {
    let found = known.get(text)
    if (found === undefined) {
      found = hash('sha256', text, 'hex').slice(0, 32)
      if (text.length <= rememberedLength) {
        if (known.size >= remembered) known.clear()
        known.set(text, found)
      }
    }
    return found
  }

  // JSON keeps the parts apart whatever they contain; fixed-length hashes need no separator.
  const labelOf = (span: Span): string => JSON.stringify([span.service, span.kind, operationName(span)])
  const operation = (span: Span): string => `${span.service} ${operationName(span)}`

  return {
    operation,
    alone: span => ({ shape: digest(labelOf(span)), entry: operation(span) }),
    of(nodes) {
      const exact = new Map<CallNode, string>()
      const shapes = new Map<CallNode, string>()
      for (let i = nodes.length - 1; i >= 0; i--) {
        const node = nodes[i] as CallNode
        const { span, children } = node
        const label = labelOf(span)
        if (children.length === 0) {
          const leaf = digest(label)
          exact.set(node, leaf)
          shapes.set(node, leaf)
          continue
        }
        const below = children.map(child => exact.get(child) as string).sort()
        const once = [...new Set(children.map(child => shapes.get(child) as string))].sort()
        exact.set(node, digest(label + below.join('')))
        shapes.set(node, digest(label + once.join('')))
      }
      const root = nodes[0] as CallNode
      return { exact: exact.get(root) as string, shape: shapes.get(root) as string }
    },
  }
}
