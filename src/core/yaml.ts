import { isScalar, isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { readPlainYaml } from './yaml-plain.ts'

/** Why a text is not YAML (or JSON, which YAML 1.2 contains). Lines and columns count from 1. */
export interface YamlIssue {
  readonly line: number
  readonly column: number
  readonly reason: string
}

export type YamlResult = { readonly value: unknown } | { readonly issues: readonly YamlIssue[] }

/** Texts above this are refused before they are parsed, characters. */
export const YAML_TEXT_MAX = 16 * 1024 * 1024

/** Nodes inside nodes; deeper ones are refused, so that no walk over a document can exhaust the stack. */
export const YAML_DEPTH_MAX = 64

/** YAML 1.2 core schema → plain data, or every reason why not. Duplicate keys, `__proto__`, alias bombs, depth and size are refused. Never throws. */
export function parseYaml(text: string): YamlResult {
  const tooMuch = preflight(text)
  if (tooMuch !== null) return { issues: [tooMuch] }
  const plain = readPlainYaml(text)
  if (plain !== null) return { value: plain.value }
  const { document, lines } = parseYamlDocument(text, true)
  return dataOf(document, lines)
}

/** The document with ranges of all nodes; `lines` turns offsets into places. */
export function parseYamlDocument(text: string, withLines: boolean): { document: Document.Parsed; lines: LineCounter } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    // Pretty errors quote the source line, and a source line may hold a secret.
    prettyErrors: false,
    // Warnings go to the issues below, never to the process.
    logLevel: 'silent',
    ...(withLines ? { lineCounter: lines } : {}),
  })
  return { document, lines }
}

/** Plain data of a parsed document, or its issues. */
export function dataOf(document: Document.Parsed, lines: LineCounter): YamlResult {
  const complaints = [...document.errors, ...document.warnings]
  if (complaints.length > 0) {
    return {
      issues: complaints.slice(0, 50).map(error => {
        const at = lines.linePos(error.pos[0])
        return { line: Math.max(1, at.line), column: Math.max(1, at.col), reason: `not valid YAML: ${error.message}` }
      }),
    }
  }
  const odd = oddNode(document.contents, 0, lines)
  if (odd !== null) return { issues: [odd] }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) }
  } catch (error) {
    // The alias bomb guard of the library throws here.
    return { issues: [{ line: 1, column: 1, reason: `not valid YAML: ${(error as Error).message}` }] }
  }
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

function oddNode(node: unknown, depth: number, lines: LineCounter): YamlIssue | null {
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isScalar(pair.key)) return oddAt(node, lines, 'a key must be a plain word')
      // zod and object spreads pass over this key in silence, so it must not come that far.
      if (pair.key.value === '__proto__') return oddAt(pair.key, lines, 'this key is not allowed')
      const odd =
        depth >= YAML_DEPTH_MAX ? oddAt(pair.key, lines, 'nested too deeply') : oddNode(pair.value, depth + 1, lines)
      if (odd !== null) return odd
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      const odd = depth >= YAML_DEPTH_MAX ? oddAt(node, lines, 'nested too deeply') : oddNode(item, depth + 1, lines)
      if (odd !== null) return odd
    }
  }
  return null
}

function oddAt(node: { range?: readonly number[] | null }, lines: LineCounter, reason: string): YamlIssue {
  const at = lines.linePos(node.range?.[0] ?? 0)
  return { line: Math.max(1, at.line), column: Math.max(1, at.col), reason }
}
