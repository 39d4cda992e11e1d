import { Detection } from './detection/detection.ts'
import type { DetectionSettings } from './detection/settings.ts'
import { Inventory } from './inventory/inventory.ts'
import type { LearningPart } from './learner.ts'
import { Traces } from './traces/traces.ts'

/** Everything that learns, by name. */
export interface Parts {
  readonly inventory: Inventory
  readonly traces: Traces
  readonly detection: Detection
}

export function createParts(detection?: DetectionSettings): Parts {
  const parts = { inventory: new Inventory(), traces: new Traces() }
  return { ...parts, detection: new Detection(parts, detection) }
}

/** In the order in which they take: detection asks the inventory for what it has just taken. */
export function partList({ inventory, traces, detection }: Parts): readonly LearningPart[] {
  return [inventory, traces, detection]
}
