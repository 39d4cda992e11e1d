import { learnItems, scoreOf } from '../../../src/insight/behaviour/calibration.ts'
import { sequences } from '../../../src/insight/behaviour/families/sequences/sequences.ts'
import { type LabelFigures, labelFigures } from '../../../src/insight/behaviour/labels.ts'
import type { Sequence } from '../../../src/insight/sequences/sequence.ts'
import type { SequenceSet } from './sequence-set.ts'

/** Learns the one, judges the others, as `learn` and `score` do. */
export function figuresOf({ train, normal, abnormal }: SequenceSet, budget: number): LabelFigures {
  const { model, calibration } = learnItems(sequences, train, budget)
  const judge = (items: readonly Sequence[], isAbnormal: boolean) =>
    items.map(item => {
      const { score } = scoreOf(calibration, model.judge(item))
      return { score, judgedAbnormal: score > calibration.threshold, abnormal: isAbnormal }
    })
  return labelFigures([...judge(normal, false), ...judge(abnormal, true)])
}

/** Some of the abnormal sequences hide among those that are learnt; they are not judged. `share` of all learnt ones. */
export function poisoned(set: SequenceSet, share: number): SequenceSet {
  const count = Math.round((set.train.length * share) / (1 - share))
  const step = set.abnormal.length / count
  const hidden = new Set(Array.from({ length: count }, (_, i) => set.abnormal[Math.floor(i * step)] as Sequence))
  return { ...set, train: [...set.train, ...hidden], abnormal: set.abnormal.filter(item => !hidden.has(item)) }
}

export function percent(share: number | null, digits = 2): string {
  return share === null ? '–' : `${(100 * share).toFixed(digits)} %`
}
