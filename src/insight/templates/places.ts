import { type CallSpread, type Candidate, type Surroundings, decide, lexicalOdds } from './decide.ts'
import type { DeclaredNode } from './declared.ts'
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

/** Works out all templates of a trie. Each node is looked at once (plus two levels for comparing siblings): O(nodes). */
export function inferPlaces(root: TrieNode, declared: DeclaredNode): Place {
  const surroundings = { parent: '', literalCalls: literalCalls(root), elsewhere: null }
  const first = infer([root], [declared], surroundings, 1)
  // Once more, now that it is known which texts are values somewhere.
  return infer([root], [declared], { ...surroundings, elsewhere: valueTexts(first) }, 1)
}

function infer(
  nodes: readonly TrieNode[],
  declared: readonly DeclaredNode[],
  surroundings: Surroundings,
  confidence: number,
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
    literals.set(text, infer(children, declaredLiterals(declared, text), { ...surroundings, parent: text }, sure))
  }
  const suffixes = new Map<string, Candidate[]>()
  const forced = new Map<string, TrieNode[]>()
  for (const [text, children] of words) {
    const suffix = (children[0] as TrieNode).suffix
    if (text === '' || text.endsWith('{})') || text.endsWith('={}') || declared.some(one => one.literals.has(text)))
      addLiteral(text, children, 1)
    else if (declared.some(one => one.variables.has(suffix) || one.variables.has(''))) {
      const key = declared.some(one => one.variables.has(suffix)) ? suffix : ''
      forced.set(key, [...(forced.get(key) ?? []), ...children])
    } else {
      const listed = suffixes.get(suffix) ?? []
      listed.push({ text, nodes: children })
      suffixes.set(suffix, listed)
    }
  }
  for (const suffix of shared.keys()) if (!suffixes.has(suffix)) suffixes.set(suffix, [])
  joinFiles(suffixes, shared)
  const found = new Map<string, { nodes: TrieNode[]; confidence: number }>()
  for (const [suffix, candidates] of suffixes) {
    const typed = shared.get(suffix) ?? []
    const verdict = decide(candidates, typed, surroundings)
    const members = [...typed]
    for (const { text, nodes: own } of candidates) {
      if (verdict.values.has(text)) members.push(...own)
      else
        addLiteral(text, own, literalConfidence(verdict.exists, verdict.confidence, lexicalOdds({ text, nodes: own })))
    }
    if (verdict.exists) found.set(suffix, { nodes: members, confidence: verdict.confidence })
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
      ...infer(members, below, { ...surroundings, parent: null }, below.length > 0 ? 1 : sure),
      types: [...new Set(members.map(node => node.shape ?? 'string'))].toSorted(),
      distinct: members.reduce((sum, node) => sum + (node.distinct?.count() ?? 1), 0),
      origin: below.length > 0 ? 'declared' : 'inferred',
    })
  }
  return { nodes, literals, variables, declared, confidence }
}

/** Values with endings of many kinds are names of files: one variable, not one for each ending. */
function joinFiles(candidates: Map<string, Candidate[]>, typed: Map<string, TrieNode[]>): void {
  const endings = [...candidates.keys()].filter(suffix => suffix.startsWith('.'))
  const files = typed.get('')?.some(node => node.shape === 'file-name') ?? false
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

function literalConfidence(exists: boolean, confidence: number, odds: number): number {
  const own = 1 / (1 + Math.exp(odds))
  return exists ? own : Math.max(own, confidence)
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
function literalCalls(root: TrieNode): CallSpread | null {
  let count = 0
  let sum = 0
  let squares = 0
  const open = [root]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.text !== null && at.ends > 0 && lexicalOdds({ text: at.text, nodes: [at] }) < -1.5) {
      const one = Math.log(at.ends)
      count++
      sum += one
      squares += one * one
    }
    open.push(...(at.words?.values() ?? []), ...(at.shared?.values() ?? []))
  }
  if (count < 3) return null
  const mean = sum / count
  return { mean, deviation: Math.max(0.6, Math.sqrt(Math.max(0, squares / count - mean * mean))) }
}

/** Each text that is a value somewhere, with the number of places. */
function valueTexts(root: Place): Map<string, number> {
  const found = new Map<string, number>()
  const open = [root]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const variable of at.variables.values()) {
      const texts = new Set(variable.nodes.map(node => node.text).filter(text => text !== null))
      for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1)
      open.push(variable)
    }
    open.push(...at.literals.values())
  }
  return found
}
