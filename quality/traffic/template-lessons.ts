import { follows, known } from '../../src/insight/templates/literalness.ts'
import type { CallSpread, Surroundings } from '../../src/insight/templates/features.ts'
import { readSegment } from '../../src/insight/templates/segment.ts'
import type { Candidate } from '../../src/insight/templates/sketch.ts'
import { PathTrie, type TrieNode, trieLimits } from '../../src/insight/templates/trie.ts'
import { type WordCounts, entryOf } from '../make-vocabulary.ts'
import { type ApiDocument, providerOf, readDocuments } from './openapi-documents.ts'
import { type Call, type Volume, traffic } from './openapi-traffic.ts'
import { plainTraffic } from './plain-traffic.ts'
import { seeded } from './seeded.ts'

/** `once`: each path one time, as in a list of URLs. `kept`: share of the calls that are seen, so that no count is exact. */
const volumes: ReadonlyArray<Volume & { readonly operations: number; readonly once: boolean; readonly kept: number }> =
  [
    { calls: 2, spread: 'even', operations: 150, once: true, kept: 1 },
    { calls: 4, spread: 'even', operations: 150, once: false, kept: 0.75 },
    { calls: 3, spread: 'even', operations: 150, once: false, kept: 1 },
    { calls: 12, spread: 'even', operations: 80, once: true, kept: 1 },
    { calls: 15, spread: 'zipf', operations: 80, once: false, kept: 1 },
    { calls: 25, spread: 'even', operations: 100, once: false, kept: 0.8 },
    { calls: 40, spread: 'even', operations: 60, once: true, kept: 0.9 },
    { calls: 60, spread: 'zipf', operations: 60, once: false, kept: 0.9 },
    { calls: 200, spread: 'zipf', operations: 40, once: false, kept: 1 },
    { calls: 300, spread: 'zipf', operations: 25, once: false, kept: 0.7 },
  ]

const plainOperations = 40
/** On the average, as plain-traffic.ts draws them. */
const plainCalls = 60

/** A place of the true templates, with the nodes that stand for it. */
interface TruePlace {
  readonly parent: string | null
  readonly depth: number
  readonly nodes: Set<TrieNode>
  /** By text: is it a value here? */
  readonly texts: Map<string, { readonly nodes: Set<TrieNode>; readonly value: boolean; ends: number }>
}

/** Texts of one place with what they truly are: what the forests are fitted to. */
export interface Pool {
  readonly candidates: readonly Candidate[]
  readonly labels: readonly boolean[]
  readonly typed: readonly TrieNode[]
  readonly surroundings: Surroundings
  readonly provider: string
  /** Operations' worth of calls that come through here: what is lost when it is got wrong. */
  readonly load: number
  /** How much the lesson counts: where few calls are known, fewer texts teach, and places are more often got wrong. */
  readonly worth: number
}

/** The places of traffic on all documents, with the half of the words that nothing is judged by. */
export function* lessons(folder: string, seed: string): Generator<Pool> {
  for (const document of readDocuments(folder)) {
    for (const volume of volumes) {
      const random = seeded(`${seed} ${document.name} ${volume.calls}`)
      let calls: readonly Call[] = traffic(document, volume, 'tuning', seed, volume.operations)
      if (volume.kept < 1) calls = calls.filter(() => random.next() < volume.kept)
      if (volume.once) calls = [...new Map(calls.map(call => [call.path, call])).values()]
      yield* poolsOf(document, calls, volume.calls, volume.calls < 5 ? 1.6 : 1)
    }
    yield* poolsOf(document, plainTraffic(document, 'tuning', seed, plainOperations), plainCalls, 1)
  }
}

