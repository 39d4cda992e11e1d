/**
 * Insertions, deletions and replacements that turn one list into the other (Levenshtein 1966), looked for within a band around the diagonal
 * (Ukkonen 1985): at most `band` places of shift, else what is given may be too large, never more than the longer length. O(length × band).
 */
export function editDistance(a: ArrayLike<number>, b: ArrayLike<number>, band: number): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  const width = long.length + 1
  const reach = Math.max(band, long.length - short.length)
  let above = new Int32Array(width)
  let row = new Int32Array(width)
  for (let j = 0; j < width; j++) above[j] = j
  for (let i = 1; i <= short.length; i++) {
    const from = Math.max(1, i - reach)
    const to = Math.min(long.length, i + reach)
    row.fill(far)
    if (from === 1) row[0] = i
    for (let j = from; j <= to; j++) {
      const replaced = (above[j - 1] as number) + (short[i - 1] === long[j - 1] ? 0 : 1)
      row[j] = Math.min(replaced, (above[j] as number) + 1, (row[j - 1] as number) + 1)
    }
    ;[above, row] = [row, above]
  }
  return Math.min(above[long.length] as number, long.length)
}

const far = 1 << 30
