import { calibrate } from './calibration.ts'
import type { Family } from './model.ts'
import { type ScoreLine, scoreLine } from './score-line.ts'
import { sift } from './sift.ts'

/** What was learnt, for a person who decides whether it may stand. */
export interface Review {
  readonly items: number
  /** Of these, so many would not be learnt (sift.ts). They are among the others here. */
  readonly setAside: number
  readonly threshold: number
  /** Signatures with how many items are like each, most first; `others` counts the rest of the list. */
  readonly support: ReadonlyArray<{ readonly signature: string; readonly items: number }>
  readonly others: number
  /** Items by score: of `bins` equal steps, the last holding all above. */
  readonly histogram: ReadonlyArray<{ readonly from: number; readonly items: number }>
  /** The strangest of the items, each judged by a model that had not seen it. */
  readonly strangest: readonly ScoreLine[]
}

const strangestMax = 20
const supportMax = 20
const bins = 16

/** Looks at items that are to be learnt as normal. Nobody has to read them all: what hides among them is among the strangest. */
export function reviewItems<Item>(family: Family<Item>, items: readonly Item[], budget: number): Review {
  const { fitted, setAside } = sift(family, items)
  const calibration = calibrate(
    family.axes,
    fitted.judged.map(({ judgement }) => judgement),
    budget,
  )
  const lines = [...fitted.judged, ...setAside.map(item => ({ item, judgement: fitted.model.judge(item) }))]
    .map(({ item, judgement }) => scoreLine(family.id(item), judgement, calibration))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
  const counts = new Map<string, number>()
  for (const { signature } of lines) {
    const name = signature ?? '(nothing comparable)'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const support = [...counts]
    .map(([signature, count]) => ({ signature, items: count }))
    .sort((a, b) => b.items - a.items || (a.signature < b.signature ? -1 : 1))
  return {
    items: items.length,
    setAside: setAside.length,
    threshold: calibration.threshold,
    support: support.slice(0, supportMax),
    others: Math.max(0, support.length - supportMax),
    histogram: histogramOf(
      lines.map(({ score }) => score),
      calibration.threshold,
    ),
    strangest: lines.slice(0, strangestMax),
  }
}

/** Twelve steps up to the threshold, four beyond it. */
function histogramOf(scores: readonly number[], threshold: number): Review['histogram'] {
  const step = threshold / 12
  const counts = Array.from({ length: bins }, () => 0)
  for (const score of scores) {
    const bin = Math.min(bins - 1, Math.floor(score / step))
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts.map((items, bin) => ({ from: bin * step, items }))
}
