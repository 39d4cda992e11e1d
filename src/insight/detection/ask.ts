import type { BaselineRow } from '../baselines/baselines.ts'
import type { BaselineVersion } from '../baselines/version-log.ts'
import type { Detection } from './detection.ts'

const shownMax = 1000

/** Anomalies, newest first, with the counts of detection. `since`: a number; only later ones. */
export function findingsReport(detection: Detection, since: number): unknown {
  const all = detection.anomalies.all().filter(({ number }) => number > since)
  return { counts: detection.counts(), findings: all.toReversed().slice(0, shownMax) }
}

/** What people are told of baselines. */
export interface BaselinesReport {
  /** In force at the latest event; null: an ordinary time. */
  readonly scenario: string | null
  /** Begun by hand and not over yet. */
  readonly begun: ReadonlyArray<{
    readonly name: string
    readonly until: string
    readonly author: string
    readonly label: string
  }>
  readonly budget: { readonly share: number; readonly detectors: ReturnType<Detection['baselines']['budget']['table']> }
  readonly baselines: readonly BaselineRow[]
  readonly versions: readonly BaselineVersion[]
  readonly waiting: ReturnType<Detection['quarantine']['waiting']>
}

/** Baselines with the split of the budget, versions, the scenario in force, and shapes that wait. */
export function baselinesReport({ baselines, quarantine, nowMs }: Detection): BaselinesReport {
  const { budget } = baselines
  const latestMs = Math.max(nowMs, budget.lastMs)
  return {
    scenario: baselines.scenarioAt(latestMs),
    begun: baselines.begun
      .filter(({ untilMs }) => untilMs > latestMs)
      .map(({ name, untilMs, author, label }) => ({ name, until: new Date(untilMs).toISOString(), author, label })),
    budget: { share: budget.whole(), detectors: budget.table() },
    baselines: baselines.list(latestMs).sort((a, b) => (a.key < b.key ? -1 : 1)),
    versions: baselines.versions.all(),
    waiting: quarantine.waiting().slice(0, shownMax),
  }
}

/** What a person at work may change; wanted-change.ts reads it from JSON. */
export type BaselineChange =
  | { readonly kind: 'set'; readonly key: string; readonly threshold: number | null }
  | { readonly kind: 'accept'; readonly key: string }
  | { readonly kind: 'rollback'; readonly version: number }
  /** Changes nothing: what the threshold would have done to the values judged lately. */
  | { readonly kind: 'try'; readonly key: string; readonly threshold: number }
  | { readonly kind: 'begin'; readonly scenario: string; readonly untilMs: number }
  | { readonly kind: 'admit'; readonly shape: string }

/** A change with who makes it and why. */
export interface WantedChange {
  readonly change: BaselineChange
  readonly author: string
  readonly reason: string
}

/** What became of a change; `refused`: why nothing was done. */
export type ChangeResult =
  | { readonly refused: string }
  /** `replay`: what the threshold would have done to the values judged lately, told before it was set. */
  | { readonly version: BaselineVersion; readonly replay?: Replayed | null }
  | Replayed
  | { readonly begun: string; readonly until: string }
  | { readonly admitted: string }

export interface Replayed {
  readonly judged: number
  readonly wouldAlarm: number
}

/** Why a change of a key that is none is refused. */
export const noBaseline = 'there is no such baseline'
/** What widens what is normal must not be forgotten. */
const scenarioMsMax = 31 * 86_400_000

/** Carries a change out; `nowMs`: clock on the wall. */
export function changeBaseline(
  { baselines, quarantine }: Detection,
  { change, author, reason }: WantedChange,
  nowMs: number,
): ChangeResult {
  const signed = { author, reason, timeMs: nowMs }
  const none = { refused: noBaseline }
  switch (change.kind) {
    case 'set': {
      const replay = change.threshold === null ? null : baselines.replay(change.key, change.threshold)
      const version = baselines.set(change.key, change.threshold, signed)
      return version === null ? none : { version, replay }
    }
    case 'try':
      return baselines.replay(change.key, change.threshold) ?? none
    case 'accept': {
      const version = baselines.accept(change.key, signed)
      return version === null ? none : { version }
    }
    case 'rollback': {
      const version = baselines.rollback(change.version, signed)
      return version === null ? { refused: `there is no version ${change.version}` } : { version }
    }
    case 'begin': {
      const { scenario: name, untilMs } = change
      if (untilMs <= nowMs || untilMs > nowMs + scenarioMsMax)
        return { refused: 'a scenario ends later than now, and 31 days from now at the latest' }
      return baselines.begin({ name, untilMs, label: reason, author })
        ? { begun: name, until: new Date(untilMs).toISOString() }
        : { refused: `the configuration has no scenario ${name} under insight.detection.scenarios` }
    }
    case 'admit':
      if (!quarantine.waits(change.shape)) return { refused: `no shape ${change.shape} waits` }
      quarantine.admit(change.shape, `${author}: ${reason}`)
      return { admitted: change.shape }
    default:
      return change satisfies never
  }
}
