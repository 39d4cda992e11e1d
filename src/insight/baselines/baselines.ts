import { ChangedRows } from '../traces/changed-rows.ts'
import type { Baseline, Judged, Metric } from './baseline.ts'
import { keyOf, type Which, whichOf } from './baseline-key.ts'
import { type Budget, BudgetSplit } from './budget.ts'
import { type BaselineDump, type BaselineTerms, LearnedBaseline, type Place } from './learned-baseline.ts'
import { type Begun, type Scenario, scenarioAt } from './scenario.ts'
import { type BaselineVersion, type Signed, VersionLog } from './version-log.ts'

/** A threshold that the configuration writes. `scope` '': all. */
export interface ExpertThreshold {
  readonly detector: string
  readonly metric: string
  readonly scope: string
  readonly threshold: number
}

export interface BaselineSettings extends BaselineTerms {
  readonly budget: Budget
  readonly scenarios: readonly Scenario[]
  readonly expert: readonly ExpertThreshold[]
}

/** One baseline, for people. */
export interface BaselineRow {
  /** `DETECTOR/METRIC/SCOPE`; one of a scenario is `DETECTOR/METRIC@SCENARIO/SCOPE`. */
  readonly key: string
  readonly unit: string
  readonly mode: string
  readonly samples: number
  readonly abnormal: number
  /** In force; null: it is warming up, and the one of all scopes judges. */
  readonly threshold: number | null
  /** Where it stood when it had settled. */
  readonly reference: number | null
  readonly normal: string
}

/** Beyond this many a scope is judged by the baseline of all. */
const scopesMax = 20_000
const begunMax = 20
const none: ReadonlySet<string> = new Set()

/** All baselines, with budget, scenarios and versions. */
export class Baselines {
  readonly budget: BudgetSplit
  readonly versions = new VersionLog()
  /** Scopes for which there was no room; rows that did not read. */
  overflow = 0
  unreadable = 0
  #settings: BaselineSettings
  readonly #labelled: (timeMs: number) => ReadonlySet<string>
  readonly #byKey = new Map<string, LearnedBaseline>()
  readonly #scoped = new Map<string, Baseline>()
  /** Rows whose metric nobody has asked for yet. */
  readonly #pending = new Map<string, string>()
  readonly #rows = new ChangedRows()
  #begun: Begun[] = []
  #scenario: Scenario | null = null
  #minute = -1

  /** `labelled`: scenarios that labels of the cluster name at a time (Unix ms). */
  constructor(settings: BaselineSettings, labelled: (timeMs: number) => ReadonlySet<string> = () => none) {
    this.#settings = settings
    this.#labelled = labelled
    this.budget = new BudgetSplit(settings.budget)
  }

