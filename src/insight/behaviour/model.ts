import type { ItemId } from './item-id.ts'
import type { Json } from '../../lib/canonical-json.ts'

/**
 * How strange one item is against what was learnt, before any baseline. Deviations are raw: each axis has a unit of its own, and only the
 * calibration (calibration.ts) makes them comparable.
 */
export interface Judgement {
  /** Name of the signature or profile that it was compared with; null: nothing comparable was learnt. */
  readonly signature: string | null
  /** 0–1 against that signature; 0 without one. */
  readonly similarity: number
  /** By axis, ≥ 0 and finite, higher is stranger. An axis that cannot be judged (its field is absent, too little was learnt) is left out. */
  readonly deviation: Readonly<Record<string, number>>
  /** Nothing of its kind was learnt, only something like it. Left out: no. */
  readonly novel?: boolean
  /** In words, the strangest first, one clause for each thing that differs; empty when nothing does. Asked for only when somebody reads it. */
  explain(): readonly Clause[]
}

/** One thing that differs: the axis it belongs to, and a sentence with what was seen and what was normal. */
export interface Clause {
  readonly axis: string
  readonly text: string
}

/**
 * Learns normal items and judges others. Learning is order-independent up to rounding, and bounded in memory by caps of its own. Judging
 * never changes it. Live, the same model learns on from items that were judged normal.
 */
export interface Model<Item> {
  learn(item: Item): void
  judge(item: Item): Judgement
  /** Plain data that `restore` takes back. The same items give the same dump. */
  dump(): Json
}

/** An axis and the deviation that is plainly strange on it, from which an axis without any deviation in training is extrapolated. */
export interface Axis {
  readonly name: string
  readonly scale: number
}

/** One kind of items with the models that learn them: a file format of `learn` and `score`, and what live learning uses. */
export interface Family<Item> {
  /** `vectors`, `spans` …: as `--format` names it. */
  readonly format: string
  readonly axes: readonly Axis[]
  /** The items of a file's text lines, in order of their first line. `skip` is told of each line that does not read. */
  read(lines: AsyncIterable<FileLine>, skip: (line: number, why: string) => void): AsyncIterable<Item>
  /** As in the file, echoed in the output. */
  id(item: Item): ItemId
  /** The same for equal contents whatever their place in the file; items are learnt in the order of these. */
  key(item: Item): string
  /**
   * Unix ms, where the item says when it was; null: it does not. Items near in time are alike (how many came before them), so those by which
   * a model is measured are held back in stretches of time.
   */
  timeMs?(item: Item): number | null
  /** Rare things of many kinds are normal here: that some items are like nothing else shows nothing, until a label says that there are attacks. */
  readonly motley?: true
  /** Ways to be normal that make some in a hundred each are usual here: a minority is told from them step by step (step-out.ts). */
  readonly manyModes?: true
  create(): Model<Item>
  /** Throws when the data are none of `dump`. */
  restore(dump: Json): Model<Item>
}

/** A line of a file, and its number from 1. */
export interface FileLine {
  readonly text: string
  readonly number: number
}
