import { sketchHash } from '../../../../lib/hyper-log-log.ts'
import { isItemId, type ItemId, parseLine } from '../../item-id.ts'
import type { FileLine } from '../../model.ts'

/** The call paths that a trace took, whatever their times. Shared by all items of one file that took the same. */
export interface PathSet {
  /** The same for the same paths. */
  readonly key: string
  /** 32 bits of the key. */
  readonly hash: number
  /** By code units, each once. */
  readonly names: readonly string[]
}

/** One trace: the latency of each call path that it took. */
export interface VectorItem {
  readonly id: ItemId
  readonly paths: PathSet
  /** By path, ms, ≥ 0 and finite. */
  readonly ms: Float64Array
}

/** Sets that are remembered while a file is read; strangers choose them. */
const setsMax = 16_384

/** Reads `{"id", "edges": {path: ms}}`; lines that are not so are told to `skip`. */
export async function* readVectors(
  lines: AsyncIterable<FileLine>,
  skip: (line: number, why: string) => void,
): AsyncGenerator<VectorItem> {
  const sets = new Map<string, PathSet>()
  for await (const { text, number } of lines) {
    const item = vectorOf(text, sets)
    if (typeof item === 'string') skip(number, item)
    else yield item
  }
}

function vectorOf(text: string, sets: Map<string, PathSet>): VectorItem | string {
  let value: unknown
  try {
    value = parseLine(text)
  } catch {
    return 'not JSON'
  }
  if (typeof value !== 'object' || value === null) return 'not an object'
  const { id, edges } = value as { readonly id?: unknown; readonly edges?: unknown }
  if (!isItemId(id)) return 'the id is no text'
  if (typeof edges !== 'object' || edges === null || Array.isArray(edges)) return 'edges is no object'
  // Own members only: an edge may be called __proto__.
  const names = Object.keys(edges).sort()
  const key = JSON.stringify(names)
  let paths = sets.get(key)
  if (paths === undefined) {
    paths = { key, hash: sketchHash(key), names }
    if (sets.size >= setsMax) sets.clear()
    sets.set(key, paths)
  }
  const ms = new Float64Array(names.length)
  for (const [i, name] of names.entries()) {
    const time = (edges as Readonly<Record<string, unknown>>)[name]
    if (typeof time !== 'number' || !(time >= 0) || time === Number.POSITIVE_INFINITY)
      return `the time of ${JSON.stringify(name.slice(0, 100))} is no number of milliseconds`
    ms[i] = time
  }
  return { id, paths, ms }
}

/** Equal for equal paths and times: 64 bits, mixed as MurmurHash3 does (Appleby 2011). */
export function contentHash({ hash }: PathSet, ms: Float64Array): string {
  const words = new Uint32Array(ms.buffer, ms.byteOffset, ms.length * 2)
  let one = hash
  let two = ~hash
  for (const word of words) {
    one = Math.imul(one ^ Math.imul(word, 0xcc9e2d51), 0x85ebca6b)
    one ^= one >>> 15
    two = Math.imul(two ^ Math.imul(word, 0x1b873593), 0xc2b2ae35)
    two ^= two >>> 13
  }
  return `${one >>> 0} ${two >>> 0}`
}
