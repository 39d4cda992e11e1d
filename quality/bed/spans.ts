import { readFileSync } from 'node:fs'
import type { LearntBed } from './learnt-bed.ts'

/** Every span under its true parent, as far as that one was recorded; read from the trees of all traces. */
export function parentsOfSpans({ files, parts: { traces } }: LearntBed) {
  const truth = new Map(
    readFileSync(files.parents, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as [string, string | null]),
  )
  const attached = new Map<string, string | null>()
  for (const id of traces.ids())
    for (const tree of traces.tree(id)?.trees ?? [])
      for (const { span, children } of tree.nodes) {
        if (!attached.has(span.spanId)) attached.set(span.spanId, null)
        for (const child of children) attached.set(child.span.spanId, span.spanId)
      }
  let of = 0
  let right = 0
  let outside = 0
  for (const [spanId, parent] of attached) {
    const expected = truth.get(spanId)
    if (expected === undefined) throw new Error(`${spanId} is no span of the bed`)
    // What an untraced service or a caller from outside would have written.
    const present = expected !== null && attached.has(expected)
    if (expected !== null && !present) outside++
    of++
    if (parent === (present ? expected : null)) right++
  }
  return { of, right, outside }
}
