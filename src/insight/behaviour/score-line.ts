import { type Calibration, type Score, scoreOf } from './calibration.ts'
import type { ItemId, Judgement } from './model.ts'

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
  return judgement.signature === null ? 'nothing like it was learnt' : `like ${judgement.signature}`
}

/** Ten digits: sums in another order differ in the sixteenth. */
function rounded(value: number): number {
  return Number(value.toPrecision(10))
}
