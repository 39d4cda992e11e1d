/**
 * Lower bound of a share from `hits` of `trials`, at the confidence of `z` standard deviations (Wilson 1927): what one may claim after so few
 * trials. 0 without trials. z = 1.96 is 97.5 % on this side, 3 is 99.87 %.
 */
export function wilsonLower(hits: number, trials: number, z = 1.96): number {
  if (trials <= 0) return 0
  const share = hits / trials
  const square = (z * z) / trials
  return Math.max(
    0,
    (share + square / 2 - z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials))) / (1 + square),
  )
}

/** Upper bound of the same kind; 1 without trials. */
export function wilsonUpper(hits: number, trials: number, z = 1.96): number {
  return 1 - wilsonLower(trials - hits, trials, z)
}
