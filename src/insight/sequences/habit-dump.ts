import type { Json } from '../../lib/canonical-json.ts'
import type { HabitParts } from './habits.ts'
import { chunks, contextRowsOf, integers, membersOf, ranksOf, triples } from './sequence-dump.ts'

/** All that habits consist of, as lists of integers; see `dumpSequences`. */
export function dumpHabits({ vocabulary, contexts, precedence, preparation, counts, rows, total }: HabitParts): Json {
  const entries = vocabulary.entries()
  const rank = ranksOf(entries)
  return {
    total,
    names: entries.map(([name]) => name),
    sequences: entries.map(([, , sequences]) => sequences),
    contexts: contexts
      .rows(rank)
      .flatMap(({ symbol, count, kept, lostCount, lostDistinct }) => [symbol, count, kept, lostCount, lostDistinct]),
    order: precedence.rows(rank).flat(),
    prepared: preparation.table.rows(rank).flat(),
    counts: counts.table.rows(rank).flat(),
    rows: rows.table.rows(rank).flat(),
  }
}

/** Into empty parts. Throws when the data are none of `dumpHabits`. */
export function restoreHabits(parts: HabitParts, dump: Json): void {
  const { total, names, sequences, contexts, order, prepared, counts, rows } = membersOf(dump)
  const held = integers(sequences)
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) throw new Error('names are no texts')
  if (typeof total !== 'number' || held.length !== names.length) throw new Error('not as many counts as names')
  parts.vocabulary.restore((names as string[]).map((name, i) => [name, held[i] as number]))
  parts.contexts.restore(contextRowsOf(chunks(integers(contexts), 5)))
  parts.precedence.restore(triples(integers(order)))
  parts.preparation.table.restore(triples(integers(prepared)))
  parts.counts.table.restore(triples(integers(counts)))
  parts.rows.table.restore(triples(integers(rows)))
  parts.total = total
}
