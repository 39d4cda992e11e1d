import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { readPlainYaml } from './yaml-plain.ts'

/** Why a text is not YAML (or JSON, which YAML 1.2 contains). Lines and columns count from 1. */
export interface YamlIssue {
  readonly line: number
  readonly column: number
  readonly reason: string
}

export type YamlResult = { readonly value: unknown } | { readonly issues: readonly YamlIssue[] }

/** Texts above this are refused before they are parsed, characters. */
export const YAML_TEXT_MAX = 8 * 1024 * 1024

/** Nodes inside nodes; deeper ones are refused, so that no walk over a document can exhaust the stack. */
export const YAML_DEPTH_MAX = 64

/** Nodes that aliases may repeat in all: enough for templates, too few for a bomb of aliases of aliases. */
const ALIASED_NODES_MAX = 100_000

/** YAML 1.2 core schema → plain data, or every reason why not. Duplicate keys, `__proto__`, alias bombs, depth and size are refused. Never throws. */
export function parseYaml(text: string): YamlResult {
  const tooMuch = preflight(text)
  if (tooMuch !== null) return { issues: [tooMuch] }
  const plain = readPlainYaml(text)
  if (plain !== null) return { value: plain.value }
  const full = parseYamlFully(text)
  return 'value' in full ? { value: full.value } : full
}

/** A document with the ranges of all its nodes; `lines` turns offsets into places. */
export interface YamlDocument {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/** The same by the full parser alone, after `preflight`. */
export function parseYamlFully(text: string): YamlResult & { readonly parsed?: YamlDocument } {
  try {
    const parsed = parseYamlDocument(text)
    const { document, lines } = parsed
    const complaints = [...document.errors, ...document.warnings]
    // In YAML 1.1 `no` is a truth value and 0777 octal: a reader of the text could not know.
    if (document.directives.yaml.version !== '1.2') {
      return { issues: [{ line: 1, column: 1, reason: 'must be YAML 1.2: remove the %YAML directive' }] }
    }
    if (complaints.length === 0) return { ...dataOf(document, lines), parsed }
    return {
      issues: complaints.slice(0, 50).map(({ pos, message }) => ({
        ...placeOf(lines, pos[0]),
        reason: `not valid YAML: ${message}`,
      })),
    }
  } catch (error) {
    // The parser recurses for every dash of `- - - -`, and gives up by exhausting the stack.
    return { issues: [{ line: 1, column: 1, reason: `not valid YAML: ${(error as Error).message}` }] }
  }
}

/** The document itself, mistakes and all. */
export function parseYamlDocument(text: string): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    // Done below: the parser compares every key with every other, which takes 4 s for 8,000 keys.
    uniqueKeys: false,
    // Pretty errors quote the source line, and a source line may hold a secret.
    prettyErrors: false,
    // Not 'silent': that also drops the error for a second document, whose text would be ignored.
    logLevel: 'error',
    lineCounter: lines,
  })
  return { document, lines }
}

/** Sizes that must be refused before the parser sees them, or null. */
export function preflight(text: string): YamlIssue | null {
  if (text.length > YAML_TEXT_MAX) return { line: 1, column: 1, reason: `larger than ${YAML_TEXT_MAX} characters` }
  // The parser recurses per bracket, so depth is bounded first. Brackets in strings count too; nobody writes 500 of them unclosed.
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 91 || c === 123) {
      if (++depth > 512) return { line: 1, column: 1, reason: 'brackets are nested too deeply' }
    } else if ((c === 93 || c === 125) && depth > 0) depth--
  }
  return null
}

/** A document without errors as plain data. Our own walk: the library resolves each alias by walking the whole document. */
function dataOf(document: Document.Parsed, lines: LineCounter): YamlResult {
  const walk: Walk = { anchors: new Map(), open: new Set(), aliased: 0, inAlias: 0, depth: 0 }
  try {
    return { value: plainOf(document.contents, walk) }
  } catch (error) {
    if (!(error instanceof Odd)) throw error
    return { issues: [{ ...placeOf(lines, error.offset), reason: error.message }] }
  }
}

interface Walk {
  /** Nodes by anchor, as far as the walk has come: an alias means the last one before it. */
  readonly anchors: Map<string, unknown>
  /** Nodes that the walk is inside of. */
  readonly open: Set<unknown>
  aliased: number
  inAlias: number
  depth: number
}

/** Something that YAML allows and we do not. */
class Odd extends Error {
  readonly offset: number

  constructor(node: unknown, reason: string) {
    super(reason)
    this.offset = (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0
  }
}

function plainOf(node: unknown, walk: Walk): unknown {
  if (walk.inAlias > 0 && ++walk.aliased > ALIASED_NODES_MAX)
    throw new Odd(node, 'aliases repeat too much (an alias bomb?)')
  if (isAlias(node)) return aliased(node, node.source, walk)
  const anchor = (node as { anchor?: string } | null)?.anchor
  if (anchor !== undefined) walk.anchors.set(anchor, node)
  if (isScalar(node)) return node.value
  if (!isMap(node) && !isSeq(node)) return null
  if (++walk.depth > YAML_DEPTH_MAX) throw new Odd(node, 'nested too deeply')
  walk.open.add(node)
  const value = isSeq(node) ? node.items.map(item => plainOf(item, walk)) : plainMap(node.items, walk)
  walk.open.delete(node)
  walk.depth--
  return value
}

function aliased(node: unknown, name: string, walk: Walk): unknown {
  const target = walk.anchors.get(name)
  if (target === undefined) throw new Odd(node, 'this alias has no anchor before it')
  if (walk.open.has(target)) throw new Odd(node, 'this alias stands inside its own anchor')
  walk.inAlias++
  const value = plainOf(target, walk)
  walk.inAlias--
  return value
}

function plainMap(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  walk: Walk,
): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  for (const { key, value } of pairs) {
    if (!isScalar(key)) throw new Odd(key, 'a key must be a plain word')
    if (key.anchor !== undefined) walk.anchors.set(key.anchor, key)
    const name = String(key.value ?? '')
    // zod and object spreads pass over this key in silence, so it must not come that far.
    if (name === '__proto__') throw new Odd(key, 'this key is not allowed')
    if (Object.hasOwn(map, name)) throw new Odd(key, 'keys must be unique: this one is written twice')
    map[name] = plainOf(value, walk)
  }
  return map
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}
