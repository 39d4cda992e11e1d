import { editChange } from './edit-words.ts'
import type { Edit } from './edits.ts'
import type { Inventory } from './inventory.ts'

/** What an operator says, as a program sends it: `kind` and `words` as `inventory edit` takes them. */
export interface WantedEdit {
  readonly kind: string
  readonly words: readonly string[]
  readonly author: string
  readonly reason: string
}

/** JSON Schema of a WantedEdit. */
export const wantedEditSchema = {
  type: 'object',
  required: ['kind', 'words', 'author', 'reason'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['pin', 'merge', 'split', 'rename', 'ignore', 'state', 'owner', 'undo'] },
    words: { type: 'array', minItems: 1, maxItems: 8, items: { type: 'string', minLength: 1, maxLength: 2000 } },
    author: { type: 'string', minLength: 1, maxLength: 200 },
    reason: { type: 'string', minLength: 1, maxLength: 2000 },
  },
} as const

/** An edit that holds (or was taken back), or words that say why not. */
export type EditResult = { readonly edit: Edit } | { readonly refused: string }

/** Carries out what an operator says, whoever sent it; `nowMs`: wall clock. */
export function takeEdit(inventory: Inventory, { kind, words, author, reason }: WantedEdit, nowMs: number): EditResult {
  const signed = { author, reason, time: new Date(nowMs).toISOString() }
  try {
    if (kind === 'undo') {
      const edit = inventory.undo(Number(words[0]), signed)
      return edit === null ? { refused: `there is no edit ${words[0]} that stands` } : { edit }
    }
    const change = editChange(kind, words)
    return typeof change === 'string' ? { refused: change } : { edit: inventory.edit(change, signed) }
  } catch (error) {
    if (error instanceof RangeError) return { refused: error.message }
    throw error
  }
}

/** Reads a WantedEdit from what anybody may have sent; null: it is none. */
export function wantedEdit(value: unknown): WantedEdit | null {
  if (value === null || typeof value !== 'object') return null
  const { kind, words, author, reason, ...rest } = value as Record<string, unknown>
  const { properties } = wantedEditSchema
  if (!(properties.kind.enum as readonly unknown[]).includes(kind) || Object.keys(rest).length > 0) return null
  if (!isText(author, properties.author.maxLength) || !isText(reason, properties.reason.maxLength)) return null
  if (!Array.isArray(words) || words.length === 0 || words.length > properties.words.maxItems) return null
  if (!words.every(word => isText(word, properties.words.items.maxLength))) return null
  return { kind: kind as string, words: words as string[], author, reason }
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max
}
