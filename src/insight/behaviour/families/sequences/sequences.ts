import { createHash } from 'node:crypto'
import { sequenceAxes, SequenceModel } from '../../../sequences/sequence-model.ts'
import type { Sequence } from '../../../sequences/sequence.ts'
import { isItemId, parseLine } from '../../item-id.ts'
import type { Family } from '../../model.ts'

/** NDJSON `{"id", "principal"?, "steps": [text, …]}`: the steps that a client, a session or a unit of work took, in their order. */
export const sequences: Family<Sequence> = {
  format: 'sequences',
  axes: sequenceAxes,
  async *read(lines, skip) {
    for await (const { text, number } of lines) {
      const sequence = readSequence(text)
      if (typeof sequence === 'string') skip(number, sequence)
      else yield sequence
    }
  },
  id: ({ id }) => id,
  // Not the text itself: a sequence may be long, and there may be many. No separator could not also be in a step.
  key: ({ steps }) => createHash('sha256').update(JSON.stringify(steps)).digest('base64'),
  create: () => new SequenceModel(),
  restore: dump => SequenceModel.restore(dump),
}

/** A line's sequence, or why it is none. */
function readSequence(text: string): Sequence | string {
  let value: unknown
  try {
    value = parseLine(text)
  } catch {
    return 'not JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object'
  const { id, principal, steps } = value as Record<string, unknown>
  if (!isItemId(id)) return 'its id is no text'
  if (!Array.isArray(steps)) return 'its steps are no list'
  if (!steps.every(step => typeof step === 'string')) return 'a step is no text'
  return { id, principal: typeof principal === 'string' ? principal : null, steps }
}
