import { sketchHash } from '../../lib/hyper-log-log.ts'
import { type TextTraits, isLanguage, traitsOf } from './literalness.ts'
import type { TrieNode } from './trie.ts'

/** One of the texts that share a place and a suffix, with all nodes that hold it. */
export interface Candidate {
  readonly text: string
  readonly nodes: readonly TrieNode[]
}

/** What is known of the candidates of one place, worked out once; the features of both stages come from it. */
export interface Sketch {
  readonly traits: readonly TextTraits[]
  /** What lies below each: literals by name, values as `{}`, a few levels deep. */
  readonly profiles: ReadonlyArray<ReadonlySet<string>>
  /** Equal where all that lies below is the same; 0: there is no name in it. */
  readonly belowKeys: readonly number[]
  /** Logarithm of the calls that one operation at or below each got. */
  readonly calls: readonly number[]
  readonly ends: readonly number[]
  readonly through: readonly number[]
  /** Which kinds of thing there are: calls that end here, words below, typed values below. */
  readonly kinds: readonly number[]
  readonly forms: readonly number[]
  readonly languages: readonly number[]
  readonly below: ReadonlyArray<readonly [values: number, words: number]>
  readonly twins: readonly number[]
  readonly typedProfiles: ReadonlyArray<ReadonlySet<string>>
  readonly typed: TypedSketch
}

export interface TypedSketch {
  /** Distinct typed values at the place. */
  readonly count: number
  /** Shares of them that are numbers, and that are long text or codes with letters. */
  readonly numbers: number
  readonly codes: number
  /** They have more than one shape: anything may stand here. */
  readonly several: boolean
  /** They are followed by values themselves. */
  readonly chain: boolean
  /** Calls that ended at them. */
  readonly ends: number
}

export function sketchOf(candidates: readonly Candidate[], typed: readonly TrieNode[]): Sketch {
  const profiles = candidates.map(({ nodes }) => profileOf(nodes))
  const languages = candidates.filter(({ text }) => isLanguage(text)).length
  return {
    traits: candidates.map(traitsOfCandidate),
    profiles,
    belowKeys: profiles.map(belowKey),
    calls: candidates.map(callsPerOperation),
    ends: candidates.map(({ nodes }) => nodes.reduce((sum, node) => sum + node.ends, 0)),
    through: candidates.map(({ nodes }) => nodes.reduce((sum, node) => sum + node.calls, 0)),
    kinds: candidates.map(kindsOf),
    forms: formsOf(candidates),
    languages: candidates.map(({ text }) => (languages >= 2 && isLanguage(text) ? 1 : 0)),
    below: candidates.map(({ nodes }) => belowOf(nodes)),
    twins: twinsOf(profiles),
    typedProfiles: typed.map(node => profileOf([node])),
    typed: typedSketch(typed),
  }
}

export function lexicalOdds(candidate: Candidate): number {
  return traitsOfCandidate(candidate).odds
}

function traitsOfCandidate({ text, nodes }: Candidate): TextTraits {
  const first = nodes[0]
  if (first === undefined) return traitsOf(text)
  first.traits ??= traitsOf(first.suffix === '' ? text : text.slice(0, -first.suffix.length))
  return first.traits
}

function typedSketch(typed: readonly TrieNode[]): TypedSketch {
  let [count, numbers, codes, ends] = [0, 0, 0, 0]
  for (const node of typed) {
    const distinct = Math.max(1, node.distinct?.count() ?? 1)
    count += distinct
    ends += node.ends
    if (node.shape === 'integer' || node.shape === 'number' || node.shape === 'uuid') numbers += distinct
    if (node.shape === 'code' || node.shape === 'text' || node.shape === 'string') codes += distinct
  }
  return {
    count,
    ends,
    numbers: count === 0 ? 0 : numbers / count,
    codes: count === 0 ? 0 : codes / count,
    several: new Set(typed.map(node => node.shape)).size > 1,
    chain: typed.some(node => node.shared !== null && node.shared.size > 0),
  }
}

