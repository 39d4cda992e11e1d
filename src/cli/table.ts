import { inOneLine } from '../lib/unseen.ts'

/** Rows as columns of equal width, two spaces apart; the last column is not padded. A name with an end of line in it makes no second row. */
export function table(texts: ReadonlyArray<readonly string[]>): string {
  const rows = texts.map(row => row.map(inOneLine))
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  return rows
    .map(row =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
