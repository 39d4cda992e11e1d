import { editChange } from '../insight/inventory/edit-words.ts'
import type { Edit } from '../insight/inventory/edits.ts'
import { takeEdit, wantedEdit } from '../insight/inventory/take-edit.ts'
import { authorOf } from './author.ts'
import { changeKnown } from './change-known.ts'
import { UserError } from './fail.ts'
import type { StateFlags } from './known-state.ts'
import { say, sayJson } from './say.ts'

export interface EditFlags extends StateFlags {
  readonly reason: string
  readonly author?: string
  readonly json?: boolean
}

/** `portcullis inventory edit KIND …`: an operator's word, kept with author, reason and time; at the gateway that runs, else in what it left. */
export async function edit(kind: string, words: readonly string[], flags: EditFlags): Promise<void> {
  const wanted = { kind, words, author: authorOf(flags), reason: flags.reason }
  if (kind !== 'undo') {
    const change = editChange(kind, words)
    if (typeof change === 'string') throw new UserError(change)
  }
  if (wantedEdit(wanted) === null) throw new UserError('author, reason or a word is empty or too long')
  const done = await changeKnown<Edit>(flags, {
    path: '/inventory/edits',
    wanted,
    ended({ parts, nowMs }) {
      const result = takeEdit(parts.inventory, wanted, nowMs)
      if ('refused' in result) throw new UserError(result.refused)
      return result.edit
    },
  })
  if (flags.json === true) sayJson(done)
  else
    say(
      kind === 'undo'
        ? `edit ${done.number} is taken back`
        : `edit ${done.number} holds; take it back with: inventory edit undo ${done.number}${flags.state === undefined ? '' : ` --state ${flags.state}`} --reason …`,
    )
}
