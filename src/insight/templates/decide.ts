import { valueOdds } from './literalness.ts'
import type { TrieNode } from './trie.ts'

/** One of the texts that share a place and a suffix, with all nodes that hold it. */
export interface Candidate {
  readonly text: string
  readonly nodes: readonly TrieNode[]
}

/** What surrounds the place that is decided on. */
export interface Surroundings {
  /** The literal before it; null: a variable; '' at the root. */
  readonly parent: string | null
  /** How often literal operations of this service are called; null: too few are known. */
  readonly literalCalls: CallSpread | null
  /** Texts that were found to be values in other places, with how many; null in the first pass. */
  readonly elsewhere: ReadonlyMap<string, number> | null
}

/** Mean and standard deviation of the logarithm of calls. */
export interface CallSpread {
  readonly mean: number
  readonly deviation: number
}

export interface Verdict {
  /** Texts that are values of the variable. */
  readonly values: ReadonlySet<string>
  readonly exists: boolean
  /** 0–1: that there is a variable here, when `exists`; that there is none, otherwise. */
  readonly confidence: number
}

/**
 * Which texts of one place are values and which are literals. Two hypotheses are weighed by log odds: all are literals, or a share π of them
 * are values of a variable (π by expectation–maximisation). For a text speak its letters (literalness.ts), how often it is called beside
 * typical literals, and whether what lies below it is what lies below the values: values of one variable are exchangeable.
 */
export function decide(
  candidates: readonly Candidate[],
  typed: readonly TrieNode[],
  surroundings: Surroundings,
): Verdict {
  const typedWeight = Math.min(
    8,
    typed.reduce((sum, node) => sum + (node.distinct?.count() ?? 1), 0),
  )
  if (candidates.length === 0)
    return { values: new Set(), exists: typed.length > 0, confidence: typedConfidence(typedWeight) }
  const [priorOdds, alpha, beta] = priors(surroundings)
  const lexical = candidates.map(lexicalOdds)
  let odds: readonly number[] = lexical
  let responsibility = maximise(odds, typedWeight, alpha, beta)
  if (candidates.length + typed.length > 1) {
    const profiles = candidates.map(candidate => profileOf(candidate.nodes))
    const alike = likeness(profiles, responsibility.each, typed)
    const calls = candidates.map(callsPerOperation)
    // A text that is a value elsewhere (the same user, the same project) is hardly a literal here, unless it is a word of many APIs.
    const known = candidates.map(({ text }, i) => {
      const places = surroundings.elsewhere?.get(text) ?? 0
      return places === 0 ? 0 : (lexical[i] as number) < -2.5 ? 0.5 : Math.min(3, 1.5 + 0.5 * places)
    })
    // Twice, since how often values are called is known only once it is known which are values.
    for (let round = 0; round < 2; round++) {
      const called = callOdds(calls, responsibility.each, typed, surroundings.literalCalls)
      odds = lexical.map((one, i) => one + (alike[i] as number) + (called[i] as number) + (known[i] as number))
      responsibility = maximise(odds, typedWeight, alpha, beta)
    }
  }
  const { share, each } = responsibility
  let existence = priorOdds
  for (const one of odds) existence += Math.log(1 - share + share * Math.exp(one))
  const exists = typed.length > 0 || existence > 0
  if (!exists) return { values: new Set(), exists, confidence: sigmoid(-existence) }
  const total = typedWeight + each.reduce((sum, one) => sum + one, 0)
  const values = new Set<string>()
  const shareOdds = Math.log(share / (1 - share))
  for (const [i, { text }] of candidates.entries()) {
    const support = total - (each[i] as number)
    // With little to compare with, only what is clear by itself joins.
    const caution = typed.length > 0 ? 1.2 / Math.max(0.5, support) : 0
    if (shareOdds + (odds[i] as number) > caution) values.add(text)
  }
  return {
    values,
    exists: typed.length > 0 || values.size > 0,
    confidence: typed.length > 0 ? typedConfidence(typedWeight) : sigmoid(existence),
  }
}

