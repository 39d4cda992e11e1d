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
