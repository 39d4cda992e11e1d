import { Inventory } from './inventory/inventory.ts'
import type { LearningPart } from './learner.ts'
import { Traces } from './traces/traces.ts'

/** Everything that learns, by name. */
export interface Parts {
  readonly inventory: Inventory
  readonly traces: Traces
}

export function createParts(): Parts {
  return { inventory: new Inventory(), traces: new Traces() }
}

/** In the order in which they take. */
export function partList({ inventory, traces }: Parts): readonly LearningPart[] {
  return [inventory, traces]
}