function callsPerOperation({ nodes }: Candidate): number {
  let ends = 0
  let calls = 0
  let below = 0
  for (const node of nodes) {
    ends += node.ends
    calls += node.calls
    below = Math.max(below, (node.words?.size ?? 0) + (node.shared?.size ?? 0))
  }
  return Math.log(Math.max(1, ends > 0 ? ends : calls / Math.max(1, below)))
}

function kindsOf({ nodes }: Candidate): number {
  let found = 0
  for (const node of nodes) {
    if (node.ends > 0) found |= 1
    if (node.words !== null) found |= 2
    if (node.shared !== null) found |= 4
  }
  return found
}

const profileMax = 200
const profileLevels = 4
/** Nodes looked at for one profile: places with thousands of values below say no more than hundreds do. */
const profileNodes = 600

/** Level by level, so that what is cut off where there is too much is what lies deepest. */
function profileOf(nodes: readonly TrieNode[]): Set<string> {
  const profile = new Set<string>()
  let budget = profileNodes
  let open: Array<readonly [prefix: string, node: TrieNode]> = nodes.map(node => ['/', node])
  for (const node of nodes) if (node.ends > 0) profile.add('.')
  for (let level = 0; level < profileLevels && open.length > 0; level++) {
    const next: typeof open = []
    for (const [prefix, node] of open) {
      const hole = `${prefix}{}`
      for (const child of node.shared?.values() ?? []) {
        profile.add(hole)
        next.push([`${hole}/`, child])
      }
      for (const [text, child] of node.words ?? []) {
        if (budget-- <= 0 || profile.size > profileMax) return profile
        if (lexicalOdds({ text, nodes: [child] }) < -0.5) profile.add(prefix + text)
        else {
          profile.add(hole)
          next.push([`${hole}/`, child])
        }
      }
    }
    open = next
  }
  return profile
}

function belowKey(profile: ReadonlySet<string>): number {
  let [sum, named] = [profile.size, false]
  for (const key of profile) {
    sum = (sum + sketchHash(key)) >>> 0
    named ||= isName(key)
  }
  return named ? Math.max(1, sum) : 0
}

export function isName(key: string): boolean {
  return key !== '.' && !key.endsWith('{}')
}

/** How much each shares with its nearest sibling of what lies below: names in common times their Jaccard index, at most 8. */
function twinsOf(profiles: ReadonlyArray<ReadonlySet<string>>): number[] {
  const names = profiles.map(profile => [...profile].filter(isName))
  // Comparing all pairs of many would be quadratic.
  const rich = names.flatMap((list, i) => (list.length > 0 ? [i] : [])).slice(0, 64)
  const twins = profiles.map(() => 0)
  for (const i of rich)
    for (const j of rich) {
      if (i === j) continue
      const other = profiles[j] as ReadonlySet<string>
      const own = names[i] as readonly string[]
      const common = own.filter(key => other.has(key)).length
      const union = own.length + (names[j] as readonly string[]).length - common
      twins[i] = Math.max(twins[i] as number, Math.min(8, (common * common) / union))
    }
  return twins
}

/** Typed values right below, and words that look like values. */
function belowOf(nodes: readonly TrieNode[]): readonly [values: number, words: number] {
  let values = 0
  let words = 0
  for (const node of nodes) {
    for (const child of node.shared?.values() ?? []) values += Math.max(1, child.distinct?.count() ?? 1)
    for (const [text, child] of node.words ?? []) if (lexicalOdds({ text, nodes: [child] }) > 1) words++
  }
  return [values, words]
}

/** 1 for texts whose form with digits in it (`app-83`, `app-62`, `app-75`) three or more share. */
function formsOf(candidates: readonly Candidate[]): number[] {
  const forms = candidates.map(({ text }) =>
    /\d/.test(text)
      ? text
          .replaceAll(/\d+/g, '9')
          .replaceAll(/[a-z]+/g, run => (run.length > 2 ? run : 'a'))
          .replaceAll(/[A-Z]+/g, 'A')
      : '',
  )
  const counts = countsOf(forms)
  return forms.map(form => (form !== '' && (counts.get(form) ?? 0) >= 3 ? 1 : 0))
}

export function countsOf<T>(list: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}
