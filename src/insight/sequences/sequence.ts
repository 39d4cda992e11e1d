import type { ItemId } from '../behaviour/item-id.ts'

/** Steps that one client, session or unit of work took, in their order. */
export interface Sequence {
  /** As in the file. */
  readonly id: ItemId
  /** Who took them; null: unknown. */
  readonly principal: string | null
  readonly steps: readonly string[]
}