function typedConfidence(distinct: number): number {
  return 1 - 0.1 / Math.max(1, distinct)
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** Log odds that a place has a variable when no typed value was seen, and the prior counts of values and literals among its texts. */
function priors({ parent }: Surroundings): readonly [odds: number, values: number, literals: number] {
  if (parent === null) return [-3, 0.4, 1.6]
  if (parent === '' || valueOdds(parent) <= -5 || parent === 'api' || parent === 'rest') return [-3.5, 0.3, 1.7]
  if (/[^su]s$/i.test(parent)) return [-1.5, 1, 1]
  return [-2, 0.7, 1.3]
}

function maximise(
  odds: readonly number[],
  typedWeight: number,
  alpha: number,
  beta: number,
): { share: number; each: number[] } {
  let share = (typedWeight + alpha + 0.5 * odds.length) / (typedWeight + alpha + beta + odds.length)
  let each: number[] = []
  for (let round = 0; round < 8; round++) {
    each = odds.map(one => {
      const value = share * Math.exp(Math.min(30, one))
      return value / (value + 1 - share)
    })
    share = (typedWeight + alpha + each.reduce((sum, one) => sum + one, 0)) / (typedWeight + alpha + beta + odds.length)
  }
  return { share, each }
}

export function lexicalOdds({ text, nodes }: Candidate): number {
  const first = nodes[0]
  if (first === undefined) return 0
  if (Number.isNaN(first.odds)) first.odds = valueOdds(first.suffix === '' ? text : text.slice(0, -first.suffix.length))
  return first.odds
}

/** Logarithm of the calls that one operation at or below a text got. */
function callsPerOperation({ nodes }: Candidate): number {
  let ends = 0
  let calls = 0
  let below = 0
  for (const node of nodes) {
    ends += node.ends
    calls += node.calls
    below = Math.max(below, (node.words?.size ?? 0) + (node.shared?.size ?? 0))
  }
  return Math.log(ends > 0 ? ends : calls / Math.max(1, below))
}

/** A literal is called about as often as other literals, a value as often as other values; where these differ, the calls tell. */
function callOdds(
  calls: readonly number[],
  weights: readonly number[],
  typed: readonly TrieNode[],
  literal: CallSpread | null,
): number[] {
  if (literal === null) return calls.map(() => 0)
  let sum = 0
  let total = 0
  for (const node of typed) {
    const distinct = Math.min(20, node.distinct?.count() ?? 1)
    sum +=
      distinct *
      Math.log(Math.max(1, (node.ends > 0 ? node.ends : node.calls) / Math.max(1, node.distinct?.count() ?? 1)))
    total += distinct
  }
  for (const [i, one] of calls.entries()) {
    sum += one * (weights[i] as number)
    total += weights[i] as number
  }
  return calls.map((one, i) => {
    const own = weights[i] as number
    const rest = total - own
    // Half a value more, that is called somewhat less than literals are: what one expects before any value is known.
    const mean = (sum - own * one + 0.5 * (literal.mean - 1)) / (rest + 0.5)
    const asValue = -0.5 * ((one - mean) / 1.2) ** 2 - Math.log(1.2)
    // More calls than other literals say nothing against a literal: it may have several methods, and more below it.
    const asLiteral = -0.5 * (Math.min(0, one - literal.mean) / literal.deviation) ** 2 - Math.log(literal.deviation)
    return Math.max(-3, Math.min(2, asValue - asLiteral))
  })
}

/** What lies below: literals by name, values and doubtful words as `{}`, two levels deep. */
function profileOf(nodes: readonly TrieNode[]): Set<string> {
  const profile = new Set<string>()
  for (const node of nodes) {
    if (node.ends > 0) profile.add('.')
    addBelow(profile, node, '/', 2)
    if (profile.size > 100) break
  }
  return profile
}

function addBelow(profile: Set<string>, node: TrieNode, prefix: string, levels: number): void {
  for (const [text, child] of node.words ?? []) {
    if (lexicalOdds({ text, nodes: [child] }) < -0.5) profile.add(prefix + text)
    else {
      profile.add(`${prefix}{}`)
      if (levels > 1) addBelow(profile, child, `${prefix}{}/`, levels - 1)
    }
    if (profile.size > 100) return
  }
  for (const child of node.shared?.values() ?? []) {
    profile.add(`${prefix}{}`)
    if (levels > 1) addBelow(profile, child, `${prefix}{}/`, levels - 1)
  }
}

/** For each candidate, how much what lies below it speaks for being one of the values (positive) or not. */
function likeness(
  profiles: ReadonlyArray<ReadonlySet<string>>,
  weights: readonly number[],
  typed: readonly TrieNode[],
): number[] {
  const counts = new Map<string, number>()
  let total = 0
  const add = (profile: ReadonlySet<string>, weight: number) => {
    total += weight
    for (const key of profile) counts.set(key, (counts.get(key) ?? 0) + weight)
  }
  for (const [i, profile] of profiles.entries()) add(profile, weights[i] as number)
  for (const node of typed) add(profileOf([node]), 2)
  return profiles.map((profile, i) => {
    const own = weights[i] as number
    const rest = total - own
    if (rest < 0.5) return 0
    let names = 0
    let shared = 0
    for (const key of profile) {
      if (key === '.' || key.endsWith('{}')) continue
      const weight = key.startsWith('/{}') ? 0.3 : 1
      names += weight
      shared += weight * Math.min(1, ((counts.get(key) ?? 0) - own) / Math.min(rest, 2))
    }
    let namesOfOthers = 0
    for (const [key, count] of counts)
      if (key !== '.' && !key.endsWith('{}') && count - (profile.has(key) ? own : 0) > 0.5)
        namesOfOthers += key.startsWith('/{}') ? 0.3 : 1
    if (names === 0) return namesOfOthers > 0 ? -0.2 : 0
    if (namesOfOthers === 0) return -0.5
    const agreement = shared / Math.sqrt(names * Math.min(namesOfOthers, names * 2))
    return agreement > 0 ? 4 * Math.min(1, agreement) * (1 - Math.exp(-names / 4)) : -1.2 * Math.min(1, names)
  })
}
