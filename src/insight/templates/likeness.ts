import { isName } from './sketch.ts'

/** How what lies below one candidate is like what lies below its siblings. */
export interface Likeness {
  /** Number of names, as logarithm. */
  readonly names: number
  /** How far the names right below, and those behind a value, are those of value-like siblings. */
  readonly shared: number
  readonly deep: number
  /** Has it names that they lack; has it none where they have. */
  readonly apart: number
  readonly bare: number
  /** Share of its names that some sibling has, and of the names of siblings that it has. */
  readonly contained: number
  readonly covered: number
  /** Share of the siblings that have names. */
  readonly named: number
  /** Share of its names that typed values have. */
  readonly typed: number
}

/** For each profile; `weights`: the chance of each candidate that it is a value, `typed`: what lies below typed values. */
export function likeness(
  profiles: ReadonlyArray<ReadonlySet<string>>,
  weights: readonly number[],
  typed: ReadonlyArray<ReadonlySet<string>>,
): Likeness[] {
  const counts = new Map<string, number>()
  const plain = new Map<string, number>()
  const ofTyped = new Set<string>()
  let total = 0
  let all = 0
  let named = 0
  const add = (profile: ReadonlySet<string>, weight: number, one: number) => {
    total += weight
    for (const key of profile) {
      if (!isName(key)) continue
      counts.set(key, (counts.get(key) ?? 0) + weight)
      plain.set(key, (plain.get(key) ?? 0) + one)
      all += one
    }
  }
  for (const [i, profile] of profiles.entries()) {
    add(profile, weights[i] as number, 1)
    if (profile.values().some(isName)) named++
  }
  for (const profile of typed) {
    add(profile, 2, 1)
    for (const key of profile) ofTyped.add(key)
  }
  let namesOfAll = 0
  for (const count of counts.values()) if (count > 0.3) namesOfAll++
  return profiles.map((profile, i) => {
    const own = weights[i] as number
    const rest = total - own
    let [near, nearShared, far, farShared, anyShared, heldByOthers, typedShared] = [0, 0, 0, 0, 0, 0, 0]
    let others = namesOfAll
    for (const key of profile) {
      if (!isName(key)) continue
      const count = counts.get(key) ?? 0
      if (count > 0.3 && count - own <= 0.3) others--
      const part = Math.min(1, (count - own) / Math.max(0.5, Math.min(rest, 2)))
      const elsewhere = (plain.get(key) ?? 1) - 1
      if (elsewhere > 0) anyShared++
      heldByOthers += elsewhere
      if (ofTyped.has(key)) typedShared++
      if (key.startsWith('/{}')) {
        far++
        farShared += part
      } else {
        near++
        nearShared += part
      }
    }
    const names = near + far
    const siblingsNamed = profiles.length < 2 ? 0 : (named - (names > 0 ? 1 : 0)) / (profiles.length - 1)
    if (names === 0)
      return {
        names: 0,
        shared: 0,
        deep: 0,
        apart: 0,
        bare: others > 0 ? 1 : 0,
        contained: 0,
        covered: 0,
        named: siblingsNamed,
        typed: 0,
      }
    const damped = (share: number, count: number) => (count === 0 ? 0 : (share / count) * (1 - Math.exp(-count / 2)))
    const shared = damped(nearShared, near)
    const deep = damped(farShared, far)
    return {
      names: Math.log1p(names),
      shared,
      deep,
      apart: shared + deep < 0.1 && others > 0 ? 1 : 0,
      bare: 0,
      contained: anyShared / names,
      covered: all - names <= 0 ? 0 : heldByOthers / (all - names),
      named: siblingsNamed,
      typed: typedShared / names,
    }
  })
}
