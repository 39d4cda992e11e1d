import type { ApiDocument, ApiOperation } from './openapi-documents.ts'
import { valueMaker, type ValueMaker } from './path-values.ts'
import { type Seeded, seeded } from './seeded.ts'
import { words } from './words.ts'

/** A path as called, and the group that it truly belongs to. */
export interface Call {
  readonly path: string
  /** The template with its variables unnamed: `/users/{}`. Two templates of one document that differ only in names are one group. */
  readonly truth: string
}

export interface Volume {
  /** Mean calls per operation. */
  readonly calls: number
  /** Evenly for every operation, or by Zipf's law: the k-th operation is called 1/k as often as the first, each at least once. */
  readonly spread: 'even' | 'zipf'
}

/** Traffic on a document's operations. Deterministic by seed, document and volume. */
export function traffic(
  document: ApiDocument,
  volume: Volume,
  half: 'tuning' | 'held-out',
  seed: string,
  operationsMax: number,
): Call[] {
  const random = seeded(`${seed} ${document.name} ${volume.calls} ${volume.spread}`)
  const lists = words(half)
  const sources = new Map<string, () => string>()
  const operations = sampled(document.operations, operationsMax, random)
  const counts = callCounts(operations.length, volume, random)
  const calls: Call[] = []
  for (const [i, operation] of operations.entries()) {
    for (let n = 0; n < (counts[i] as number); n++) {
      const path = operation.template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
        let source = sources.get(name)
        if (source === undefined) {
          source = population(valueMaker(name, operation.parameters[name] ?? {}, lists, random), random)
          sources.set(name, source)
        }
        return source()
      })
      calls.push({ path: path.startsWith('/') ? path : `/${path}`, truth: shape(operation.template) })
    }
  }
  return calls
}

/** Objects that exist, few or many, some in demand more than others: values come again, as in life. */
function population(make: ValueMaker, random: Seeded): () => string {
  const size = random.pick([5, 30, 300, 5_000])
  const values: string[] = []
  return () => {
    // Zipf over the population by inversion of the continuous law; a value is made when it is first asked for.
    const rank = Math.min(size - 1, Math.floor(size ** random.next()) - 1)
    return (values[rank] ??= make(random))
  }
}

/** Neighbours in the document rather than single operations from everywhere: what is hard is to tell siblings apart. */
export function sampled(operations: readonly ApiOperation[], max: number, random: Seeded): readonly ApiOperation[] {
  if (operations.length <= max) return operations
  const from = random.below(operations.length - max)
  return operations.slice(from, from + max)
}

function callCounts(operations: number, { calls, spread }: Volume, random: Seeded): number[] {
  if (spread === 'even') return Array.from({ length: operations }, () => calls)
  let harmonic = 0
  for (let k = 1; k <= operations; k++) harmonic += 1 / k
  const ranks = Array.from({ length: operations }, (_, k) => ({ k: k + 1, order: random.next() }))
  return ranks
    .toSorted((a, b) => a.order - b.order)
    .map(({ k }) => Math.max(1, Math.round((calls * operations) / harmonic / k)))
}

export function shape(template: string): string {
  return (template.startsWith('/') ? template : `/${template}`).replaceAll(/\{[^{}]*\}/g, '{}')
}
