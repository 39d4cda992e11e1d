/** One line with the group it was put into and the group it belongs to. */
export interface Grouped {
  readonly line: string
  readonly predicted: string
  readonly truth: string
}

export interface GroupingAccuracy {
  /** Lines whose predicted group holds exactly the lines of their true group. */
  readonly right: number
  readonly of: number
  /** True groups that were missed, largest first. */
  readonly missed: readonly { readonly truth: string; readonly lines: number; readonly predicted: readonly string[] }[]
}

/** Share of lines whose predicted group, as a set of lines, equals the true group: one line too many or too few makes the whole group wrong. */
export function groupingAccuracy(lines: readonly Grouped[]): GroupingAccuracy {
  const sizes = new Map<string, number>()
  for (const { predicted } of lines) sizes.set(predicted, (sizes.get(predicted) ?? 0) + 1)
  let right = 0
  const missed: { truth: string; lines: number; predicted: string[] }[] = []
  for (const [truth, members] of Map.groupBy(lines, line => line.truth)) {
    const predicted = [...new Set(members.map(line => line.predicted))]
    if (predicted.length === 1 && sizes.get(predicted[0] as string) === members.length) right += members.length
    else missed.push({ truth, lines: members.length, predicted })
  }
  return { right, of: lines.length, missed: missed.toSorted((a, b) => b.lines - a.lines) }
}
