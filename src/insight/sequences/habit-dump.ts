import type { Json } from '../../lib/canonical-json.ts'
import type { HabitParts } from './habits.ts'
import { dumpSteps, integers, restoreSteps, triples } from './sequence-dump.ts'

/** All that habits consist of, as lists of integers; see `dumpSequences`. */
export function dumpHabits(parts: HabitParts): Json {
  const { preparation, counts, rows, total } = parts
  const { rank, dump } = dumpSteps(parts)
  return {
    total,
    ...dump,
    prepared: preparation.table.rows(rank).flat(),
    counts: counts.table.rows(rank).flat(),
    rows: rows.table.rows(rank).flat(),
  }
}

/** Into empty parts. Throws when the data are none of `dumpHabits`. */
export function restoreHabits(parts: HabitParts, dump: Json): void {
  const { total, prepared, counts, rows } = restoreSteps(parts, dump)
  parts.preparation.table.restore(triples(integers(prepared)))
  parts.counts.table.restore(triples(integers(counts)))
  parts.rows.table.restore(triples(integers(rows)))
  parts.total = total
}
