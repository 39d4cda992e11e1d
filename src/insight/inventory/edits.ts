import type { LifeState, Owner } from '../model/operation.ts'

/** What an operator says of the inventory; it outweighs what is declared and what was inferred. */
export type EditChange =
  /** The template of an operation stays as it is. */
  | { readonly kind: 'pin'; readonly service: string; readonly template: string }
  /** Paths that fit this template are one operation. */
  | { readonly kind: 'merge'; readonly service: string; readonly template: string }
  /** One value of a variable is an operation of its own (`/users/me`). */
  | {
      readonly kind: 'split'
      readonly service: string
      readonly template: string
      readonly variable: string
      readonly value: string
    }
  /** A variable gets a better name. */
  | {
      readonly kind: 'rename'
      readonly service: string
      readonly template: string
      readonly variable: string
      readonly name: string
    }
  /** Left out of lists and findings; its traffic is counted all the same. */
  | { readonly kind: 'ignore'; readonly operation: string }
  | { readonly kind: 'state'; readonly operation: string; readonly state: LifeState }
  /** Of one service, or (with a space) of one operation. */
  | {
      readonly kind: 'owner'
      readonly of: string
      readonly application: string | null
      readonly tenant: string | null
      readonly contact: string | null
    }

/** One entry of the operators' list. Entries are never changed or removed: taking one back is marked on it. */
export interface Edit {
  /** Counts from 1. */
  readonly number: number
  readonly change: EditChange
  readonly author: string
  readonly reason: string
  /** RFC 3339 UTC. */
  readonly time: string
  readonly undone: { readonly author: string; readonly reason: string; readonly time: string } | null
}

export type OwnerWords = Pick<Owner, 'application' | 'tenant' | 'contact'>

/** What operators say that is not about templates. */
export interface OperatorWords {
  /** By service or operation id. */
  readonly owners: ReadonlyMap<string, OwnerWords>
  readonly states: ReadonlyMap<string, LifeState>
  readonly ignored: ReadonlySet<string>
  /** `service template`. */
  readonly pinned: ReadonlySet<string>
}

export type Signed = Pick<Edit, 'author' | 'reason' | 'time'>

const editsMax = 10_000
const kinds: ReadonlySet<unknown> = new Set(['pin', 'merge', 'split', 'rename', 'ignore', 'state', 'owner'])

/** The operators' list. */
export class EditList {
  readonly #edits: Edit[] = []
  readonly #dirty = new Set<number>()

  all(): readonly Edit[] {
    return this.#edits
  }

  /** Those that hold, oldest first. */
  standing(): readonly Edit[] {
    return this.#edits.filter(edit => edit.undone === null)
  }

  add(change: EditChange, { author, reason, time }: Signed): Edit {
    if (this.#edits.length >= editsMax) throw new RangeError(`there are ${editsMax} edits already`)
    const edit: Edit = { number: this.#edits.length + 1, change, author, reason, time, undone: null }
    this.#edits.push(edit)
    this.#dirty.add(edit.number)
    return edit
  }

  /** null: there is no such edit, or it was taken back before. */
  undo(number: number, { author, reason, time }: Signed): Edit | null {
    const edit = this.#edits[number - 1]
    if (edit === undefined || edit.undone !== null) return null
    const undone: Edit = { ...edit, undone: { author, reason, time } }
    this.#edits[number - 1] = undone
    this.#dirty.add(number)
    return undone
  }

  /** What stands now, by what it is about; the last word counts. */
  words(): OperatorWords {
    const owners = new Map<string, OwnerWords>()
    const states = new Map<string, LifeState>()
    const ignored = new Set<string>()
    const pinned = new Set<string>()
    for (const { change } of this.standing()) {
      if (change.kind === 'owner') owners.set(change.of, change)
      else if (change.kind === 'state') states.set(change.operation, change.state)
      else if (change.kind === 'ignore') ignored.add(change.operation)
      else if (change.kind === 'pin') pinned.add(`${change.service} ${change.template}`)
    }
    return { owners, states, ignored, pinned }
  }

  changes(): Array<readonly [key: string, value: string]> {
    const rows = [...this.#dirty].map(number => [`edit/${number}`, JSON.stringify(this.#edits[number - 1])] as const)
    this.#dirty.clear()
    return rows
  }

  /** null: the row is none of ours, or not the next one. */
  restore(edit: Edit): Edit | null {
    if (edit.number !== this.#edits.length + 1 || !kinds.has(edit.change?.kind)) return null
    this.#edits.push(edit)
    return edit
  }
}