/** The places of one document's traffic, with what earlier passes would have found if they were mostly right. */
function* poolsOf(document: ApiDocument, calls: readonly Call[], usual: number, worth: number): Generator<Pool> {
  const trie = new PathTrie(trieLimits)
  for (const { path } of calls) trie.learn(path)
  const places = new Map<string, TruePlace>()
  for (const { path, truth } of calls) addPath(places, trie.root, path.slice(1).split('/'), truth.slice(1).split('/'))
  const provider = providerOf(document)
  const random = seeded(`${provider} ${trie.size}`)
  const values = new Map<string, number>()
  const literals = new Map<string, number>()
  for (const { texts } of places.values())
    for (const [text, { value }] of texts) {
      const counts = value ? values : literals
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
  const literalCalls = spreadOf(places)
  for (const { parent, depth, nodes, texts } of places.values()) {
    const bySuffix = Map.groupBy(
      texts,
      ([
        ,
        {
          nodes: [node],
        },
      ]) => node?.suffix ?? '',
    )
    for (const [suffix, listed] of bySuffix) {
      const missed = new Set(listed.flatMap(([text]) => (random.next() < 0.15 ? [text] : [])))
      // What an earlier pass got wrong elsewhere stands on the other side.
      const seen = (right: ReadonlyMap<string, number>, wrong: ReadonlyMap<string, number>) =>
        new Map(listed.map(([text]) => [text, (missed.has(text) ? wrong : right).get(text) ?? 0]))
      yield {
        candidates: listed.map(([text, one]) => ({ text, nodes: [...one.nodes] })),
        labels: listed.map(([, { value }]) => value),
        typed: [...nodes].flatMap(node => [...(node.shared?.values() ?? [])].filter(child => child.suffix === suffix)),
        surroundings: {
          parent,
          depth,
          literalCalls,
          elsewhere: {
            values: seen(withoutHere(values, listed, true), withoutHere(literals, listed, false)),
            literals: seen(withoutHere(literals, listed, false), withoutHere(values, listed, true)),
          },
          here: null,
        },
        provider,
        worth,
        load:
          listed.reduce((sum, [, one]) => sum + one.nodes.values().reduce((all, node) => all + node.calls, 0), 0) /
          usual,
      }
    }
  }
}

function withoutHere(
  counts: ReadonlyMap<string, number>,
  listed: ReadonlyArray<readonly [text: string, { readonly value: boolean }]>,
  values: boolean,
): Map<string, number> {
  return new Map(listed.map(([text, { value }]) => [text, (counts.get(text) ?? 0) - (value === values ? 1 : 0)]))
}

function spreadOf(places: ReadonlyMap<string, TruePlace>): CallSpread | null {
  const ends = [...places.values()].flatMap(({ texts }) =>
    [...texts.values()].filter(one => !one.value && one.ends > 0).map(one => Math.log(one.ends)),
  )
  if (ends.length < 3) return null
  const mean = ends.reduce((sum, one) => sum + one, 0) / ends.length
  return { mean, deviation: Math.sqrt(ends.reduce((sum, one) => sum + (one - mean) ** 2, 0) / ends.length) }
}

/** Walks a call down the trie and down the true templates at once. */
function addPath(
  places: Map<string, TruePlace>,
  root: TrieNode,
  parts: readonly string[],
  truth: readonly string[],
): void {
  if (parts.length !== truth.length) return
  let at = root
  let prefix = ''
  for (const [i, part] of parts.entries()) {
    const { shape, suffix, frame } = readSegment(part)
    const next =
      at.words?.get(part) ??
      at.words?.get(frame) ??
      at.shared?.get(suffix === '' ? `${shape}` : `${shape} ${suffix}`) ??
      at.shared?.get('string')
    if (next === undefined) return
    const before = truth[i - 1]
    let place = places.get(prefix)
    if (place === undefined) {
      place = {
        parent: before === undefined ? '' : before.includes('{') ? null : before,
        depth: i,
        nodes: new Set(),
        texts: new Map(),
      }
      places.set(prefix, place)
    }
    place.nodes.add(at)
    const wanted = truth[i] as string
    // What is partly a variable has no label.
    if (next.text !== null && frame === '' && part !== '' && (wanted === part || wanted === `{}${suffix}`)) {
      const known = place.texts.get(part)
      const ends = i === parts.length - 1 ? 1 : 0
      if (known === undefined) place.texts.set(part, { nodes: new Set([next]), value: wanted !== part, ends })
      else {
        known.nodes.add(next)
        known.ends += ends
      }
    }
    prefix += `/${wanted}`
    at = next
  }
}

/** Runs something as if the provider had not been there when the vocabulary was made: else its own words would all be known. */
export function withoutProvider<T>(words: WordCounts, provider: string, run: () => T): T {
  const tiers = known as Map<string, number>
  const followed = follows as Map<string, number>
  const saved: Array<() => void> = []
  for (const word of wordsOfProvider(words, provider)) {
    const [tier, sign] = [tiers.get(word), followed.get(word)]
    const entry = entryOf(words, word, provider)
    if (entry.tier === 0) tiers.delete(word)
    else tiers.set(word, entry.tier)
    followed.set(word, entry.follows)
    saved.push(() => {
      if (tier === undefined) tiers.delete(word)
      else tiers.set(word, tier)
      if (sign === undefined) followed.delete(word)
      else followed.set(word, sign)
    })
  }
  try {
    return run()
  } finally {
    for (const undo of saved) undo()
  }
}

const providerWords = new Map<string, readonly string[]>()

function wordsOfProvider(words: WordCounts, provider: string): readonly string[] {
  let list = providerWords.get(provider)
  if (list === undefined) {
    const own = (providers: ReadonlyMap<string, ReadonlySet<string>>) =>
      [...providers].filter(([, set]) => set.has(provider)).map(([word]) => word)
    list = [...new Set([words.inPaths, words.inNames, words.beforeVariable, words.beforeLiteral].flatMap(own))]
    providerWords.set(provider, list)
  }
  return list
}
