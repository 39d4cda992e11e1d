import { isItemId, parseLine } from './item-id.ts'

/** How right a model was on items whose truth somebody wrote down. Ratios 0–1; null where nothing can be divided. */
export interface LabelFigures {
  readonly labelled: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  /** Area under the curve of true against false alarms over all thresholds: how well scores order normal and abnormal, ties half. */
  readonly auc: number | null
  /** Share of the normal items that were judged abnormal. */
  readonly falseAlarmRate: number | null
}

/** A judged item whose truth is known. */
export interface LabelledScore {
  readonly score: number
  readonly judgedAbnormal: boolean
  readonly abnormal: boolean
}

/** What somebody says of an item: it is usual, it is an attack, or it is neither to be learnt nor counted. */
export type Label = 'normal' | 'abnormal' | 'ignore'

/**
 * Labels by id from NDJSON lines `{"id", "abnormal": true | false}` or `{"id", "label": "normal" | "abnormal" | "ignore"}`; other members are ignored (of a line with both, `label` is), and a later
 * line of the same id counts. A `label` of null is one that a reviewer left open. `skip` is told of lines that do not read.
 */
export function readLabels(lines: Iterable<string>, skip: (line: number, why: string) => void): Map<string, Label> {
  const labels = new Map<string, Label>()
  let number = 0
  for (const line of lines) {
    number++
    if (line.trim() === '') continue
    // A byte order mark is white space to trim(), and nothing that JSON knows.
    const read = labelOf(line.trim())
    if (typeof read === 'string') skip(number, read)
    else if (read.label !== null) labels.set(read.id, read.label)
  }
  return labels
}

export function labelFigures(scores: readonly LabelledScore[]): LabelFigures {
  const count = (abnormal: boolean, judged: boolean): number =>
    scores.filter(score => score.abnormal === abnormal && score.judgedAbnormal === judged).length
  const [found, missed, falseAlarms, quiet] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ]
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
  return {
    labelled: scores.length,
    precision: share(found, found + falseAlarms),
    recall: share(found, found + missed),
    f1: share(2 * found, 2 * found + falseAlarms + missed),
    auc: areaUnderCurve(scores),
    falseAlarmRate: share(falseAlarms, falseAlarms + quiet),
  }
}

/** By ranks (Mann and Whitney 1947). */
function areaUnderCurve(scores: readonly LabelledScore[]): number | null {
  const sorted = scores.toSorted((a, b) => a.score - b.score)
  let rankSum = 0
  let abnormal = 0
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++)
      if (sorted[i]?.abnormal === true) {
        rankSum += rank
        abnormal++
      }
    from = to
  }
  const normal = sorted.length - abnormal
  return abnormal === 0 || normal === 0 ? null : (rankSum - (abnormal * (abnormal + 1)) / 2) / (abnormal * normal)
}

function labelOf(line: string): { readonly id: string; readonly label: Label | null } | string {
  let value: unknown
  try {
    value = parseLine(line)
  } catch {
    return 'not JSON'
  }
  if (typeof value !== 'object' || value === null) return 'not an object'
  const { id, label, abnormal } = value as Record<string, unknown>
  if (!isItemId(id)) return 'its id is no text'
  if (typeof abnormal === 'boolean') return { id: String(id), label: abnormal ? 'abnormal' : 'normal' }
  if (label === null) return { id: String(id), label }
  if (label === 'normal' || label === 'abnormal' || label === 'ignore') return { id: String(id), label }
  if (label !== undefined) return 'its label is none of normal, abnormal, ignore'
  return 'abnormal is neither true nor false'
}