  configure(settings: BaselineSettings): void {
    this.#settings = settings
    this.budget.budget = settings.budget
    this.#minute = -1
    for (const [key, baseline] of this.#byKey) this.#applySaid(key, baseline)
  }

  get scenario(): string | null {
    return this.#scenario?.name ?? null
  }

  /** What people or pipelines began, the latest first; what is over stays until 20 others came. */
  get begun(): readonly Begun[] {
    return this.#begun
  }

  /** How much more of what is elastic the scenario in force has; 1: none is. */
  get factor(): number {
    return this.#scenario?.factor ?? 1
  }

  /** The scenario that a time of the clock on the wall or of an event falls in. */
  scenarioAt(timeMs: number): string | null {
    return this.#scenarioAt(timeMs)?.name ?? null
  }

  /** Once per request. */
  clock(timeMs: number): void {
    this.budget.request(timeMs)
    const minute = Math.floor(timeMs / 60_000)
    if (minute === this.#minute) return
    this.#minute = minute
    this.#scenario = this.#scenarioAt(timeMs)
  }

  /** The same object for the same metric and scope. */
  of(detector: string, metric: Metric, scope: string): Baseline {
    const key = `${detector}/${metric.name}/${scope}`
    let known = this.#scoped.get(key)
    if (known === undefined) {
      if (this.#scoped.size >= scopesMax && scope !== '') {
        this.overflow++
        return this.of(detector, metric, '')
      }
      this.#scoped.set(key, (known = this.#made(detector, metric, scope)))
    }
    return known
  }

  #scenarioAt(timeMs: number): Scenario | null {
    const { scenarios } = this.#settings
    return scenarios.length === 0 ? null : scenarioAt(timeMs, scenarios, this.#begun, this.#labelled(timeMs))
  }

  /** Begins a scenario, by API; false: there is none of this name. */
  begin(begun: Begun): boolean {
    if (!this.#settings.scenarios.some(({ name }) => name === begun.name)) return false
    this.#begun = [begun, ...this.#begun.filter(one => one.name !== begun.name)].slice(0, begunMax)
    this.#minute = -1
    return true
  }

  /** What a threshold would have done to the values judged lately, before anybody sets it. null: there is no such baseline. */
  replay(key: string, threshold: number): { readonly judged: number; readonly wouldAlarm: number } | null {
    return this.#known(key)?.replay(threshold) ?? null
  }

  /** Sets a threshold by hand, or hands the baseline back to learning (`null`). null: there is no such baseline. */
  set(key: string, threshold: number | null, signed: Signed): BaselineVersion | null {
    const baseline = this.#known(key)
    if (baseline === null) return null
    const before = baseline.said?.mode === 'manual' ? baseline.said.threshold : null
    const version = this.versions.add({ key, kind: 'set', before, after: threshold, ...signed })
    baseline.said = threshold === null ? null : { mode: 'manual', threshold }
    baseline.changed = true
    if (threshold === null) this.#applySaid(key, baseline)
    return version
  }

  /** Takes a version back: what stood before it stands again. null: there is none of this number. */
  rollback(number: number, signed: Signed): BaselineVersion | null {
    const version = this.versions.get(number)
    if (version === null) return null
    const { key, kind, before, place } = version
    if (kind === 'set') return this.set(key, before, signed)
    const baseline = this.#known(key)
    if (baseline === null) return null
    const now = baseline.accept()
    baseline.moveTo(place ?? null)
    return this.versions.add({ ...accepted(key, now), after: before, ...signed })
  }

  /** What was learnt up to now is normal: the frozen reference moves there. */
  accept(key: string, signed: Signed): BaselineVersion | null {
    const baseline = this.#known(key)
    return baseline === null ? null : this.versions.add({ ...accepted(key, baseline.accept()), ...signed })
  }

  /** All of them, those that no detector has asked for since the start too. Looking moves none. */
  list(timeMs: number): BaselineRow[] {
    for (const key of this.#pending.keys()) this.#known(key)
    return Array.from(this.#byKey, ([key, baseline]) => ({
      key,
      unit: baseline.metric.unit,
      mode: baseline.mode,
      samples: baseline.samples,
      abnormal: baseline.abnormal,
      ...baseline.peek(timeMs),
      normal: baseline.describe(),
    }))
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    for (const [key, baseline] of this.#byKey)
      if (baseline.changed) {
        baseline.changed = false
        this.#rows.changed(`of ${key}`)
      }
    for (const version of this.versions.fresh()) this.#rows.changed(`version ${version}`)
    this.#rows.changed('budget')
    yield* this.#rows.take(key => this.#dump(key))
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [key, text] of rows) {
      try {
        if (key === 'budget') {
          const { split, begun } = JSON.parse(text) as { split: unknown; begun: Begun[] }
          if (!begun.every(({ name, untilMs }) => typeof name === 'string' && Number.isFinite(untilMs)))
            throw new RangeError('not what was begun')
          this.budget.restore(split)
          this.#begun = begun.slice(0, begunMax)
          this.#minute = -1
        } else if (key.startsWith('version ')) this.versions.restore(JSON.parse(text) as BaselineVersion)
        else if (key.startsWith('of ')) this.#pending.set(key.slice(3), text)
        else throw new Error('unknown row')
        this.#rows.stored(key)
      } catch {
        this.unreadable++
      }
    }
    for (const [key, baseline] of this.#byKey) this.#revive(key, baseline)
  }

  #dump(key: string): string | null {
    if (key === 'budget') return JSON.stringify({ split: this.budget.dump(), begun: this.#begun })
    if (key.startsWith('version ')) return JSON.stringify(this.versions.get(Number(key.slice(8))))
    const baseline = this.#byKey.get(key.slice(3))
    return baseline === undefined ? (this.#pending.get(key.slice(3)) ?? null) : JSON.stringify(baseline.dump())
  }

  #made(detector: string, metric: Metric, scope: string): Baseline {
    const own = this.#learned({ detector, metric, scope, scenario: null })
    return new ScopedBaseline(own, {
      scenario: () => this.#scenario?.name ?? null,
      variant: scenario => this.#learned({ detector, metric, scope, scenario }),
    })
  }

  #learned(one: Which): LearnedBaseline {
    const { detector, metric, scope, scenario } = one
    const key = keyOf(one)
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      known.metric = metric
      if (known.parent !== null) known.parent.metric = metric
      return known
    }
    const parent = scope === '' ? null : this.#learned({ ...one, scope: '' })
    const baseline = new LearnedBaseline(metric, parent, {
      terms: () => this.#settings,
      share: () => this.budget.ofSample(detector, metric.name),
      // What a scenario has learnt for itself needs no factor.
      scale: () => (scenario === null ? this.factor : 1),
      sampled: this.budget.sampler(detector, metric.name),
    })
    this.#byKey.set(key, baseline)
    this.#revive(key, baseline)
    this.#applySaid(key, baseline)
    return baseline
  }

  #revive(key: string, baseline: LearnedBaseline): void {
    const text = this.#pending.get(key)
    if (text === undefined) return
    this.#pending.delete(key)
    try {
      baseline.restore(JSON.parse(text) as BaselineDump)
    } catch {
      this.unreadable++
    }
  }

  /** Also one that no detector has asked for yet: what it was measured in stands beside what it learnt. null: there is none. */
  #known(key: string): LearnedBaseline | null {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const text = this.#pending.get(key)
    if (text === undefined) return null
    try {
      return this.#learned(whichOf(key, (JSON.parse(text) as BaselineDump).metric))
    } catch {
      this.#pending.delete(key)
      this.unreadable++
      return null
    }
  }

