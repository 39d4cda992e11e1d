// Hot path: once per event and detector that counts.
import type { Baseline, Judged, Metric } from '../baselines/baseline.ts'
import type { ActorSlot, DetectorHost } from '../detectors/detector.ts'
import {
  coldStride,
  countAt,
  dumpWindow,
  firstMsAt,
  habitStride,
  indexAt,
  isNew,
  latestAt,
  peakAt,
  restoreWindow,
  taintedAt,
  type Things,
  type WindowPlace,
  windowsAt,
} from './actor-windows.ts'
import type { Actor, KnownActor } from './actors.ts'
import { lateMs } from './event-clock.ts'

/** A metric over windows of event time, which begin at multiples of their length. */
export interface Scale {
  readonly metric: Metric
  readonly windowMs: number
}

export interface RateOptions {
  readonly scales: readonly Scale[]
  /** Counts different things instead of all. */
  readonly distinct?: boolean
  /**
   * Compares with the actor's own habit, √count - √peak, where the peak is its fullest window, fading by the day: what is much for one is little for
   * another. Who is new is expected to do as others do. On that scale Poisson counts have one spread whatever their size.
   */
  readonly own?: boolean
}

/** What exceeded. */
export interface Exceeded extends Judged {
  readonly scale: Scale
  readonly baseline: Baseline
  /** On the metric's own scale. */
  readonly value: number
  /** Counted in the window so far. */
  readonly count: number
  /** When the window's first was counted, Unix ms. */
  readonly firstMs: number
}

/** What goes on is told again after so long, ms, or when it has grown by this factor. */
export const repeatMs = 10_000
export const repeatFactor = 1.2
/** How many windows of everybody a newcomer's habit is worth. */
const trust = 5
/** What is left of a peak after a day. */
const fading = 0.93
const DAY_MS = 86_400_000

interface Habit {
  windows: number
  /** Of the actors' peaks, the mean. */
  peak: number
}

/** What actors that prove themselves in one way are like, on one scale. */
interface Kind {
  readonly habit: Habit
  /** null: it was not asked for. */
  baseline: Baseline | null
}

/** That a window was told to be too full: when last, Unix ms, and the value then. */
interface Told {
  timeMs: number
  value: number
}

/** What stands in the slot of an actor who has nothing that is told apart: its numbers are elsewhere. */
const noThings: Things[] = []

/** Counts per actor over windows, judges while they run and learns when they end. Within one of the actor's methods (`jwt`, `address` …) all are compared. */
export class ActorRates {
  readonly #scales: readonly Scale[]
  readonly #windowMs: Float64Array
  readonly #own: boolean
  readonly #distinct: boolean
  readonly #host: DetectorHost
  readonly #slot: ActorSlot<Things[]>
  /** Where an actor's numbers of the first scale stand, and how many each scale has of the hot ones. */
  readonly #hot: number
  readonly #cold: number
  readonly #stride: number
  readonly #coldStride: number
  /** Counts up to these are below the floor, whatever the habit; by scale. */
  readonly #quiet: Float64Array
  /** Of the windows that run, by scale: what was told of them. Few have any, so it stands with nobody. */
  readonly #told = new WeakMap<Actor, Array<Told | undefined>>()
  /** By scale and method. */
  readonly #kinds: Array<Map<string, Kind>>
  #written = '[]'

