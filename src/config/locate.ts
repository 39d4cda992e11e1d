import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import type { SourcePlace } from '../core/config-error.ts'
import { parseYamlDocument, type YamlDocument } from '../core/yaml.ts'
import type { Merged, Origin } from './merge.ts'
import type { DocumentPath } from './pointer.ts'
import { toPointer, valueAt } from './pointer.ts'
import type { Reference } from './references.ts'
import type { Source } from './source.ts'

/** What of a path is meant: its key (a word that should not be there) or its value (a value that is wrong). */
export type Part = 'key' | 'value'

/** Finds where things were written. Costs nothing until it is asked; only scalars and keys need the full parser. */
export interface Locator {
  /** Place of a path of the merged document; of the nearest thing around it when the path itself is not written. */
  place(path: DocumentPath, part: Part): SourcePlace | undefined
  inSource(origin: Origin, part: Part): SourcePlace | undefined
  /** The reference that stands at a path of the merged document. */
  reference(path: DocumentPath): Reference | undefined
}

export function createLocator(
  sources: readonly Source[],
  references: readonly ReadonlyMap<string, Reference>[],
  merged: Merged | null,
): Locator {
  const documents = new Map<string, YamlDocument>()
  const starts = new Map<Source, readonly number[]>()
  const parsed = (name: string, text: string): YamlDocument => {
    const known = documents.get(name) ?? parseYamlDocument(text)
    documents.set(name, known)
    return known
  }

  const inSource = ({ source: index, path }: Origin, part: Part): SourcePlace | undefined => {
    const source = sources[index]
    if (source === undefined) return undefined
    const quick = quickOffset(source, path, part)
    if (quick !== null) {
      const lines = starts.get(source) ?? lineStarts(source.text)
      starts.set(source, lines)
      return { file: source.file, ...linePlace(lines, quick) }
    }
    // Inside a file that a reference names: there, not here.
    for (let length = path.length; length > 0; length--) {
      const reference = references[index]?.get(toPointer(path.slice(0, length)))
      if (reference === undefined) continue
      if (reference.file === null || length === path.length) break
      return placeIn(reference.file, parsed(`file:${reference.file}`, reference.text), path.slice(length), part)
    }
    return placeIn(source.file, source.parsed ?? parsed(source.file, source.text), path, part)
  }

  const originOf = (path: DocumentPath): Origin | null => (merged === null ? { source: 0, path } : merged.origin(path))
  return {
    inSource,
    place: (path, part) => {
      const origin = originOf(path)
      return origin === null ? inSource({ source: 0, path: [] }, 'value') : inSource(origin, part)
    },
    reference: path => {
      const origin = originOf(path)
      return origin === null ? undefined : references[origin.source]?.get(toPointer(origin.path))
    },
  }
}

/** Offset of a map or list, or of its key, from the quick reader's notes; null when it has none. */
function quickOffset(source: Source, path: DocumentPath, part: Part): number | null {
  if (source.offsets === null) return null
  const value = valueAt(source.value, path)
  if (value === null || typeof value !== 'object') return null
  const offsets = source.offsets.get(value)
  if (offsets === undefined) return null
  return part === 'key' && offsets.key >= 0 ? offsets.key : offsets.start
}

function placeIn(file: string, { document, lines }: YamlDocument, path: DocumentPath, part: Part): SourcePlace {
  let node: unknown = document.contents
  let offset = rangeStart(node) ?? 0
  for (const [i, step] of path.entries()) {
    // Slow for a document of many aliases, and asked only for what is wrong.
    if (isAlias(node)) node = node.resolve(document)
    let next: unknown
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(step))
      if (pair === undefined) break
      const keyOffset = rangeStart(pair.key)
      next = pair.value
      offset = (i === path.length - 1 && part === 'key' ? keyOffset : (rangeStart(next) ?? keyOffset)) ?? offset
    } else if (isSeq(node)) {
      next = node.items[Number(step)]
      if (next === undefined) break
      offset = rangeStart(next) ?? offset
    } else break
    node = next
  }
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0]
}

/** Offsets at which lines begin. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Line and column (from 1) of an offset. */
export function linePlace(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 }
}
