/**
 * A logistic model: weighted features, which carry on sensibly beyond what was seen, and on top of them trees for what features say together.
 * All nodes of one level of a tree ask the same question (oblivious trees, as in Prokhorenkova et al., CatBoost, NeurIPS 2018): small, quick and
 * hard to overfit. A tree is `features` and `thresholds` by level, and 2^levels leaves.
 */
export interface Forest {
  /** The constant first, then by feature. */
  readonly weights: readonly number[]
  readonly trees: readonly Tree[]
}

export interface Tree {
  readonly features: readonly number[]
  readonly thresholds: readonly number[]
  readonly leaves: readonly number[]
}

/** Log odds for one row of features. */
export function forestOdds({ weights, trees }: Forest, row: ArrayLike<number>): number {
  let sum = weights[0] as number
  for (let i = 1; i < weights.length; i++) sum += (weights[i] as number) * (row[i - 1] as number)
  for (const { features, thresholds, leaves } of trees) {
    let leaf = 0
    for (let level = 0; level < features.length; level++)
      if ((row[features[level] as number] as number) > (thresholds[level] as number)) leaf |= 1 << level
    sum += leaves[leaf] as number
  }
  return sum
}

/** Reads a forest as `writeForest` writes it: the weights, then one tree a line, `feature>threshold` by level and its leaves in thousandths. */
export function readForest(text: string): Forest {
  const [weights = '', ...lines] = text.trim().split('\n')
  const trees = lines.map(line => {
    const [levels = '', leaves = ''] = line.trim().split(' : ')
    const questions = levels.split(' ').map(level => level.split('>').map(Number))
    return {
      features: questions.map(([feature]) => feature as number),
      thresholds: questions.map(([, threshold]) => threshold as number),
      leaves: leaves.split(' ').map(leaf => Number(leaf) / 1000),
    }
  })
  return { weights: weights.split(' ').map(Number), trees }
}

/** The text that `readForest` reads. */
export function writeForest({ weights, trees }: Forest): string {
  const lines = trees.map(
    ({ features, thresholds, leaves }) =>
      `${features.map((feature, i) => `${feature}>${thresholds[i]}`).join(' ')} : ${leaves.map(leaf => Math.round(leaf * 1000)).join(' ')}`,
  )
  return [weights.map(weight => weight.toFixed(3)).join(' '), ...lines].join('\n')
}