  constructor(host: DetectorHost, { scales, own = false, distinct = false }: RateOptions) {
    this.#host = host
    this.#scales = scales
    this.#windowMs = Float64Array.from(scales, ({ windowMs }) => windowMs)
    this.#own = own
    this.#distinct = distinct
    this.#stride = distinct ? 3 : 2
    this.#coldStride = own ? habitStride : coldStride
    const places = host.numbers(scales.length * this.#stride, scales.length * this.#coldStride)
    this.#hot = places.hot
    this.#cold = places.cold
    this.#quiet = Float64Array.from(scales, ({ metric }) => (own ? metric.floor ** 2 : metric.floor))
    this.#slot = host.slot(() => noThings, {
      dump: (things, actor) => scales.map((_, i) => dumpWindow(this.#place(actor as KnownActor, i), things[i] ?? null)),
      restore: (dump, actor) => {
        const all = scales.map((_, i) => restoreWindow(this.#place(actor as KnownActor, i), (dump as unknown[])[i]))
        return all.some(things => things !== null) ? all : noThings
      },
    })
    host.keep({
      changes: () => {
        const text = JSON.stringify(
          this.#kinds.map(kinds => (own ? Array.from(kinds, ([method, { habit }]) => [method, habit]) : [])),
        )
        if (text === this.#written) return []
        this.#written = text
        return [['habits', text] as const]
      },
      restore: rows => {
        for (const [, text] of rows) {
          const dump = JSON.parse(text) as Array<Array<[string, Habit]>>
          for (const [i, habits] of dump.entries())
            for (const [method, habit] of habits) Object.assign(this.#kind(i, method).habit, habit)
          this.#written = text
        }
      },
    })
    this.#kinds = scales.map(() => new Map())
  }

  /** Counts `amount` (or, of distinct things, the thing's hash) and says what is too much now: the scale that is exceeded most. `taint`: the window is not learnt. */
  add(actor: Actor, timeMs: number, amount: number, taint = false): Exceeded | null {
    const known = actor as KnownActor
    this.#begin(known)
    const { hot } = known
    let at = known.hotAt + this.#hot
    let worst: Exceeded | null = null
    for (let i = 0; i < this.#windowMs.length; i++, at += this.#stride) {
      const windowMs = this.#windowMs[i] as number
      if (isOver(hot[at + indexAt] as number, windowMs, timeMs)) this.#turn(known, i, timeMs)
      if (taint) known.cold[this.#coldOf(known, i) + taintedAt] = 1
      const counted = (hot[at + countAt] as number) + (this.#distinct ? this.#news(known, i, amount) : amount)
      hot[at + countAt] = counted
      // Before anything is worked out: nearly every window is quiet.
      if (counted <= (this.#quiet[i] as number)) continue
      const exceeded = this.#judge(known, i, timeMs)
      if (exceeded !== null && (worst === null || exceeded.value / exceeded.threshold > worst.value / worst.threshold))
        worst = exceeded
    }
    return worst
  }

  /** The actor called, and there was nothing to count: windows without any are learnt too. */
  touch(actor: Actor, timeMs: number): void {
    const known = actor as KnownActor
    this.#begin(known)
    let at = known.hotAt + this.#hot + indexAt
    for (let i = 0; i < this.#windowMs.length; i++, at += this.#stride) {
      const windowMs = this.#windowMs[i] as number
      if (isOver(known.hot[at] as number, windowMs, timeMs)) this.#turn(known, i, timeMs)
    }
  }

  /** Is a window that runs told to be too full? */
  isTold(actor: Actor): boolean {
    return this.#told.get(actor)?.some(told => told !== undefined) === true
  }

  /** The most that the actor usually has in a window, for sentences. */
  usual(actor: Actor, scale: Scale): number {
    const i = this.#scales.indexOf(scale)
    return i === -1 || !this.#own || this.#slot.peek(actor) === undefined
      ? 0
      : this.#expected(actor as KnownActor, i, this.#kind(i, actor.method))
  }

  /** What was kept of it over a restart is taken up; it waits to be written. */
  #begin(actor: KnownActor): void {
    if (actor.hot[actor.hotAt + this.#hot + indexAt] === 0) this.#slot.of(actor)
    if (!actor.changed) this.#slot.changed(actor)
  }

  #place(actor: KnownActor, i: number): WindowPlace {
    return { of: actor, hot: actor.hotAt + this.#hot + i * this.#stride, cold: this.#coldOf(actor, i), own: this.#own }
  }

  #coldOf(actor: KnownActor, i: number): number {
    return actor.coldAt + this.#cold + i * this.#coldStride
  }

  /** 1: the window that runs has not had it yet. */
  #news(actor: KnownActor, i: number, hash: number): 0 | 1 {
    const at = actor.hotAt + this.#hot + i * this.#stride + latestAt
    // Most come again at once: an address, a page.
    if (actor.hot[at] === hash + 1) return 0
    actor.hot[at] = hash + 1
    let things = this.#slot.of(actor)
    if (things === noThings) this.#slot.put(actor, (things = this.#scales.map(() => null)))
    return isNew(things, i, hash)
  }

  /** null: the window is not too full, or that was just told. */
  #judge(actor: KnownActor, i: number, timeMs: number): Exceeded | null {
    const scale = this.#scales[i] as Scale
    const kind = this.#kind(i, actor.method)
    const value = this.#value(actor, i, kind)
    if (value <= scale.metric.floor) return null
    const baseline = this.#baseline(i, actor.method, kind)
    const judged = baseline.judge(value, timeMs)
    if (!judged.abnormal) return null
    const { cold } = actor
    const at = this.#coldOf(actor, i)
    cold[at + taintedAt] = 1
    // A flood must not become a flood of reports.
    let told = this.#told.get(actor)
    if (told === undefined) this.#told.set(actor, (told = []))
    const before = told[i]
    if (before === undefined) told[i] = { timeMs, value }
    else if (timeMs - before.timeMs < repeatMs && value < before.value * repeatFactor) return null
    else {
      before.timeMs = timeMs
      before.value = value
    }
    const count = actor.hot[actor.hotAt + this.#hot + i * this.#stride + countAt] as number
    return { ...judged, scale, baseline, value, count, firstMs: cold[at + firstMsAt] as number }
  }

  /** Another window begins. The one before is learnt, unless it had begun ahead. */
  #turn(actor: KnownActor, i: number, timeMs: number): void {
    const index = Math.floor(timeMs / (this.#windowMs[i] as number))
    const { hot, cold } = actor
    const at = actor.hotAt + this.#hot + i * this.#stride
    const coldAt = this.#coldOf(actor, i)
    const before = hot[at + indexAt] as number
    if (before > 0 && index > before) {
      this.#end(actor, i)
      const peak = this.#own ? (cold[coldAt + peakAt] as number) : 0
      if (peak > 0)
        cold[coldAt + peakAt] = peak * fading ** ((index - before) * ((this.#windowMs[i] as number) / DAY_MS))
    }
    hot[at + indexAt] = index
    hot[at + countAt] = 0
    if (this.#distinct) {
      hot[at + latestAt] = 0
      const things = this.#slot.peek(actor)
      if (things !== undefined && things !== noThings) things[i] = null
    }
    if (cold[coldAt + taintedAt] === 1) {
      cold[coldAt + taintedAt] = 0
      // Only of a window that is tainted anything was told.
      const told = this.#told.get(actor)
      if (told !== undefined) told[i] = undefined
    }
    cold[coldAt + firstMsAt] = timeMs
  }

  #end(actor: KnownActor, i: number): void {
    const windowMs = this.#windowMs[i] as number
    const { hot, cold } = actor
    const at = actor.hotAt + this.#hot + i * this.#stride
    const coldAt = this.#coldOf(actor, i)
    const index = hot[at + indexAt] as number
    // What was abnormal is counted by the baseline and not learnt.
    if (cold[coldAt + taintedAt] === 1 || actor.suspectUntilMs > index * windowMs) return
    const kind = this.#kind(i, actor.method)
    this.#baseline(i, actor.method, kind).learn(this.#value(actor, i, kind), (index + 1) * windowMs)
    if (!this.#own) return
    cold[coldAt + windowsAt] = (cold[coldAt + windowsAt] as number) + 1
    const peak = Math.max(cold[coldAt + peakAt] as number, hot[at + countAt] as number)
    cold[coldAt + peakAt] = peak
    const { habit } = kind
    habit.peak += (peak - habit.peak) * Math.max(0.001, 1 / ++habit.windows)
  }

  #value(actor: KnownActor, i: number, kind: Kind): number {
    const counted = actor.hot[actor.hotAt + this.#hot + i * this.#stride + countAt] as number
    if (!this.#own) return counted
    return Math.max(0, Math.sqrt(counted) - Math.sqrt(this.#expected(actor, i, kind)))
  }

  #expected(actor: KnownActor, i: number, { habit }: Kind): number {
    const at = this.#coldOf(actor, i)
    const windows = actor.cold[at + windowsAt] as number
    const peak = actor.cold[at + peakAt] as number
    const usual = (windows * peak + trust * habit.peak) / (windows + trust)
    return (this.#scales[i] as Scale).metric.elastic === true ? usual * this.#host.factor() : usual
  }

  #kind(i: number, method: string): Kind {
    const kinds = this.#kinds[i] as Map<string, Kind>
    let kind = kinds.get(method)
    if (kind === undefined) kinds.set(method, (kind = { habit: { windows: 0, peak: 0 }, baseline: null }))
    return kind
  }

  #baseline(i: number, method: string, kind: Kind): Baseline {
    return (kind.baseline ??= this.#host.baseline(metricOf(this.#scales[i] as Scale, this.#own), method))
  }
}

/** Ten minutes of somebody are one sample of the warm-up, longer windows as many as they hold. */
export function metricOf({ metric, windowMs }: Scale, own: boolean): Metric {
  const worth = metric.worth ?? Math.max(1, windowMs / 600_000)
  // A scenario scales the habit: three times the calls are three times the usual, and no more stray from it than before.
  return own ? { ...metric, worth, elastic: false } : { ...metric, worth }
}

/** `10 minutes`, `an hour`, `a day`. */
export function lengthOf(windowMs: number): string {
  if (windowMs === 3_600_000) return 'an hour'
  if (windowMs === 60_000) return 'a minute'
  if (windowMs === 86_400_000) return 'a day'
  if (windowMs % 3_600_000 === 0) return `${windowMs / 3_600_000} hours`
  if (windowMs % 60_000 === 0) return `${windowMs / 60_000} minutes`
  return `${windowMs / 1000} seconds`
}

/**
 * Does another window than that one begin? What comes late counts to the window that runs: it can only make it look fuller. But a window that began ahead,
 * before the clock went back, would fill up until its time comes.
 */
export function isOver(index: number, windowMs: number, timeMs: number): boolean {
  const beginMs = index * windowMs
  return timeMs >= beginMs + windowMs || timeMs < beginMs - lateMs
}
