import type { Detection } from './detection.ts'

const shownMax = 1000

/** Anomalies, newest first, with the counts of detection. `since`: a number; only later ones. */
export function findingsReport(detection: Detection, since: number): unknown {
  const all = detection.anomalies.all().filter(({ number }) => number > since)
  return { counts: detection.counts(), findings: all.toReversed().slice(0, shownMax) }
}

/** Baselines with the split of the budget, versions, the scenario in force, and shapes that wait. */
export function baselinesReport({ baselines, quarantine, nowMs }: Detection): unknown {
  return {
    scenario: baselines.scenario,
    budget: { share: baselines.budget.whole(), detectors: baselines.budget.table() },
    baselines: baselines.list(nowMs),
    versions: baselines.versions.all(),
    waiting: quarantine.waiting().slice(0, shownMax),
  }
}

/** What a person at work may change. Checked by `wantedChange`. */
export type BaselineChange =
  | { readonly kind: 'set'; readonly key: string; readonly threshold: number | null }
  | { readonly kind: 'accept'; readonly key: string }
  | { readonly kind: 'rollback'; readonly version: number }
  /** Changes nothing: what the threshold would have done to the values judged lately. */
  | { readonly kind: 'try'; readonly key: string; readonly threshold: number }
  | { readonly kind: 'begin'; readonly scenario: string; readonly untilMs: number }
  | { readonly kind: 'admit'; readonly shape: string }

/** A change with who makes it and why; null: it is none. */
export function wantedChange(
  value: unknown,
): { readonly change: BaselineChange; readonly author: string; readonly reason: string } | null {
  const { kind, key, threshold, version, scenario, untilMs, shape, author, reason } = (value ?? {}) as Record<
    string,
    unknown
  >
  if (typeof author !== 'string' || typeof reason !== 'string' || author === '' || reason.trim() === '') return null
  if (author.length > 200 || reason.length > 2000) return null
  const signed = (change: BaselineChange) => ({ change, author, reason })
  const limit = typeof threshold === 'number' && Number.isFinite(threshold) && threshold >= 0 ? threshold : null
  if (kind === 'set' && typeof key === 'string' && (limit !== null || threshold === null))
    return signed({ kind, key, threshold: limit })
  if (kind === 'try' && typeof key === 'string' && limit !== null) return signed({ kind, key, threshold: limit })
  if (kind === 'accept' && typeof key === 'string') return signed({ kind, key })
  if (kind === 'rollback' && typeof version === 'number') return signed({ kind, version })
  if (kind === 'begin' && typeof scenario === 'string' && typeof untilMs === 'number' && Number.isFinite(untilMs))
    return signed({ kind, scenario, untilMs })
  if (kind === 'admit' && typeof shape === 'string') return signed({ kind, shape })
  return null
}

/** Carries a change out. `refused`: why not. */
export function changeBaseline(
  { baselines, quarantine }: Detection,
  { change, author, reason }: NonNullable<ReturnType<typeof wantedChange>>,
  nowMs: number,
): unknown {
  const signed = { author, reason, timeMs: nowMs }
  const none = { refused: 'there is no such baseline' }
  switch (change.kind) {
    case 'set': {
      const tried = change.threshold === null ? null : baselines.replay(change.key, change.threshold)
      const version = baselines.set(change.key, change.threshold, signed)
      return version === null ? none : { version, replay: tried }
    }
    case 'try':
      return baselines.replay(change.key, change.threshold) ?? none
    case 'accept': {
      const version = baselines.accept(change.key, signed)
      return version === null ? none : { version }
    }
    case 'rollback': {
      const version = baselines.rollback(change.version, signed)
      return version === null ? { refused: 'there is no such version' } : { version }
    }
    case 'begin':
      return baselines.begin({ name: change.scenario, untilMs: change.untilMs, label: reason, author })
        ? { begun: change.scenario }
        : { refused: 'there is no such scenario' }
    case 'admit':
      quarantine.admit(change.shape, `${author}: ${reason}`)
      return { admitted: change.shape }
    default: {
      const never: never = change
      return never
    }
  }
}
