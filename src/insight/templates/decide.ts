import { type Surroundings, featuresOf } from './features.ts'
import { type Forest, forestOdds, readForest } from './forest.ts'
import type { TextTraits } from './literalness.ts'
import { type Candidate, type Sketch, sketchOf } from './sketch.ts'
import type { TrieNode } from './trie.ts'
import { firstStage, secondStage } from './weights.ts'

/** The forests of both stages. */
export interface Model {
  readonly first: Forest
  readonly second: Forest
}

/** What is asked. */
export const fitted: Model = { first: readForest(firstStage), second: readForest(secondStage) }

export interface Verdict {
  /** Texts that are values of the variable. */
  readonly values: ReadonlySet<string>
  /** Log odds of each candidate that it is a value, in their order. */
  readonly odds: readonly number[]
}

/**
 * Which texts of one place are values and which are literals, by log odds from their features (features.ts). A second stage looks again, knowing
 * what the first one thinks of the siblings: values of one variable are exchangeable, so each speaks for the others.
 */
export function decide(
  candidates: readonly Candidate[],
  typed: readonly TrieNode[],
  surroundings: Surroundings,
): Verdict {
  if (candidates.length === 0) return { values: new Set(), odds: [] }
  const sketch = sketchOf(candidates, typed)
  const first = featuresOf(candidates, sketch, surroundings, null).map(row => forestOdds(fitted.first, row))
  const odds = featuresOf(candidates, sketch, surroundings, first).map(row => forestOdds(fitted.second, row))
  const support = sketch.typed.count + odds.filter(one => one > 0).length
  const chance = chanceVersions(sketch, surroundings, support)
  const values = new Set<string>()
  for (const [i, { text }] of candidates.entries()) {
    const { odds: letters, form } = sketch.traits[i] as TextTraits
    if (letters <= version) {
      if (chance && (sketch.through[i] as number) <= usual(sketch, i)) values.add(text)
      continue
    }
    if (letters > doubtful && knownValue(text, sketch, surroundings)) {
      values.add(text)
      continue
    }
    if ((odds[i] as number) <= 0) continue
    // Two unknown words (`/users/trump`, `/users/dominator`) are no proof of a variable: one must be clear by its letters or have below it what the other has.
    if (support < 3 && form === singleWord && letters < clear && (sketch.twins[i] as number) === 0) continue
    values.add(text)
  }
  return { values, odds }
}

/** Among many random values a few look like versions (`v27h`, `v907`). A place of versions has hardly anything else, and stands near the root. */
function chanceVersions({ traits }: Sketch, { depth, parent }: Surroundings, support: number): boolean {
  const versions = traits.filter(({ odds }) => odds <= version).length
  return versions > 0 && depth > 1 && parent !== '' && support >= manyValues && versions * manyValues <= support
}

/** The calls that a value of the place may well have: those of its most called sibling that is no version. */
function usual({ traits, through }: Sketch, own: number): number {
  return through.reduce(
    (most, calls, i) => (i === own || (traits[i] as TextTraits).odds <= version ? most : Math.max(most, calls)),
    1,
  )
}

/** Where values of several shapes stand, anything may: then a text that is a value in as many other places as it is a literal is one here. */
function knownValue(text: string, { typed }: Sketch, { elsewhere, here }: Surroundings): boolean {
  if (!typed.several || elsewhere === null) return false
  const literals = (elsewhere.literals.get(text) ?? 0) - (here?.(text) === false ? 1 : 0)
  const values = (elsewhere.values.get(text) ?? 0) - (here?.(text) === true ? 1 : 0)
  return values > 0 && values >= literals
}

const manyValues = 8
/** Log odds by letters below which a text is a common word of APIs. */
const doubtful = -1.5
/** Log odds of `v2` and the like: the versions of an API are told apart, however alike they are. */
const version = -6
/** Log odds from which a text is a value by its letters alone. */
const clear = 2.2
const singleWord = 0
