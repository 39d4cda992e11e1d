import { type Forest, type Tree, forestOdds } from '../../src/insight/templates/forest.ts'
import { fitLogistic } from './logistic.ts'
import { seeded } from './seeded.ts'

/** Shape of a boosted forest; the values were chosen by cross-validation over providers of the tuning half. */
export interface BoostingOptions {
  readonly trees: number
  readonly levels: number
  readonly rate: number
  /** Added to each leaf's curvature, in units of rows. */
  readonly shrink: number
  /** Share of the rows and of the features that each tree sees. */
  readonly rowShare: number
  readonly featureShare: number
}

const binsMax = 48

/** A logistic regression, then gradient boosting of oblivious trees on what it leaves, by histograms. Deterministic. */
export function boost(
  rows: readonly ArrayLike<number>[],
  labels: readonly boolean[],
  weights: readonly number[],
  { trees, levels, rate, shrink, rowShare, featureShare }: BoostingOptions,
): Forest {
  const count = rows.length
  const width = rows[0]?.length ?? 0
  const random = seeded('boosting')
  const borders = Array.from({ length: width }, (_, feature) => bordersOf(rows, feature))
  const binned = borders.map((border, feature) => {
    const column = new Uint8Array(count)
    for (let i = 0; i < count; i++) column[i] = binOf(border, (rows[i] as ArrayLike<number>)[feature] as number)
    return column
  })
  const mean = weights.reduce((sum, one) => sum + one, 0) / count
  const linear: Forest = {
    weights: fitLogistic(
      rows.map(row => [1, ...Array.from(row)]),
      labels,
      weights,
    ),
    trees: [],
  }
  const sums = Float64Array.from(rows, row => forestOdds(linear, row))
  const gradient = new Float64Array(count)
  const bend = new Float64Array(count)
  const leafOf = new Uint8Array(count)
  const drawnRows = new Int32Array(count)
  const made: Tree[] = []
  for (let t = 0; t < trees; t++) {
    let drawn = 0
    for (let i = 0; i < count; i++) {
      const chance = 1 / (1 + Math.exp(-(sums[i] as number)))
      const weight = (weights[i] as number) / mean
      gradient[i] = weight * (chance - (labels[i] === true ? 1 : 0))
      bend[i] = weight * chance * (1 - chance)
      if (random.next() < rowShare) drawnRows[drawn++] = i
    }
    const chosen = drawnRows.subarray(0, drawn)
    leafOf.fill(0)
    const features: number[] = []
    const thresholds: number[] = []
    for (let level = 0; level < levels; level++) {
      const best = bestQuestion(
        { chosen, leafOf, leaves: 1 << level, gradient, bend, binned, borders, shrink },
        () => random.next() < featureShare,
      )
      if (best === null) break
      const column = binned[best.feature] as Uint8Array
      for (let i = 0; i < count; i++)
        if ((column[i] as number) > best.bin) leafOf[i] = (leafOf[i] as number) | (1 << level)
      features.push(best.feature)
      thresholds.push((borders[best.feature] as number[])[best.bin] as number)
    }
    if (features.length === 0) break
    const leaves = 1 << features.length
    const [pull, weight] = [new Float64Array(leaves), new Float64Array(leaves)]
    for (const i of chosen) {
      const leaf = leafOf[i] as number
      pull[leaf] = (pull[leaf] as number) + (gradient[i] as number)
      weight[leaf] = (weight[leaf] as number) + (bend[i] as number)
    }
    const values = Array.from(pull, (one, leaf) => (-rate * one) / ((weight[leaf] as number) + shrink))
    for (let i = 0; i < count; i++) sums[i] = (sums[i] as number) + (values[leafOf[i] as number] as number)
    made.push({ features, thresholds, leaves: values })
  }
  return { weights: linear.weights, trees: made }
}

interface Level {
  readonly chosen: Int32Array
  readonly leafOf: Uint8Array
  readonly leaves: number
  readonly gradient: Float64Array
  readonly bend: Float64Array
  readonly binned: readonly Uint8Array[]
  readonly borders: readonly (readonly number[])[]
  readonly shrink: number
}

/** The question that parts the rows of all leaves best. */
function bestQuestion(
  { chosen, leafOf, leaves, gradient, bend, binned, borders, shrink }: Level,
  drawn: () => boolean,
): { feature: number; bin: number } | null {
  let best: { feature: number; bin: number } | null = null
  let most = 1e-9
  const size = leaves * (binsMax + 1)
  const pull = new Float64Array(size)
  const weight = new Float64Array(size)
  for (const [feature, column] of binned.entries()) {
    const bins = (borders[feature] as readonly number[]).length
    if (bins === 0 || !drawn()) continue
    pull.fill(0)
    weight.fill(0)
    for (let n = 0; n < chosen.length; n++) {
      const i = chosen[n] as number
      const at = (leafOf[i] as number) * (binsMax + 1) + (column[i] as number)
      pull[at] = (pull[at] as number) + (gradient[i] as number)
      weight[at] = (weight[at] as number) + (bend[i] as number)
    }
    const gains = new Float64Array(bins)
    for (let leaf = 0; leaf < leaves; leaf++) {
      const from = leaf * (binsMax + 1)
      let [pullAll, weightAll] = [0, 0]
      for (let bin = 0; bin <= bins; bin++) {
        pullAll += pull[from + bin] as number
        weightAll += weight[from + bin] as number
      }
      if (weightAll === 0) continue
      const before = (pullAll * pullAll) / (weightAll + shrink)
      let [left, leftWeight] = [0, 0]
      for (let bin = 0; bin < bins; bin++) {
        left += pull[from + bin] as number
        leftWeight += weight[from + bin] as number
        const right = pullAll - left
        gains[bin] =
          (gains[bin] as number) +
          (left * left) / (leftWeight + shrink) +
          (right * right) / (weightAll - leftWeight + shrink) -
          before
      }
    }
    for (const [bin, gain] of gains.entries())
      if (gain > most) {
        most = gain
        best = { feature, bin }
      }
  }
  return best
}

/** Thresholds between the quantiles of a feature, rounded so that they are short when written. */
function bordersOf(rows: readonly ArrayLike<number>[], feature: number): number[] {
  const sample = rows.filter((_, i) => i % Math.max(1, Math.floor(rows.length / 50_000)) === 0)
  const values = Float64Array.from(sample, row => row[feature] as number).toSorted()
  const distinct = [...new Set(values)]
  const found = new Set<number>()
  const between = (a: number, b: number) => found.add(Number(((a + b) / 2).toPrecision(4)))
  if (distinct.length <= binsMax)
    for (let i = 1; i < distinct.length; i++) between(distinct[i - 1] as number, distinct[i] as number)
  else
    for (let i = 1; i < binsMax; i++) {
      const at = values[Math.floor((i * values.length) / binsMax)] as number
      const next = values.find(value => value > at)
      if (next !== undefined) between(at, next)
    }
  return [...found].toSorted((a, b) => a - b)
}

function binOf(border: readonly number[], value: number): number {
  let [low, high] = [0, border.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (value > (border[middle] as number)) low = middle + 1
    else high = middle
  }
  return low
}
