import { mostlyFollowedBy, traitsOf } from './literalness.ts'
import { type Candidate, type Sketch, countsOf, isName } from './sketch.ts'

/** What surrounds the place that is decided on. */
export interface Surroundings {
  /** The literal before it; null: a variable; '' at the root. */
  readonly parent: string | null
  readonly depth: number
  /** How often literal operations of this service are called; null: too few are known. */
  readonly literalCalls: CallSpread | null
  /** Texts that an earlier pass found to be values and literals, with the number of places; null in the first pass. */
  readonly elsewhere: Elsewhere | null
  /** What it found a text to be at this very place: a value (true), a literal (false), or it did not come here (null). */
  readonly here: ((text: string) => boolean | null) | null
}

export interface Elsewhere {
  readonly values: TextCounts
  readonly literals: TextCounts
}

/** A number of places by text. */
export type TextCounts = Pick<ReadonlyMap<string, number>, 'get'>

/** Mean and standard deviation of the logarithm of calls. */
export interface CallSpread {
  readonly mean: number
  readonly deviation: number
}

/** Names of the features, in the order of `featuresOf`. */
export const featureNames = [
  'letters',
  'tier',
  'letters known',
  'pieces',
  'manner of writing',
  'length',
  'behind: root, variable, literal',
  'behind a word mostly before variables',
  'behind a plural',
  'behind a word of tier',
  'depth',
  'siblings',
  'typed values here',
  'typed values: numbers',
  'typed values: codes',
  'typed values of several shapes',
  'siblings that look like values',
  'siblings that look like literals',
  'letters of the siblings, mean',
  'siblings written alike',
  'siblings of as many pieces',
  'siblings with the same first piece',
  'siblings with the same last piece',
  'siblings of the same length',
  'form with digits shared',
  'language codes',
  'calls beside literals',
  'calls beside siblings',
  'calls of the place beside literals',
  'share of calls that end here',
  'calls',
  'siblings called once',
  'calls of the place',
  'texts for each call of the place',
  'calls beside the most called sibling',
  'siblings with the same below',
  'names below',
  'names below shared with value-like siblings',
  'names behind a value below shared',
  'names below, not shared',
  'nothing below, siblings have names',
  'twin below',
  'names below that any sibling has',
  'names of siblings that are below',
  'siblings with names below',
  'names below that typed values have',
  'typed values right below',
  'words right below',
  'siblings of the same kinds',
  'a value elsewhere',
  'a literal elsewhere',
  'siblings: a value elsewhere',
  'siblings: a literal elsewhere',
  'siblings value share',
  'most certain sibling',
  'siblings value sum',
  'least certain sibling',
  'own first stage',
] as const

/**
 * The features of each candidate. `posterior`: what the first stage found (log odds), which then speaks for siblings instead of their letters;
 * null in the first stage.
 */
