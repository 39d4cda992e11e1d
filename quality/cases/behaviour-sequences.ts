import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Sequence } from '../../src/insight/sequences/sequence.ts'
import { testData } from '../../test/support/test-data.ts'
import { clicks } from '../behaviour/sequences/clicks.ts'
import { figuresOf, percent, poisoned } from '../behaviour/sequences/measure.ts'
import { type SequenceSet, type SequenceSource, setOf } from '../behaviour/sequences/sequence-set.ts'
import { systemCalls } from '../behaviour/sequences/system-calls.ts'
import { walks } from '../behaviour/sequences/walks.ts'
import { workflow } from '../behaviour/sequences/workflow.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'

const defaultBudget = 1e-3
/** Lines of hdfs_train that are learnt; the rest are the normal ones that are judged. */
const hdfsLearnt = 3500

/** Sequences of steps: `learn` and `score` on a public set and on four made-up sources of different kinds. */
export const behaviourSequences: readonly QualityCase[] = [
  {
    name: 'sequences-hdfs',
    what: 'HDFS sequences: F1 at the default budget',
    must: '≥ 0.95',
    aim: '0.98',
    method:
      'Split of the README of ../shared/data/hdfs-sequences: the first 3,500 lines of hdfs_train are learnt; the remaining 1,355 are the normal ones and hdfs_test_abnormal the abnormal ones that are judged. Budget 1e-3; the threshold comes from what is learnt only.',
    async run() {
      const set = hdfs()
      if (set === null) return null
      const figures = figuresOf(set, defaultBudget)
      const known = new Set(set.train.flatMap(({ steps }) => steps))
      const familiar = set.abnormal.filter(({ steps }) => steps.every(step => known.has(step)))
      const hard = figuresOf({ ...set, abnormal: familiar }, defaultBudget)
      return f1(
        figures,
        0.95,
        `without the ${set.abnormal.length - familiar.length} that hold an event which was never learnt: F1 ${hard.f1?.toFixed(4)}, recall ${percent(hard.recall)}`,
      )
    },
  },
  {
    name: 'sequences-hdfs-false-alarms',
    what: 'HDFS sequences: realised false-alarm rate over the budget, the worst of 1e-2, 5e-3 and two thirds of that at 1e-3 (whose must is 3 ×)',
    must: '≤ 2',
    aim: '≤ 1.5',
    method: 'As sequences-hdfs, three times. At 1e-3 the 1,355 normal lines may hold four false alarms.',
    async run() {
      const set = hdfs()
      return set === null ? null : falseAlarms([set], set.normal.length)
    },
  },
  {
    name: 'sequences-hdfs-poisoned',
    what: 'HDFS sequences, 1 % of what is learnt are hidden attacks: loss of F1',
    must: '≤ 0.02',
    aim: '0',
    method:
      'As sequences-hdfs; attacks spread evenly over the abnormal file are put among the lines that are learnt, one in a hundred, and are not judged.',
    async run() {
      const set = hdfs()
      return set === null ? null : loss(set)
    },
  },
  ...[
    { source: workflow, sizes: { train: 3_000, normal: 5_000, abnormal: 600 } },
    { source: clicks, sizes: { train: 3_000, normal: 5_000, abnormal: 600 } },
    { source: systemCalls, sizes: { train: 500, normal: 500, abnormal: 200 } },
    { source: walks, sizes: { train: 3_000, normal: 5_000, abnormal: 600 } },
  ].map(
    ({ source, sizes }): QualityCase => ({
      name: `sequences-${source('').name.replace(' ', '-')}`,
      what: `made-up ${source('').name}: F1 at the default budget`,
      must: '≥ 0.9',
      aim: '0.97',
      method: `quality/behaviour/sequences, a world of its own whose seed was not used in development; ${sizes.train} learnt, ${sizes.normal} normal and ${sizes.abnormal} abnormal judged. Budget 1e-3.`,
      run: async () => f1(figuresOf(madeUp(source, sizes), defaultBudget), 0.9, ''),
    }),
  ),
]

function madeUp(source: (seed: string) => SequenceSource, sizes: Parameters<typeof setOf>[1]): SequenceSet {
  return setOf(source('sequences, as reported'), sizes)
}

function f1(figures: ReturnType<typeof figuresOf>, must: number, more: string): QualityFigure {
  const { f1: value, precision, recall, auc, falseAlarmRate, labelled } = figures
  const words = [
    `precision ${percent(precision)}, recall ${percent(recall)}, AUC ${auc?.toFixed(4)}, false alarms ${percent(falseAlarmRate, 3)}`,
    more,
  ]
  return { value: value ?? 0, of: labelled, holds: (value ?? 0) >= must, note: words.filter(Boolean).join('; ') }
}

function falseAlarms(sets: readonly SequenceSet[], of: number): QualityFigure {
  const rows = [1e-2, 5e-3, 1e-3].map(budget => {
    const rates = sets.map(set => figuresOf({ ...set, abnormal: [] }, budget).falseAlarmRate ?? 0)
    return { budget, rate: Math.max(...rates) }
  })
  const worst = Math.max(...rows.map(({ budget, rate }) => rate / budget / (budget < 5e-3 ? 1.5 : 1)))
  return {
    value: worst,
    of,
    holds: worst <= 2,
    note: rows.map(({ budget, rate }) => `${budget}: ${percent(rate, 3)}`).join(', '),
  }
}

function loss(set: SequenceSet): QualityFigure {
  const hidden = poisoned(set, 0.01)
  const clean = figuresOf({ ...set, abnormal: hidden.abnormal }, defaultBudget)
  const dirty = figuresOf(hidden, defaultBudget)
  const value = Math.max(0, (clean.f1 ?? 0) - (dirty.f1 ?? 0))
  return {
    value,
    of: hidden.train.length,
    holds: value <= 0.02,
    note: `F1 ${clean.f1?.toFixed(4)} without, ${dirty.f1?.toFixed(4)} with them (recall ${percent(dirty.recall)}, false alarms ${percent(dirty.falseAlarmRate, 3)})`,
  }
}

function hdfs(): SequenceSet | null {
  const folder = testData('hdfs-sequences')
  if (folder === null) return null
  const read = (file: string): Sequence[] =>
    readFileSync(path.join(folder, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line, i) => ({ id: `${file}-${i}`, principal: null, steps: line.trim().split(' ') }))
  const lines = read('hdfs_train')
  return {
    name: 'hdfs',
    train: lines.slice(0, hdfsLearnt),
    normal: lines.slice(hdfsLearnt),
    abnormal: read('hdfs_test_abnormal'),
  }
}
