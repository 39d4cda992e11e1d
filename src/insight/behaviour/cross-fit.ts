import type { Family, Judgement, Model } from './model.ts'

/** A model of all items, and what models that had not seen an item said of it. */
export interface CrossFitted<Item> {
  readonly model: Model<Item>
  /** Of all items when there are few, of a sample when there are many; in the order of their keys. */
  readonly judged: ReadonlyArray<{ readonly item: Item; readonly judgement: Judgement }>
}

/** Items that are judged; beyond it more would cost time and say the same. */
const sampleMax = 20_000

/** Learns items, and judges each by models of others: by turns when there are few, a sample when there are many. Their order does not matter. */
export function crossFit<Item>(family: Family<Item>, items: readonly Item[]): CrossFitted<Item> {
  const ordered = sortedByKey(family, items)
  return ordered.length > sampleMax ? holdOut(family, ordered) : byTurns(family, ordered)
}

/** Every item is judged by a model of the others' folds. */
function byTurns<Item>(family: Family<Item>, items: readonly Item[]): CrossFitted<Item> {
  // One item alone has no others.
  const folds = items.length < 2 ? 0 : Math.min(items.length, items.length <= 2_000 ? 10 : 5)
  const judged: Array<{ item: Item; judgement: Judgement }> = []
  for (let fold = 0; fold < folds; fold++) {
    const model = family.create()
    for (const [i, item] of items.entries()) if (i % folds !== fold) model.learn(item)
    for (const [i, item] of items.entries()) if (i % folds === fold) judged.push({ item, judgement: model.judge(item) })
  }
  const model = family.create()
  for (const item of items) model.learn(item)
  return { model, judged }
}

/** A sample, spread evenly, is judged by a model of all others, which then learns it too. */
function holdOut<Item>(family: Family<Item>, items: readonly Item[]): CrossFitted<Item> {
  const step = Math.max(2, Math.floor(items.length / sampleMax))
  const isSample = (i: number): boolean => i % step === 0 && i / step < sampleMax
  const model = family.create()
  for (const [i, item] of items.entries()) if (!isSample(i)) model.learn(item)
  const sample = items.filter((_, i) => isSample(i))
  const judged = sample.map(item => ({ item, judgement: model.judge(item) }))
  for (const item of sample) model.learn(item)
  return { model, judged }
}

function sortedByKey<Item>(family: Family<Item>, items: readonly Item[]): Item[] {
  return items
    .map(item => [family.key(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item)
}