  /** Expert's word, unless a person at work has said otherwise. */
  #applySaid(key: string, baseline: LearnedBaseline): void {
    if (baseline.said?.mode === 'manual') return
    const expert = this.#settings.expert.find(one => `${one.detector}/${one.metric}/${one.scope}` === key)
    baseline.said = expert === undefined ? null : { mode: 'expert', threshold: expert.threshold }
  }
}

function accepted(
  key: string,
  place: Place | null,
): Pick<BaselineVersion, 'key' | 'kind' | 'before' | 'after' | 'place'> {
  const base = { key, kind: 'accept', before: place?.reference ?? null, after: null } as const
  return place === null ? base : { ...base, place }
}

interface Scenarios {
  /** In force; null: none. */
  scenario(): string | null
  variant(scenario: string): LearnedBaseline
}

/**
 * A baseline with those of its scenarios: one of these learns while its scenario is in force, and until it is warm the ordinary one judges, wider by the
 * scenario's factor. A class, since objects with accessors of their own are of a build of their own each, and detectors ask thousands.
 */
class ScopedBaseline implements Baseline {
  readonly #own: LearnedBaseline
  readonly #scenarios: Scenarios
  readonly #variants = new Map<string, LearnedBaseline>()

  constructor(own: LearnedBaseline, scenarios: Scenarios) {
    this.#own = own
    this.#scenarios = scenarios
  }

  get samples(): number {
    return this.#own.samples
  }

  judge(value: number, timeMs: number): Judged {
    const now = this.#now()
    return (now === this.#own || now.threshold(timeMs) === null ? this.#own : now).judge(value, timeMs)
  }

  learn(value: number, timeMs: number): void {
    this.#now().learn(value, timeMs)
  }

  describe(): string {
    return this.#own.describe()
  }

  #now(): LearnedBaseline {
    const scenario = this.#scenarios.scenario()
    if (scenario === null) return this.#own
    let variant = this.#variants.get(scenario)
    if (variant === undefined) this.#variants.set(scenario, (variant = this.#scenarios.variant(scenario)))
    return variant
  }
}
