/**
 * The chance of what happened `times` in `all`, when it is as a rule `expected` (0–1): half a case is added as if it had happened once in so many
 * more as make the rule (the prior of Krichevsky and Trofimov, moved to its mean). What never happened in a hundred is no rarer than one in four hundred.
 */
export function chanceOf(times: number, all: number, expected: number): number {
  return (times + 0.5) / (all + 0.5 / expected)
}
