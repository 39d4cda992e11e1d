import type { Json } from '../../lib/canonical-json.ts'
import type { ContextRow, ContextTree } from '../../lib/context-tree.ts'
import type { Precedence } from './precedence.ts'
import type { SequenceParts } from './sequence-model.ts'
import { endSymbol, startSymbol, unknownSymbol, type Vocabulary } from './vocabulary.ts'

/**
 * All that was learnt, as lists of integers: steps are the places of their names in the sorted list of names, after the three symbols that are no
 * steps. A new vocabulary that reads the names in this order gives them the same symbols.
 */
export function dumpSequences({
  vocabulary,
  contexts,
  precedence,
  compositions,
  stepCounts,
  known,
}: SequenceParts): Json {
  const { rank, dump } = dumpSteps({ vocabulary, contexts, precedence })
  return {
    total: compositions.total,
    ...dump,
    counts: stepCounts.rows(rank).flat(),
    compositions: compositions
      .ranked()
      .map(({ symbols, counts, count, example }) => {
        const steps = symbols.map((symbol, i): [number, number] => [rank(symbol), counts[i] as number])
        return { count, steps: steps.sort((a, b) => a[0] - b[0]), example: example.map(rank) }
      })
      .filter(({ steps, example }) => steps.every(([symbol]) => symbol >= 0) && example.every(symbol => symbol >= 0))
      .map(({ count, steps, example }) => [count, steps.flat(), example]),
    known: known.rows().flat(),
  }
}

/** Into empty parts. Throws when the data are none of `dumpSequences`. */
export function restoreSequences(parts: SequenceParts, dump: Json): void {
  const { total, compositions, known, counts: perStep } = restoreSteps(parts, dump)
  if (!Array.isArray(compositions)) throw new Error('compositions are no list')
  parts.stepCounts.restore(triples(integers(perStep)))
  const signatures = (compositions as readonly Json[]).map(row => {
    if (!Array.isArray(row)) throw new Error('a composition is no list')
    const [count, steps, example] = row as readonly Json[]
    const pairs = chunks(integers(steps), 2)
    return {
      count: integers([count as Json])[0] as number,
      symbols: pairs.map(([symbol]) => symbol as number),
      counts: pairs.map(([, times]) => times as number),
      example: integers(example),
    }
  })
  parts.compositions.restore(signatures, total, symbol => parts.vocabulary.hashOf(symbol))
  parts.known.restore(chunks(integers(known), 2).map(([key, count]) => [key as number, count as number]))
}

/** What models of steps have in common: the steps, how they follow one another, and which come before which. */
export interface StepParts {
  readonly vocabulary: Vocabulary
  readonly contexts: ContextTree
  readonly precedence: Precedence
}

/** `rank`: symbols as places in the list of names, for what else is dumped. */
export function dumpSteps({ vocabulary, contexts, precedence }: StepParts): {
  readonly rank: (symbol: number) => number
  readonly dump: Readonly<Record<'names' | 'sequences' | 'contexts' | 'order', Json>>
} {
  const entries = vocabulary.entries()
  const rank = ranksOf(entries)
  return {
    rank,
    dump: {
      names: entries.map(([name]) => name),
      sequences: entries.map(([, , sequences]) => sequences),
      contexts: contexts
        .rows(rank)
        .flatMap(({ symbol, count, kept, lostCount, lostDistinct }) => [symbol, count, kept, lostCount, lostDistinct]),
      order: precedence.rows(rank).flat(),
    },
  }
}

/** Into empty parts; gives the other members. Throws when the data are none of `dumpSteps` with a total beside them. */
export function restoreSteps(
  { vocabulary, contexts: tree, precedence }: StepParts,
  dump: Json,
): Readonly<Record<string, Json>> & { readonly total: number } {
  if (dump === null || typeof dump !== 'object' || Array.isArray(dump)) throw new Error('not a sequence model')
  const { total, names, sequences, contexts, order, ...others } = dump as Readonly<Record<string, Json>>
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) throw new Error('names are no texts')
  const counts = integers(sequences)
  if (typeof total !== 'number' || counts.length !== names.length) throw new Error('not as many counts as names')
  vocabulary.restore((names as string[]).map((name, i) => [name, counts[i] as number]))
  tree.restore(contextRowsOf(chunks(integers(contexts), 5)))
  precedence.restore(triples(integers(order)))
  return { ...others, total }
}

/** Symbols as places in a list of names; what is not in it has none (−1). */
function ranksOf(entries: ReturnType<Vocabulary['entries']>): (symbol: number) => number {
  const ranks = new Map([startSymbol, endSymbol, unknownSymbol].map(symbol => [symbol, symbol]))
  for (const [i, [, symbol]] of entries.entries()) ranks.set(symbol, unknownSymbol + 1 + i)
  return symbol => ranks.get(symbol) ?? -1
}

function contextRowsOf(fives: readonly (readonly number[])[]): ContextRow[] {
  return fives.map(([symbol, count, kept, lostCount, lostDistinct]) => ({
    symbol: symbol as number,
    count: count as number,
    kept: kept as number,
    lostCount: lostCount as number,
    lostDistinct: lostDistinct as number,
  }))
}

/** Throws on anything else. */
export function integers(value: Json | undefined): readonly number[] {
  if (!Array.isArray(value) || !value.every(Number.isSafeInteger)) throw new Error('not a list of integers')
  return value as readonly number[]
}

/** A flat list in parts of one length; throws when something is left. */
function chunks(flat: readonly number[], size: number): (readonly number[])[] {
  if (flat.length % size !== 0) throw new Error('a list that ends half-way')
  return Array.from({ length: flat.length / size }, (_, i) => flat.slice(i * size, (i + 1) * size))
}

export function triples(flat: readonly number[]): [number, number, number][] {
  return chunks(flat, 3).map(([a, b, c]) => [a as number, b as number, c as number])
}
