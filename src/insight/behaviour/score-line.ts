import { type Calibration, type Score, scoreOf } from './calibration.ts'
import type { ItemId } from './item-id.ts'
import type { Judgement } from './model.ts'

/** What `portcullis score` prints of an item: one scale for all items of a model, `abnormal` exactly when `score` lies above `threshold`. */
export interface ScoreLine {
  readonly id: ItemId
  readonly signature: string | null
  readonly similarity: number
  /** By axis, on the scale of the score: −log10 of the share of normal items that deviate so much. */
  readonly deviation: Readonly<Record<string, number>>
  readonly score: number
  readonly threshold: number
  readonly abnormal: boolean
  readonly explanation: string
}

/** Clauses beyond these say nothing that a person would still read. */
const clausesMax = 6
/** Of a normal item only what is odd is worth a word: less than one normal item in ten is like that. */
const oddSurprise = 1

export function scoreLine(id: ItemId, judgement: Judgement, calibration: Calibration): ScoreLine {
  const scored = scoreOf(calibration, judgement)
  const score = rounded(scored.score)
  const threshold = rounded(calibration.threshold)
  const abnormal = score > threshold
  return {
    id,
    signature: judgement.signature,
    similarity: rounded(judgement.similarity),
    deviation: Object.fromEntries(
      Object.entries(scored.surprises).map(([axis, surprise]) => [axis, rounded(surprise)]),
    ),
    score,
    threshold,
    abnormal,
    explanation: explanationOf(judgement, scored, abnormal),
  }
}

function explanationOf(judgement: Judgement, { surprises }: Score, abnormal: boolean): string {
  const clauses = judgement
    .explain()
    .filter(({ axis }) => abnormal || (surprises[axis] ?? 0) >= oddSurprise)
    .map((clause, place) => ({ clause, place, surprise: surprises[clause.axis] ?? 0 }))
    // What is strangest first; among equals as the model put them.
    .sort((a, b) => b.surprise - a.surprise || a.place - b.place)
    .slice(0, clausesMax)
    .map(({ clause }) => clause.text)
  if (clauses.length > 0) return clauses.join('; ')
  if (judgement.signature === null) return 'nothing like it was learnt'
  // A model speaks of what is odd by its own measure; the calibrated one may be stricter, and nothing is abnormal without a word.
  const [strangest] = Object.entries(surprises).sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  return abnormal && strangest !== undefined
    ? `like ${judgement.signature}, but its ${strangest[0]} is as strange as that of ${oneIn(strangest[1])}`
    : `like ${judgement.signature}`
}

/** −log10 of a share, as people say it. */
function oneIn(surprise: number): string {
  const items = Math.round(10 ** Math.min(surprise, 9))
  return `one normal item in ${Number(items.toPrecision(2)).toLocaleString('en')}`
}

/** Ten digits: sums in another order differ in the sixteenth. */
function rounded(value: number): number {
  return Number(value.toPrecision(10))
}
