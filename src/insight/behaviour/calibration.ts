import { fitTail, quantileFor } from '../../lib/peaks-over-threshold.ts'
import { type AxisTail, axisTailOf, surpriseOf } from './axis-tail.ts'
import type { Axis, Family, Judgement, Model } from './model.ts'
import { sift, type SiftOptions } from './sift.ts'

/** What makes the deviations of a model comparable, and the score above which an item is abnormal. Plain data. */
export interface Calibration {
  /** Share of normal items that may be judged abnormal, all axes together. */
  readonly budget: number
  readonly tails: Readonly<Record<string, AxisTail>>
  readonly threshold: number
  /** How the budget is spent: of the normal items beyond the threshold, the share of each axis, the strangest of an item counting. */
  readonly split: Readonly<Record<string, number>>
  /** Share of the learnt items with which no other could be compared: each would be an alarm whatever the budget. */
  readonly incomparable: number
  /** Added to the score of what is novel: the threshold while too few items were learnt to say how rare novel ones are, later 0. */
  readonly novel: number
}

/** A model with its calibration. */
export interface Learnt<Item> {
  readonly model: Model<Item>
  readonly calibration: Calibration
  readonly items: number
  /** Items that are not learnt: a minority that is like nothing else (sift.ts). The strangest first. */
  readonly setAside: readonly Item[]
}

/** An item's place on the one scale of a model. */
export interface Score {
  /** Finite, ≥ 0, higher is stranger. */
  readonly score: number
  /** By axis: −log10 of the share of normal items that deviate so much. */
  readonly surprises: Readonly<Record<string, number>>
}

/** Of an item with which nothing learnt can be compared. */
const incomparableScore = 1000
/** Whatever the budget, what is like nothing is an alarm. */
const thresholdMost = 999
/** Between the sum of all axes (1) and the strangest alone (∞): several things that are a little odd are odder than one. */
const norm = 4
/**
 * Fewer expected alarms among the learnt items, and nobody can say from them how much novelty the budget buys. Then what is novel is an alarm: what is
 * not understood is not let pass. Novelty becomes rarer with every item learnt.
 */
const alarmsLeast = 5
/** Where so much is novel, novelty is normal. */
const noveltyMost = 0.2
/**
 * Learns items as normal. What they deviate is measured on items that the model did not see: by turns when there are few, on a sample when there are many,
 * so that a threshold means for new items what it says. The order of the items does not matter: they are learnt by their keys. What an item says
 * of its neighbours (how many came before it in a minute) must be in the item, since a model meets only some of them.
 */
export function learnItems<Item>(
  family: Family<Item>,
  items: readonly Item[],
  budget: number,
  options?: SiftOptions<Item>,
): Learnt<Item> {
  const { fitted, setAside } = sift(family, items, options)
  const judgements = fitted.judged.map(({ judgement }) => judgement)
  return {
    model: fitted.model,
    calibration: calibrate(family.axes, judgements, budget),
    items: items.length - setAside.length,
    setAside,
  }
}

/** Surprises and score of a judgement. Linear in its axes. */
export function scoreOf(
  { tails, novel }: Pick<Calibration, 'tails' | 'novel'>,
  { signature, deviation, novel: isNovel }: Judgement,
): Score {
  const surprises: Record<string, number> = {}
  let sum = 0
  for (const axis in deviation) {
    const tail = tails[axis]
    if (tail === undefined) continue
    const surprise = surpriseOf(tail, deviation[axis] as number)
    surprises[axis] = surprise
    sum += surprise ** norm
  }
  const together = sum ** (1 / norm) + (isNovel === true ? novel : 0)
  return { score: signature === null ? Math.max(incomparableScore, together) : together, surprises }
}

/** The calibration that judgements of unseen normal items give. */
export function calibrate(axes: readonly Axis[], judgements: readonly Judgement[], budget: number): Calibration {
  const novelty = judgements.filter(({ novel }) => novel === true).length / Math.max(1, judgements.length)
  const few = judgements.length * budget < alarmsLeast && novelty < noveltyMost
  const known = few ? judgements.filter(({ novel }) => novel !== true) : judgements
  const tails = Object.fromEntries(
    axes.map(({ name, scale }) => [
      name,
      axisTailOf(
        known.flatMap(({ deviation }) => deviation[name] ?? []),
        scale,
      ),
    ]),
  )
  const comparable = known.filter(({ signature }) => signature !== null)
  const scores = comparable.map(judgement => scoreOf({ tails, novel: 0 }, judgement))
  const incomparable = known.length === 0 ? 0 : 1 - comparable.length / known.length
  // What is an alarm anyway is paid first; something must remain for the rest.
  const left = Math.max(budget - incomparable, budget / 10)
  const threshold = Math.min(
    thresholdMost,
    thresholdFor(
      scores.map(({ score }) => score),
      left,
    ),
  )
  return { budget, tails, threshold, split: splitOf(scores, threshold), incomparable, novel: few ? threshold : 0 }
}

function thresholdFor(scores: readonly number[], budget: number): number {
  const usual = -Math.log10(budget)
  if (scores.length === 0) return usual
  const share = Math.min(0.25, Math.max(5 * budget, 50 / scores.length))
  const tail = fitTail(scores, 1 - share)
  // Without any tail the scale itself says how rare a score is.
  return tail === null ? Math.max(usual, ...scores.slice(0, 1)) : quantileFor(tail, Math.min(budget, tail.share))
}

/** Which axis is to blame for the strangest normal items: some dozens, so that the split is steady. */
function splitOf(scores: readonly Score[], threshold: number): Record<string, number> {
  const beyond = scores.filter(({ score }) => score > threshold)
  const strangest =
    beyond.length >= 30 ? beyond : scores.toSorted((a, b) => b.score - a.score).slice(0, Math.min(30, scores.length))
  const counts: Record<string, number> = {}
  for (const { surprises } of strangest) {
    let [worst, most] = ['', 0]
    for (const [axis, surprise] of Object.entries(surprises)) if (surprise > most) [worst, most] = [axis, surprise]
    if (worst !== '') counts[worst] = (counts[worst] ?? 0) + 1
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return Object.fromEntries(Object.entries(counts).map(([axis, count]) => [axis, count / total]))
}
