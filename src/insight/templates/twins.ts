import type { Elsewhere, Surroundings } from './features.ts'
import { type TextTraits, doubtful, version } from './literalness.ts'
import { type Candidate, type Sketch, isName } from './sketch.ts'

/**
 * Texts with much the same names below them are values of one variable, or literals of twin sub-trees: either all of them or none. So their odds
 * are taken together: `odds` is changed. Only from the second pass on, when it is known what is a value below them.
 */
export function joinTwins(
  candidates: readonly Candidate[],
  sketch: Sketch,
  { elsewhere }: Surroundings,
  odds: number[],
): void {
  if (elsewhere === null) return
  const names = sketch.profiles.map((profile, i) => {
    const { odds: letters } = sketch.traits[i] as TextTraits
    const sure = letters <= version || (letters <= doubtful && (odds[i] as number) <= sureLiteral)
    return sure
      ? new Set<string>()
      : new Set([...profile].filter(key => isName(key) && !isValue(lastOf(key), elsewhere)))
  })
  const rich = names.flatMap((set, i) => (set.size > 0 ? [i] : []))
  const groups: Array<{ readonly names: Set<string>; readonly members: number[] }> = []
  const text = (i: number) => (candidates[i] as Candidate).text
  const size = (i: number) => (names[i] as Set<string>).size
  for (const i of rich.toSorted((a, b) => size(b) - size(a) || (text(a) < text(b) ? -1 : 1))) {
    const own = names[i] as Set<string>
    const like = groups.find(group => {
      const common = own.intersection(group.names).size
      return common >= (own.size < fewNames ? own.size : twinShare * own.size)
    })
    if (like !== undefined) {
      like.members.push(i)
      for (const key of own) like.names.add(key)
    } else if (groups.length < twinGroups) groups.push({ names: new Set(own), members: [i] })
  }
  for (const { members } of groups) {
    if (members.length < 2) continue
    const mean = (of: (i: number) => number) => members.reduce((sum, i) => sum + of(i), 0) / members.length
    // Names that people chose for one thing are of one kind: what the letters of all say together outweighs the odds of one.
    const letters = mean(i => clamp((sketch.traits[i] as TextTraits).odds, 2.5))
    const joint = mean(i => clamp(odds[i] as number, 4)) + lettersWeight * letters
    for (const i of members) if ((odds[i] as number) > 0 !== joint > 0) odds[i] = joint
  }
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value))
}

function lastOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

function isValue(text: string, { values, literals }: Elsewhere): boolean {
  return (values.get(text) ?? 0) >= (literals.get(text) ?? 0)
}

/** Log odds below which a common word of APIs stays a literal whatever its siblings are. */
const sureLiteral = -3
const lettersWeight = 1.5
/** So few names must all be the same. */
const fewNames = 3
const twinShare = 0.6
/** Groups at one place: comparing all with all would be quadratic. */
const twinGroups = 16
