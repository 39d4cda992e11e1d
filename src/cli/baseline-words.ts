import type { BaselineChange, BaselinesReport, ChangeResult, Replayed } from '../insight/detection/ask.ts'
import type { BaselineVersion } from '../insight/baselines/version-log.ts'
import { table } from './table.ts'

/** Everything that is known of baselines. */
export function reportInWords(report: BaselinesReport): string {
  const { scenario, begun, budget, baselines, versions, waiting } = report
  return [
    scenario === null ? 'an ordinary time: no scenario is in force' : `the scenario ${scenario} is in force`,
    ...begun.map(one => `${one.name} was begun until ${minute(one.until)} by ${one.author}: ${one.label}`),
    '',
    `may be falsely abnormal: ${oneIn(budget.share)} requests, over all detectors together`,
    ...section(
      ['detector', 'of requests', 'of the samples of each metric'],
      budget.detectors.map(({ detector, share, metrics }) => [
        detector,
        oneIn(share),
        Object.entries(metrics)
          .map(([metric, part]) => `${metric} ${oneIn(part)}`)
          .join(', ') || 'none yet',
      ]),
    ),
    ...(baselines.length === 0 ? ['', 'no baselines: nothing was measured yet'] : []),
    ...section(
      ['baseline', 'mode', 'threshold', 'reference', 'samples', 'abnormal', 'normal'],
      baselines.map(one => [
        one.key,
        one.mode,
        one.threshold === null ? 'warming up' : `${figure(one.threshold)} ${one.unit}`,
        one.reference === null ? '–' : figure(one.reference),
        one.samples.toLocaleString('en'),
        one.abnormal.toLocaleString('en'),
        one.normal,
      ]),
    ),
    ...section(
      ['version', 'made (UTC)', 'baseline', 'change', 'by', 'reason'],
      versions.map(one => [
        String(one.number),
        minute(new Date(one.timeMs).toISOString()),
        one.key,
        diff(one),
        one.author,
        one.reason,
      ]),
    ),
    ...section(
      ['waits to be normal', 'since (UTC)', 'shown by'],
      waiting.map(({ shape, since, callers }) => [shape, minute(since), callers.join(', ')]),
    ),
  ].join('\n')
}

/** What a threshold would have done. */
export function triedInWords(threshold: string, { judged, wouldAlarm }: Replayed): string {
  return judged === 0
    ? 'nothing was judged lately'
    : `${threshold} would have alarmed at ${wouldAlarm} of the ${judged} values judged lately`
}

/** What became of a change. */
export function changeInWords(change: BaselineChange, done: Exclude<ChangeResult, { refused: string }>): string {
  if ('begun' in done) return `${done.begun} is in force until ${minute(done.until)} UTC`
  if ('admitted' in done) return `${done.admitted} is normal from now on`
  if ('judged' in done) return triedInWords('it', done)
  const { version, replay = null } = done
  return [
    `version ${version.number} of ${version.key}: ${diff(version)}`,
    ...(change.kind !== 'set' || change.threshold === null || replay === null
      ? []
      : [triedInWords(figure(change.threshold), replay)]),
    `take it back with: baselines rollback ${version.number} --reason …`,
  ].join('\n')
}

function diff({ kind, before, after }: BaselineVersion): string {
  return kind === 'accept'
    ? `reference ${before === null ? 'none yet' : figure(before)} → ${after === null ? 'found anew' : figure(after)}`
    : `${before === null ? 'learnt' : figure(before)} → ${after === null ? 'learnt' : figure(after)}`
}

function section(head: readonly string[], rows: ReadonlyArray<readonly string[]>): readonly string[] {
  return rows.length === 0 ? [] : ['', table([head, ...rows])]
}

function oneIn(share: number): string {
  return share > 0 ? `1 in ${Math.round(1 / share).toLocaleString('en')}` : 'none'
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
