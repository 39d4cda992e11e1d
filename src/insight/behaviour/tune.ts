import { type Learnt, learnItems, scoreOf } from './calibration.ts'
import type { Label } from './labels.ts'
import type { ItemId } from './item-id.ts'
import type { Family } from './model.ts'

/** What a threshold and a model do on the last items, which they had not seen. */
export interface HeldOut {
  readonly threshold: number
  /** Items that are taken as normal, and how many of them are alarms. */
  readonly normal: number
  readonly alarms: number
  /** Items labelled abnormal, wherever they stand, and how many of them are found. */
  readonly abnormal: number
  readonly found: number
}

/** A model made with what a reviewer said, and what that changed. */
export interface Tuned<Item> {
  readonly learnt: Learnt<Item>
  /** All items are normal, as `learn` takes them. */
  readonly before: HeldOut
  readonly after: HeldOut
  /** Share of the budget that was chosen, so that held-out normal items alarm as often as was asked for. */
  readonly budgetFactor: number
  /** Latest share of the items that is learnt: less than all where the older ones do not fit any more. */
  readonly window: number
  /** Ids that nobody labelled and that are not learnt, since they are as strange as what was labelled abnormal. */
  readonly leftOut: readonly ItemId[]
}

/** Share of the items, the latest, on which before and after are compared. */
const heldOutShare = 0.3
const windows = [1, 0.5] as const
const factors = [1, 2, 0.5] as const
/** Another window or budget must be better by so much, as a logarithm of the rate: held-out items are few, and chance makes small differences. */
const clearly = 0.1

/**
 * Learns again with a reviewer's words. What is labelled abnormal or to be ignored is not learnt, nor is what nobody labelled and is just as strange.
 * Window and budget are chosen on the last 30 % of the items, which the compared models have not seen. `items`: in the order of time.
 */
export function tuneItems<Item>(
  family: Family<Item>,
  items: readonly Item[],
  { labels, budget }: { readonly labels: ReadonlyMap<string, Label>; readonly budget: number },
): Tuned<Item> {
  const cut = Math.floor(items.length * (1 - heldOutShare))
  const early = items.slice(0, cut)
  const late = items.slice(cut)
  const labelOf = (item: Item): Label | undefined => labels.get(String(family.id(item)))
  const abnormal = items.filter(item => labelOf(item) === 'abnormal')
  const leftOut = asStrange(family, items, { labels, budget })
  const isKept = (item: Item): boolean => {
    const label = labelOf(item)
    return label === 'normal' || (label === undefined && !leftOut.has(item))
  }
  const keptNormal = { normal: new Set(items.filter(item => labelOf(item) === 'normal')) }
  const normal = late.filter(item => isKept(item))
  const judge = ({ model, calibration }: Learnt<Item>): HeldOut => {
    const alarmed = (item: Item): boolean => scoreOf(calibration, model.judge(item)).score > calibration.threshold
    return {
      threshold: calibration.threshold,
      normal: normal.length,
      alarms: normal.filter(alarmed).length,
      abnormal: abnormal.length,
      found: abnormal.filter(alarmed).length,
    }
  }
  const before = judge(learnItems(family, early, budget))
  let best: { readonly cost: number; readonly window: number; readonly factor: number; readonly held: HeldOut } | null =
    null
  for (const window of windows)
    for (const factor of factors) {
      const learnt = learnItems(family, latest(early.filter(isKept), window), budget * factor, keptNormal)
      const held = judge(learnt)
      const cost = costOf(held, budget)
      if (best === null || cost < best.cost - clearly) best = { cost, window, factor, held }
    }
  const { window, factor, held } = best as NonNullable<typeof best>
  return {
    learnt: learnItems(family, latest(items.filter(isKept), window), budget * factor, keptNormal),
    before,
    after: held,
    budgetFactor: factor,
    window,
    leftOut: [...leftOut].map(item => family.id(item)),
  }
}

/** A missed attack that somebody pointed at costs as much as an alarm rate ten times too high. */
function costOf({ normal, alarms, abnormal, found }: HeldOut, budget: number): number {
  const rate = (alarms + 0.5) / (normal + 1)
  const missed = abnormal === 0 ? 0 : 1 - found / abnormal
  return Math.abs(Math.log10(rate / budget)) + missed
}

/**
 * Items without a label that are like no other, to a model that learnt neither them nor what was labelled abnormal. Who hid one attack hid others: a label says
 * that there are some, and need not be of their kind. Beyond that go those that stand where the reviewer drew the line, as long as it separates few.
 */
function asStrange<Item>(
  family: Family<Item>,
  items: readonly Item[],
  { labels, budget }: { readonly labels: ReadonlyMap<string, Label>; readonly budget: number },
): ReadonlySet<Item> {
  const labelOf = (item: Item): Label | undefined => labels.get(String(family.id(item)))
  const abnormal = items.filter(item => labelOf(item) === 'abnormal')
  if (abnormal.length === 0) return new Set()
  const normal = new Set(items.filter(item => labelOf(item) === 'normal'))
  const open = items.filter(item => labelOf(item) === undefined)
  const { model, calibration, setAside } = learnItems(family, [...normal, ...open], budget, { attacked: true, normal })
  const leftOut = new Set(setAside)
  const scoreFor = (item: Item): number => scoreOf(calibration, model.judge(item)).score
  const line = Math.max(calibration.threshold, Math.min(...abnormal.map(scoreFor)))
  const beyond = open.filter(item => !leftOut.has(item) && scoreFor(item) > line)
  return new Set([...leftOut, ...beyond])
}

function latest<Item>(items: readonly Item[], share: number): readonly Item[] {
  return items.slice(Math.floor(items.length * (1 - share)))
}
