/** Bits of surprise at what happens with this probability. */
export function bits(probability: number): number {
  return -Math.log2(probability)
}

/**
 * Bits of surprise at something that none of `count` was, of whom `once` were the only one of their kind: what is new is as likely as what came
 * once (Good, Biometrika 40, 1953), and never impossible.
 */
export function novelty(once: number, count: number): number {
  return bits((Math.min(once, count) + 0.5) / (count + 1))
}

/** Bits of surprise at what `times` of `count` were; with few of them as often as in `share` (0–1) of all alike. */
export function rareness(times: number, count: number, share: number): number {
  return bits(Math.min(1, (times + shareWeight * share + 0.01) / (count + shareWeight + 0.01)))
}

const shareWeight = 4

/** What is usual costs a little of everything, and rounding makes even nothing something: none of it may pass for strange. */
const nothing = 0.05

/** Takes what is nothing from each deviation, in place; returns the sum of what remains. */
export function settled(deviation: Partial<Record<string, number>>): number {
  let sum = 0
  for (const axis in deviation) {
    const left = Math.round(Math.max(0, (deviation[axis] as number) - nothing) * 1e6) / 1e6
    deviation[axis] = left
    sum += left
  }
  return sum
}
