import { HyperLogLog } from '../../lib/hyper-log-log.ts'
import type { PathTrie, TrieNode } from './trie.ts'

/** Shape, suffix and counts of a node; its place is told by the ids of itself and its parent, so rows are read back in order of ids. */
type Row = readonly [
  parent: number,
  text: string | null,
  shape: TrieNode['shape'],
  suffix: string,
  calls: number,
  ends: number,
  leaf: number,
  distinct: unknown,
  statuses: readonly number[] | null,
  keys: ReadonlyArray<readonly [string, number]> | null,
]

/** Rows of the nodes that changed since the last call, by id. */
export function* changedRows(trie: PathTrie): Generator<readonly [key: string, value: string | null]> {
  for (const key of trie.stale.splice(0)) yield [key, null]
  for (const node of trie.changed.splice(0)) {
    node.changed = false
    const row: Row = [
      node.parent,
      node.text,
      node.shape,
      node.suffix,
      node.calls,
      node.ends,
      node.leaf,
      node.distinct?.dump() ?? null,
      node.statuses,
      node.keys === null ? null : [...node.keys],
    ]
    yield [String(node.id), JSON.stringify(row)]
  }
}

/** Reads rows into an empty trie. Those that do not read, and what hangs below them, are skipped; returns how many. */
export function restoreRows(trie: PathTrie, rows: Iterable<readonly [key: string, value: string]>): number {
  let skipped = 0
  /** Ids as written to nodes as made: they differ once a row was skipped. */
  const made = new Map<number, TrieNode>()
  const read: Array<readonly [id: number, row: Row]> = []
  for (const [key, value] of rows) {
    const row = parseRow(value)
    if (/^\d{1,9}$/.test(key) && row !== null) read.push([Number(key), row])
    else skipped++
  }
  const leaves = new Set<number>()
  for (const [id, row] of read.toSorted(([a], [b]) => a - b)) {
    const node = id === 0 ? trie.root : restoreNode(trie, made.get(row[0]), row)
    if (node === null || (row[6] !== -1 && leaves.has(row[6]))) {
      skipped++
      continue
    }
    made.set(id, node)
    leaves.add(row[6])
    fill(trie, node, row)
  }
  // A leaf whose row is gone keeps its number unused, so that the other numbers stay what they were.
  for (let leaf = 0; leaf < trie.leaves.length; leaf++) trie.leaves[leaf] ??= trie.root
  if (skipped > 0) {
    // Ids moved up: all is written anew, and what stands behind is taken away.
    for (const [id] of read) if (id >= trie.nodes.length) trie.stale.push(String(id))
    for (const node of trie.nodes) {
      node.changed = true
      trie.changed.push(node)
    }
  }
  return skipped
}

function restoreNode(trie: PathTrie, parent: TrieNode | undefined, [, text, shape, suffix]: Row): TrieNode | null {
  return parent === undefined ? null : trie.restore(parent.id, text, shape, suffix)
}

function fill(trie: PathTrie, node: TrieNode, [, , , , calls, ends, leaf, distinct, statuses, keys]: Row): void {
  node.calls = calls
  node.ends = ends
  if (leaf >= 0) {
    node.leaf = leaf
    trie.leaves[leaf] = node
  }
  if (node.distinct !== null) node.distinct = HyperLogLog.restore(distinct) ?? new HyperLogLog()
  node.statuses = statuses === null ? null : [...statuses]
  node.keys = keys === null ? null : new Map(keys)
}

function parseRow(value: string): Row | null {
  let row: unknown
  try {
    row = JSON.parse(value)
  } catch {
    return null
  }
  if (!Array.isArray(row) || row.length !== 10) return null
  const [parent, text, shape, suffix, calls, ends, leaf, , statuses, keys] = row as unknown[]
  const count = (one: unknown) => Number.isSafeInteger(one) && (one as number) >= 0
  const sound =
    Number.isSafeInteger(parent) &&
    (text === null || typeof text === 'string') &&
    (shape === null || typeof shape === 'string') &&
    typeof suffix === 'string' &&
    count(calls) &&
    count(ends) &&
    Number.isSafeInteger(leaf) &&
    (leaf as number) < 1_000_000 &&
    (statuses === null || (Array.isArray(statuses) && statuses.length === 6 && statuses.every(count))) &&
    (keys === null ||
      (Array.isArray(keys) &&
        keys.length <= 8 &&
        keys.every(pair => Array.isArray(pair) && typeof pair[0] === 'string' && count(pair[1]))))
  return sound ? (row as unknown as Row) : null
}