export function featuresOf(
  candidates: readonly Candidate[],
  sketch: Sketch,
  surroundings: Surroundings,
  posterior: readonly number[] | null,
): Float64Array[] {
  const { traits, profiles, calls, ends, through, kinds, forms, languages, below, twins, typed } = sketch
  const n = candidates.length
  const others = Math.max(1, n - 1)
  const weights = (posterior ?? traits.map(({ odds }) => odds)).map(odds => 1 / (1 + Math.exp(-odds)))
  const [behind, follows, plural, parentTier] = parentFeatures(surroundings.parent)
  const positive = traits.map(({ odds }) => Math.min(3, Math.max(0, odds)))
  const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0)
  const positiveSum = sum(positive)
  const negatives = traits.filter(({ odds }) => odds < -1.5).length
  const oddsSum = sum(traits.map(({ odds }) => odds))
  const weightSum = sum(weights)
  const callSum = sum(calls)
  const endSum = sum(ends) + typed.ends
  const throughSum = sum(through)
  const [most = 0, second = 0] = through.toSorted((a, b) => b - a)
  const belows = countsOf(sketch.belowKeys)
  const once = through.filter(one => one === 1).length
  const manners = countsOf(traits.map(({ form }) => form))
  const pieces = countsOf(traits.map(one => one.pieces))
  const firsts = countsOf(traits.map(({ first }) => first))
  const lasts = countsOf(traits.map(({ last }) => last))
  const lengths = countsOf(traits.map(({ length }) => length))
  const kindCounts = countsOf(kinds)
  const share = <T>(counts: ReadonlyMap<T, number>, key: T) => (n < 2 ? 0 : ((counts.get(key) ?? 1) - 1) / others)
  const alike = likeness(profiles, weights, sketch.typedProfiles)
  const mean = surroundings.literalCalls?.mean ?? null
  const elsewhere = candidates.map(({ text }) => [
    Math.min(4, (surroundings.elsewhere?.values.get(text) ?? 0) - (surroundings.here?.(text) === true ? 1 : 0)),
    Math.min(4, (surroundings.elsewhere?.literals.get(text) ?? 0) - (surroundings.here?.(text) === false ? 1 : 0)),
  ])
  const elsewhereValues = elsewhere.filter(([values = 0]) => values > 0).length
  const elsewhereLiterals = elsewhere.filter(([, literals = 0]) => literals > 0).length
  const order = weights.toSorted((a, b) => b - a)
  return candidates.map((_, i) => {
    const own = traits[i] as (typeof traits)[number]
    const call = calls[i] as number
    const weight = weights[i] as number
    const like = alike[i] as Likeness
    const [valuesBelow, wordsBelow] = below[i] as readonly [number, number]
    const [values = 0, literals = 0] = elsewhere[i] as readonly number[]
    const best = n < 2 ? -1 : (order[weight === order[0] ? 1 : 0] as number)
    const least = n < 2 ? -1 : (order[weight === order[n - 1] ? n - 2 : n - 1] as number)
    return Float64Array.of(
      own.odds,
      own.tier,
      own.known,
      own.pieces,
      own.form,
      Math.min(40, own.length),
      behind,
      follows,
      plural,
      parentTier,
      Math.min(8, surroundings.depth),
      Math.log(n),
      Math.log1p(Math.min(50, typed.count)),
      typed.numbers,
      typed.codes,
      typed.several ? 1 : 0,
      Math.log1p(positiveSum - (positive[i] as number)),
      Math.log1p(negatives - (own.odds < -1.5 ? 1 : 0)),
      n < 2 ? 0 : (oddsSum - own.odds) / others,
      share(manners, own.form),
      share(pieces, own.pieces),
      own.first === '' ? 0 : share(firsts, own.first),
      own.last === '' ? 0 : share(lasts, own.last),
      share(lengths, own.length),
      forms[i] as number,
      languages[i] as number,
      mean === null ? 0 : clamp(call - mean, 4),
      n < 2 ? 0 : clamp(call - (callSum - call) / others, 4),
      mean === null ? 0 : clamp(Math.log(Math.max(1, endSum)) - mean, 6),
      (ends[i] as number) / Math.max(1, through[i] as number),
      Math.min(7, Math.log(Math.max(1, through[i] as number))),
      n < 2 ? 0 : (once - (through[i] === 1 ? 1 : 0)) / others,
      Math.min(8, Math.log(Math.max(1, throughSum))),
      Math.max(-6, Math.log(n / Math.max(1, throughSum))),
      n < 2
        ? 0
        : clamp(Math.log(Math.max(1, through[i] as number) / Math.max(1, through[i] === most ? second : most)), 5),
      sketch.belowKeys[i] === 0 ? 0 : share(belows, sketch.belowKeys[i] as number),
      like.names,
      like.shared,
      like.deep,
      like.apart,
      like.bare,
      twins[i] as number,
      like.contained,
      like.covered,
      like.named,
      like.typed,
      typed.chain ? 0 : Math.min(1, valuesBelow / 3),
      typed.chain ? 0 : Math.min(1, wordsBelow / 4),
      share(kindCounts, kinds[i] as number),
      values,
      literals,
      n < 2 ? 0 : (elsewhereValues - (values > 0 ? 1 : 0)) / others,
      n < 2 ? 0 : (elsewhereLiterals - (literals > 0 ? 1 : 0)) / others,
      posterior === null ? 0 : (weightSum - weight) / others,
      posterior === null ? 0 : best,
      posterior === null ? 0 : Math.log1p(weightSum - weight),
      posterior === null ? 0 : least,
      posterior === null ? 0 : clamp(posterior[i] as number, 8),
    )
  })
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value))
}

function parentFeatures(
  parent: string | null,
): readonly [behind: number, follows: number, plural: number, tier: number] {
  if (parent === null) return [1, 0, 0, 0]
  if (parent === '') return [0, 0, 0, 0]
  return [2, mostlyFollowedBy(parent), /[^su]s$/i.test(parent) ? 1 : 0, traitsOf(parent).tier]
}

/** How what lies below one candidate is like what lies below its siblings. */
interface Likeness {
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

function likeness(
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
