import { decide } from './decide.ts'
import { segmentShape } from '../../lib/segment-shape.ts'
import type { DeclaredNode } from './declared.ts'
import type { CallSpread, Elsewhere, Surroundings, TextCounts } from './features.ts'
import { type Candidate, lexicalOdds } from './sketch.ts'
import type { TrieNode } from './trie.ts'

/** A place in the templates: nodes of the trie that count as one, and what comes below. */
export interface Place {
  readonly nodes: readonly TrieNode[]
  readonly literals: ReadonlyMap<string, Place>
  /** By suffix; names of files share the one without, whatever their ending. */
  readonly variables: ReadonlyMap<string, VariablePlace>
  /** What was declared for this place. */
  readonly declared: readonly DeclaredNode[]
  /** 0–1: how sure the step to this place is. */
  readonly confidence: number
}

export interface VariablePlace extends Place {
  /** Shapes of the typed values; `string` for words. */
  readonly types: readonly string[]
  readonly distinct: number
  /** The variable was declared, not inferred. */
  readonly origin: 'declared' | 'inferred'
}

/**
 * Works out all templates of a trie. Each node is looked at once (plus a few levels for comparing siblings): O(nodes). `abroad`: what the texts are
 * in other tries of the same list.
 */
export function inferPlaces(root: TrieNode, declared: DeclaredNode, abroad: Elsewhere | null = null): Place {
  const start = { parent: '', depth: 0, literalCalls: null, elsewhere: abroad }
  let found = infer([root], [declared], start, 1, null)
  // Again, now that it is known about how often literals are called and which texts are values somewhere.
  for (let round = 0; round < 2; round++) {
    const own = textsOfPlaces(found)
    const elsewhere =
      abroad === null
        ? own
        : { values: added(own.values, abroad.values), literals: added(own.literals, abroad.literals) }
    found = infer([root], [declared], { ...start, literalCalls: literalCalls(found), elsewhere }, 1, found)
  }
  return found
}

function added(own: TextCounts, abroad: TextCounts): TextCounts {
  return { get: text => (own.get(text) ?? 0) + (abroad.get(text) ?? 0) }
}

function infer(
  nodes: readonly TrieNode[],
  declared: readonly DeclaredNode[],
  surroundings: Omit<Surroundings, 'here'>,
  confidence: number,
  before: Place | null,
): Place {
  const words = new Map<string, TrieNode[]>()
  const shared = new Map<string, TrieNode[]>()
  for (const node of nodes) {
    for (const [text, child] of node.words ?? []) push(words, text, child)
    for (const child of node.shared?.values() ?? []) push(shared, child.suffix, child)
  }
  const literals = new Map<string, Place>()
  const variables = new Map<string, VariablePlace>()
  const addLiteral = (text: string, children: readonly TrieNode[], sure: number) => {
    literals.set(
      text,
      infer(
        children,
        declaredLiterals(declared, text),
        { ...surroundings, parent: text, depth: surroundings.depth + 1 },
        sure,
        before?.literals.get(text) ?? null,
      ),
    )
  }
  const suffixes = new Map<string, Candidate[]>()
  const forced = new Map<string, TrieNode[]>()
  for (const [text, children] of words) {
    const suffix = (children[0] as TrieNode).suffix
    if (text === '' || text.endsWith('{})') || text.endsWith('={}') || declared.some(one => one.literals.has(text)))
      addLiteral(text, children, 1)
    else if (declared.some(one => one.variables.has(suffix) || one.variables.has(''))) {
      const key = declared.some(one => one.variables.has(suffix)) ? suffix : ''
      for (const child of children) push(forced, key, child)
    } else {
      const listed = suffixes.get(suffix) ?? []
      listed.push({ text, nodes: children })
      suffixes.set(suffix, listed)
    }
  }
  for (const suffix of shared.keys()) if (!suffixes.has(suffix)) suffixes.set(suffix, [])
  for (const [stem, offered] of formatsOf(suffixes)) addLiteral(`${stem}.{}`, offered, 0.9)
  joinFiles(suffixes, shared)
  const found = new Map<string, { nodes: TrieNode[]; confidence: number }>()
  for (const [suffix, candidates] of suffixes) {
    const typed = shared.get(suffix) ?? []
    const valuesBefore = textsOf(before?.variables.get(suffix))
    const here = (text: string) =>
      valuesBefore?.has(text) === true ? true : before?.literals.has(text) === true ? false : null
    const around = { ...surroundings, here }
    const verdict = decide(candidates, typed, around)
    const members = [...typed]
    let sure = typed.length > 0 ? 1 - 0.1 / Math.max(1, typedCount(typed)) : 0
    for (const [i, { text, nodes: own }] of candidates.entries()) {
      const value = sigmoid(verdict.odds[i] as number)
      if (verdict.values.has(text)) {
        for (const node of own) members.push(node)
        // The clearest value vouches for the variable.
        if (value > sure) sure = value
      } else addLiteral(text, own, 1 - value)
    }
    if (members.length > 0) found.set(suffix, { nodes: members, confidence: sure })
  }
  for (const [key, members] of forced) {
    const own = found.get(key)
    found.set(key, { nodes: [...members, ...(own?.nodes ?? [])], confidence: 1 })
  }
  for (const one of declared) {
    for (const text of one.literals.keys()) if (!literals.has(text)) addLiteral(text, [], 1)
    for (const suffix of one.variables.keys()) if (!found.has(suffix)) found.set(suffix, { nodes: [], confidence: 1 })
  }
  for (const [key, { nodes: members, confidence: sure }] of found) {
    const below = declared.flatMap(one => one.variables.get(key) ?? [])
    variables.set(key, {
      ...infer(
        members,
        below,
        { ...surroundings, parent: null, depth: surroundings.depth + 1 },
        below.length > 0 ? 1 : sure,
        before?.variables.get(key) ?? null,
      ),
      types: [...new Set(members.map(typeOf))].toSorted(),
      distinct: members.reduce((sum, node) => sum + (node.distinct?.count() ?? 1), 0),
      origin: below.length > 0 ? 'declared' : 'inferred',
    })
  }
  return { nodes, literals, variables, declared, confidence }
}

