import type { Quarantine } from '../insight/ingest/quarantine.ts'
import { counted } from './fail.ts'
import { grouped } from './progress.ts'
import { warn } from './say.ts'

/** `; 3 lines did not read: 2 × not JSON (first FILE line 7)`; '' when all did. */
export function skippedWords(skipped: readonly Quarantine[]): string {
  const total = skippedLines(skipped)
  if (total === 0) return ''
  const reasons = skipped.flatMap(one => reasonsOf(one, ({ source, place }) => `${source} ${place}`))
  return `; ${grouped(total)} ${total === 1 ? 'line' : 'lines'} did not read: ${reasons.join(', ')}`
}

export function skippedLines(skipped: readonly Quarantine[]): number {
  return skipped.reduce((sum, quarantine) => sum + quarantine.total, 0)
}

/** Tells of each file what of it did not read; nothing where all did. Silence would look as if all of it had been judged. */
export function complain(quarantines: readonly Quarantine[]): void {
  for (const one of quarantines)
    if (one.total > 0)
      warn(
        `${one.source}: ${counted(one.total, 'item')} did not read: ${reasonsOf(one, ({ place }) => `at ${place}`).join(', ')}`,
      )
}

/** `2 × not JSON (first at line 7)` for each reason; `where`: how the first is told. */
function reasonsOf(
  { reasons, examples }: Quarantine,
  where: (example: Quarantine['examples'][number]) => string,
): string[] {
  return [...reasons].map(([why, count]) => {
    const first = examples.find(example => example.why === why)
    return `${grouped(count)} × ${why}${first === undefined ? '' : ` (first ${where(first)})`}`
  })
}
