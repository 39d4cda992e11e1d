/** Where a sequence is strange, by the surprise of each of its steps in bits. */
export interface LocalSurprise {
  /** Of the strangest stretch of up to `windowSteps` steps, all together. */
  readonly worst: number
  /** Where that stretch begins. */
  readonly from: number
  /** Mean over all steps. */
  readonly mean: number
}

/** A stretch of this length holds what an attack changes, while a long sequence around it would dilute that. */
export const windowSteps = 8

/** `surprises[1…steps]`, the last one of the end. Linear. */
export function localSurprise(surprises: Float64Array, steps: number): LocalSurprise {
  let sum = 0
  let window = 0
  let worst = 0
  let from = 1
  for (let at = 1; at <= steps; at++) {
    const bits = surprises[at] as number
    sum += bits
    window += bits - (at > windowSteps ? (surprises[at - windowSteps] as number) : 0)
    if (window > worst) [worst, from] = [window, Math.max(1, at - windowSteps + 1)]
  }
  return { worst, from, mean: steps === 0 ? 0 : sum / steps }
}
