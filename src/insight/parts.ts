import type { LearningPart } from './learner.ts'
import { Traces } from './traces/traces.ts'

/** Everything that learns, by name. */
export interface Parts {
  readonly traces: Traces
}

export function createParts(): Parts {
  return { traces: new Traces() }
}

/** In the order in which they take. */
export function partList(parts: Parts): readonly LearningPart[] {
  return [parts.traces]
}
