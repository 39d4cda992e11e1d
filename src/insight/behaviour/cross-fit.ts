import type { Family, Judgement, Model } from './model.ts'

/** A model of all items, and what models that had not seen an item said of it. */
export interface CrossFitted<Item> {
  readonly model: Model<Item>
  /** Of all items when there are few, of a sample when there are many; in the order of their keys. */
  readonly judged: readonly Judged<Item>[]
}

export interface Judged<Item> {
  readonly item: Item
  readonly judgement: Judgement
}

/** Items that are judged; beyond it more would cost time and say the same. */
const sampleMax = 20_000
/** Stretches of time of which a sample is made. */
const stretches = 10

/** Learns items, and judges each by models of others: by turns when there are few, a sample when there are many. Their order does not matter. */
export function crossFit<Item>(family: Family<Item>, items: readonly Item[]): CrossFitted<Item> {
  const times = items.map(item => family.timeMs?.(item) ?? null)
  const ordered = sortedByKey(family, items, times)
  const isTimed = times.some(time => time !== null)
  return ordered.length > sampleMax ? holdOut(family, ordered, isTimed) : byTurns(family, ordered, isTimed)
}

/**
 * Every item is judged by a model of the others' folds. Those with a time are folded by stretches of it: judged by its neighbours of the same minute a call would
 * seem far more usual than one of the next day will.
 */
function byTurns<Item>(family: Family<Item>, items: readonly Item[], isTimed: boolean): CrossFitted<Item> {
  // One item alone has no others.
  const folds = items.length < 2 ? 0 : Math.min(items.length, items.length <= 2_000 ? 10 : 5)
  const foldOf = (i: number): number => (isTimed ? Math.floor((i * folds) / items.length) : i % folds)
  const judged: Judged<Item>[] = []
  for (let fold = 0; fold < folds; fold++) {
    const model = family.create()
    for (const [i, item] of items.entries()) if (foldOf(i) !== fold) model.learn(item)
    for (const [i, item] of items.entries()) if (foldOf(i) === fold) judged.push({ item, judgement: model.judge(item) })
  }
  const model = family.create()
  for (const item of items) model.learn(item)
  return { model, judged }
}

/** A sample, spread evenly or in stretches of time, is judged by a model of all others, which then learns it too. */
function holdOut<Item>(family: Family<Item>, items: readonly Item[], isTimed: boolean): CrossFitted<Item> {
  const step = Math.max(2, Math.floor(items.length / sampleMax))
  const stretch = Math.ceil(items.length / stretches)
  const held = Math.min(sampleMax / stretches, stretch >> 1)
  const isSample = (i: number): boolean =>
    isTimed ? i % stretch >= stretch - held : i % step === 0 && i / step < sampleMax
  const model = family.create()
  for (const [i, item] of items.entries()) if (!isSample(i)) model.learn(item)
  const sample = items.filter((_, i) => isSample(i))
  const judged = sample.map(item => ({ item, judgement: model.judge(item) }))
  for (const item of sample) model.learn(item)
  return { model, judged }
}

/** By time first, where there is one. */
function sortedByKey<Item>(
  family: Family<Item>,
  items: readonly Item[],
  times: ReadonlyArray<number | null>,
): readonly Item[] {
  return items
    .map((item, i) => [times[i] ?? Number.NEGATIVE_INFINITY, family.key(item), item] as const)
    .sort(([before, a], [after, b]) => (before < after ? -1 : before > after ? 1 : a < b ? -1 : a > b ? 1 : 0))
    .map(([, , item]) => item)
}
