import { fitTail, quantileFor } from '../../lib/peaks-over-threshold.ts'
import { type AxisTail, axisTailOf, surpriseOf } from './axis-tail.ts'
import type { Axis, Family, Judgement, Model } from './model.ts'

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
}

/** A model with its calibration. */
export interface Learnt<Item> {
  readonly model: Model<Item>
  readonly calibration: Calibration
  readonly items: number
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
/** Between the sum of all axes (1) and the strangest alone (∞): several things that are a little odd are odder than one. */
const norm = 4
/** Items that calibrate; beyond it more would cost time and say the same. */
const sampleMax = 20_000

/**
 * Learns items as normal. What they deviate is measured on items that the model did not see: by turns when there are few, on a sample when there are many,
 * so that a threshold means for new items what it says. The order of the items does not matter: they are learnt by their keys. What an item says
 * of its neighbours (how many came before it in a minute) must be in the item, since a model meets only some of them.
 */
export function learnItems<Item>(family: Family<Item>, items: readonly Item[], budget: number): Learnt<Item> {
  const ordered = sortedByKey(family, items)
  const judged = ordered.length > sampleMax ? holdOut(family, ordered) : byTurns(family, ordered)
  return { model: judged.model, calibration: calibrate(family.axes, judged.judgements, budget), items: items.length }
}

/** Surprises and score of a judgement. Linear in its axes. */
export function scoreOf({ tails }: Pick<Calibration, 'tails'>, { signature, deviation }: Judgement): Score {
  const surprises: Record<string, number> = {}
  let sum = 0
  for (const axis in deviation) {
    const tail = tails[axis]
    if (tail === undefined) continue
    const surprise = surpriseOf(tail, deviation[axis] as number)
    surprises[axis] = surprise
    sum += surprise ** norm
  }
  const together = sum ** (1 / norm)
  return { score: signature === null ? Math.max(incomparableScore, together) : together, surprises }
}

/** The calibration that judgements of unseen normal items give. */
export function calibrate(axes: readonly Axis[], judgements: readonly Judgement[], budget: number): Calibration {
  const tails = Object.fromEntries(
    axes.map(({ name, scale }) => [
      name,
      axisTailOf(
        judgements.flatMap(({ deviation }) => deviation[name] ?? []),
        scale,
      ),
    ]),
  )
  const comparable = judgements.filter(({ signature }) => signature !== null)
  const scores = comparable.map(judgement => scoreOf({ tails }, judgement))
  const incomparable = judgements.length === 0 ? 0 : 1 - comparable.length / judgements.length
  // What is an alarm anyway is paid first; something must remain for the rest.
  const left = Math.max(budget - incomparable, budget / 10)
  const threshold = thresholdFor(
    scores.map(({ score }) => score),
    left,
  )
  return { budget, tails, threshold, split: splitOf(scores, threshold), incomparable }
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

interface Judged<Item> {
  readonly model: Model<Item>
  readonly judgements: readonly Judgement[]
}

/** Every item is judged by a model of the others' folds. */
function byTurns<Item>(family: Family<Item>, items: readonly Item[]): Judged<Item> {
  // One item alone has no others.
  const folds = items.length < 2 ? 0 : Math.min(items.length, items.length <= 2_000 ? 10 : 5)
  const judgements: Judgement[] = []
  for (let fold = 0; fold < folds; fold++) {
    const model = family.create()
    for (const [i, item] of items.entries()) if (i % folds !== fold) model.learn(item)
    for (const [i, item] of items.entries()) if (i % folds === fold) judgements.push(model.judge(item))
  }
  const model = family.create()
  for (const item of items) model.learn(item)
  return { model, judgements }
}

/** A sample, spread evenly, is judged by a model of all others, which then learns it too. */
function holdOut<Item>(family: Family<Item>, items: readonly Item[]): Judged<Item> {
  const step = Math.max(2, Math.floor(items.length / sampleMax))
  const isSample = (i: number): boolean => i % step === 0 && i / step < sampleMax
  const model = family.create()
  for (const [i, item] of items.entries()) if (!isSample(i)) model.learn(item)
  const sample = items.filter((_, i) => isSample(i))
  const judgements = sample.map(item => model.judge(item))
  for (const item of sample) model.learn(item)
  return { model, judgements }
}

function sortedByKey<Item>(family: Family<Item>, items: readonly Item[]): Item[] {
  return items
    .map(item => [family.key(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item)
}