/** One thing in several formats is one operation: `export.json`, `export.csv`. Takes these out of the candidates. */
function formatsOf(candidates: Map<string, Candidate[]>): Map<string, TrieNode[]> {
  const stems = new Map<string, Candidate[]>()
  for (const [suffix, listed] of candidates) {
    if (!suffix.startsWith('.')) continue
    for (const candidate of listed) {
      if (lexicalOdds(candidate) > 0.5) continue
      const stem = candidate.text.slice(0, -suffix.length)
      const offered = stems.get(stem)
      if (offered === undefined) stems.set(stem, [candidate])
      else offered.push(candidate)
    }
  }
  const found = new Map<string, TrieNode[]>()
  const taken = new Set<Candidate>()
  for (const [stem, offered] of stems) {
    if (offered.length < 2) continue
    found.set(
      stem,
      offered.flatMap(one => one.nodes),
    )
    for (const one of offered) taken.add(one)
  }
  if (taken.size > 0)
    for (const [suffix, listed] of candidates)
      candidates.set(
        suffix,
        listed.filter(candidate => !taken.has(candidate)),
      )
  return found
}

/** Values with endings of many kinds are names of files: one variable, not one for each ending. */
function joinFiles(candidates: Map<string, Candidate[]>, typed: Map<string, TrieNode[]>): void {
  const endings = [...candidates.keys()].filter(
    suffix => suffix.startsWith('.') && ((candidates.get(suffix)?.length ?? 0) > 0 || typed.has(suffix)),
  )
  const files = candidates.get('')?.some(one => segmentShape(one.text) === 'file-name' && lexicalOdds(one) > 0) ?? false
  if (endings.length === 0 || (!files && endings.length < 3)) return
  const words = candidates.get('') ?? []
  const values = typed.get('') ?? []
  for (const ending of endings) {
    words.push(...(candidates.get(ending) ?? []))
    values.push(...(typed.get(ending) ?? []))
    candidates.delete(ending)
  }
  candidates.set('', words)
  typed.set('', values)
}

/** Names of files and hosts are kept as words: they may be literals. */
function typeOf({ shape, text }: TrieNode): string {
  const written = shape === null && text !== null ? segmentShape(text) : shape
  return written === 'text' ? 'string' : (written ?? 'string')
}

function typedCount(typed: readonly TrieNode[]): number {
  return typed.reduce((sum, node) => sum + (node.distinct?.count() ?? 1), 0)
}

function sigmoid(odds: number): number {
  return 1 / (1 + Math.exp(-odds))
}

function declaredLiterals(declared: readonly DeclaredNode[], text: string): DeclaredNode[] {
  return declared.flatMap(one => one.literals.get(text) ?? [])
}

function push(map: Map<string, TrieNode[]>, key: string, value: TrieNode): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** How often operations are called that end in a literal beyond doubt. */
function literalCalls(root: Place): CallSpread | null {
  let count = 0
  let sum = 0
  let squares = 0
  const open = [root]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const variable of at.variables.values()) open.push(variable)
    for (const [text, literal] of at.literals) {
      open.push(literal)
      let ends = 0
      for (const node of literal.nodes) ends += node.ends
      if (ends === 0 || lexicalOdds({ text, nodes: literal.nodes }) > -1.5) continue
      const one = Math.log(ends)
      count++
      sum += one
      squares += one * one
    }
  }
  if (count < 3) return null
  const mean = sum / count
  return { mean, deviation: Math.max(0.6, Math.sqrt(Math.max(0, squares / count - mean * mean))) }
}

/** Each text that is a value or a literal somewhere, with the number of places. */
export function textsOfPlaces(root: Place): {
  values: ReadonlyMap<string, number>
  literals: ReadonlyMap<string, number>
} {
  const values = new Map<string, number>()
  const literals = new Map<string, number>()
  const open = [root]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const variable of at.variables.values()) {
      for (const text of textsOf(variable) ?? []) values.set(text, (values.get(text) ?? 0) + 1)
      open.push(variable)
    }
    for (const [text, literal] of at.literals) {
      literals.set(text, (literals.get(text) ?? 0) + 1)
      open.push(literal)
    }
  }
  return { values, literals }
}

function textsOf(variable: VariablePlace | undefined): ReadonlySet<string> | null {
  return variable === undefined ? null : new Set(variable.nodes.map(node => node.text).filter(text => text !== null))
}
