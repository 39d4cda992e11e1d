import { LogHistogram } from '../../lib/log-histogram.ts'
import { NumberModel } from './number-model.ts'
import { TextModel } from './text-model.ts'
import { kinds, type NodeBudget, ValueNode } from './value-node.ts'

/** A node and all below it as plain data: members by name, so that equal models are equal texts. */
export function dumpNode(node: ValueNode): unknown {
  return [
    node.counts,
    node.numbers?.dump() ?? 0,
    node.texts?.dump() ?? 0,
    node.lengths === null
      ? 0
      : [node.itemsMin, node.itemsMax, node.lengths.dump(), node.items === null ? 0 : dumpNode(node.items)],
    node.fields === null
      ? 0
      : [
          node.members,
          node.cut,
          node.membersLimit,
          [...node.fields]
            .sort((a, b) => (a[0] < b[0] ? -1 : 1))
            .map(([name, member]) => [name, member.presence, dumpNode(member.node)]),
        ],
  ]
}

/** Throws a RangeError on what `dumpNode` did not write. */
export function restoreNode(dump: unknown, budget: NodeBudget): ValueNode {
  const root = new ValueNode(0, 0)
  fill(root, dump, budget)
  return root
}

function fill(node: ValueNode, dump: unknown, budget: NodeBudget): void {
  const [counts, numbers, texts, array, object] = listOf(dump)
  for (const [i, count] of listOf(counts).slice(0, kinds.length).entries()) node.counts[i] = countOf(count)
  if (numbers !== 0) node.numbers = NumberModel.restore(listOf(numbers))
  if (texts !== 0) node.texts = TextModel.restore(listOf(texts))
  if (array !== 0) {
    const [min, max, lengths, items] = listOf(array)
    node.itemsMin = countOf(min)
    node.itemsMax = countOf(max)
    node.lengths = LogHistogram.restore(listOf(lengths) as number[])
    if (items !== 0) {
      const child = node.itemsNode(budget)
      if (child !== null) fill(child, items, budget)
    }
  }
  if (object !== 0) {
    const [members, cut, limit, fields] = listOf(object)
    node.members = countOf(members)
    node.cut = countOf(cut)
    node.membersLimit = countOf(limit)
    node.fields = new Map()
    for (const entry of listOf(fields)) {
      const [name, presence, inner] = listOf(entry)
      const member = node.member(String(name), budget)
      if (member === null) continue
      member.presence = countOf(presence)
      fill(member.node, inner, budget)
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError('not the dump of a schema model')
  return value
}

function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new RangeError('not the dump of a schema model')
  return value as number
}
