// Hot path: some dozens of alignments for each trace whose signature is not known.

/** A tree in preorder: what stands at each place, and how deep. Labels are numbers ≥ 0; a negative one equals no other. */
export interface TreeSequence {
  readonly labels: Int32Array
  readonly depths: Int32Array
}

/** One step of an alignment; places in the first sequence (`at`) and in the second (`other`). */
export type AlignmentStep =
  | { readonly kind: 'same' | 'moved'; readonly at: number; readonly other: number }
  | { readonly kind: 'inserted'; readonly at: number }
  | { readonly kind: 'missing'; readonly other: number }

/** The same label at another depth. Less than a removal and an insertion, so that a call that moved is one difference. */
const movedCost = 0.5
/** Of what the second sequence has and the first has not. */
export const missingCost = 1

export interface Aligner {
  /** The least cost of making the second sequence the first; `Infinity` when it is above `limit`. `inserts`: cost of each place of the first, ≥ 1. */
  cost(a: TreeSequence, b: TreeSequence, inserts: Float64Array, limit: number): number
  /** The steps of an alignment of least cost, in order. At most `places` places each: what lies beyond counts as inserted or missing. */
  steps(a: TreeSequence, b: TreeSequence, inserts: Float64Array): AlignmentStep[]
}

/** Places of each sequence for which steps are worked out: the table is their product. */
const stepPlacesMax = 1_024

/**
 * Alignment of trees as depth-tagged preorder sequences (Needleman and Wunsch 1970). Every insertion and removal costs at least 1, so of a table only
 * the band of `limit` beside the diagonal can matter (Ukkonen 1985): the cost is exact, the work is length × limit.
 */
export function createAligner(): Aligner {
  let above = new Float64Array(64)
  let row = new Float64Array(64)

  return {
    cost(a, b, inserts, limit) {
      const rows = a.labels.length
      const columns = b.labels.length
      const band = Math.min(Math.max(rows, columns), Math.floor(limit))
      if (Math.abs(rows - columns) > band) return Number.POSITIVE_INFINITY
      if (above.length <= columns + 1) {
        above = new Float64Array(2 * columns + 2)
        row = new Float64Array(2 * columns + 2)
      }
      for (let j = 0; j <= columns; j++) above[j] = j <= band ? j * missingCost : Number.POSITIVE_INFINITY
      for (let i = 1; i <= rows; i++) {
        const from = Math.max(1, i - band)
        const to = Math.min(columns, i + band)
        const label = a.labels[i - 1] as number
        const depth = a.depths[i - 1] as number
        const insert = inserts[i - 1] as number
        row[from - 1] = from === 1 ? (above[0] as number) + insert : Number.POSITIVE_INFINITY
        let least = row[from - 1] as number
        for (let j = from; j <= to; j++) {
          let best = (row[j - 1] as number) + missingCost
          const down = (above[j] as number) + insert
          if (down < best) best = down
          if (label === b.labels[j - 1] && label >= 0) {
            const match = (above[j - 1] as number) + (depth === b.depths[j - 1] ? 0 : movedCost)
            if (match < best) best = match
          }
          row[j] = best
          if (best < least) least = best
        }
        if (to < columns) row[to + 1] = Number.POSITIVE_INFINITY
        if (least > limit) return Number.POSITIVE_INFINITY
        const other = above
        above = row
        row = other
      }
      const cost = above[columns] as number
      return cost <= limit ? cost : Number.POSITIVE_INFINITY
    },

    steps(a, b, inserts) {
      const rows = Math.min(a.labels.length, stepPlacesMax)
      const columns = Math.min(b.labels.length, stepPlacesMax)
      const width = columns + 1
      const table = new Float64Array((rows + 1) * width)
      for (let j = 1; j <= columns; j++) table[j] = j * missingCost
      for (let i = 1; i <= rows; i++) {
        const insert = inserts[i - 1] as number
        table[i * width] = (table[(i - 1) * width] as number) + insert
        for (let j = 1; j <= columns; j++) {
          const place = i * width + j
          let best = (table[place - 1] as number) + missingCost
          best = Math.min(best, (table[place - width] as number) + insert)
          const matched = matchCost(a, b, i - 1, j - 1)
          if (matched >= 0) best = Math.min(best, (table[place - width - 1] as number) + matched)
          table[place] = best
        }
      }
      const steps: AlignmentStep[] = []
      let i = rows
      let j = columns
      while (i > 0 || j > 0) {
        const place = i * width + j
        const here = table[place] as number
        const matched = i > 0 && j > 0 ? matchCost(a, b, i - 1, j - 1) : -1
        if (matched >= 0 && here === (table[place - width - 1] as number) + matched) {
          steps.push({ kind: matched === 0 ? 'same' : 'moved', at: --i, other: --j })
        } else if (i > 0 && here === (table[place - width] as number) + (inserts[i - 1] as number)) {
          steps.push({ kind: 'inserted', at: --i })
        } else steps.push({ kind: 'missing', other: --j })
      }
      steps.reverse()
      for (let at = rows; at < a.labels.length; at++) steps.push({ kind: 'inserted', at })
      for (let other = columns; other < b.labels.length; other++) steps.push({ kind: 'missing', other })
      return steps
    },
  }
}

/** Of putting two places on each other; −1: they are not the same. */
function matchCost(a: TreeSequence, b: TreeSequence, i: number, j: number): number {
  const label = a.labels[i] as number
  if (label < 0 || label !== b.labels[j]) return -1
  return a.depths[i] === b.depths[j] ? 0 : movedCost
}
