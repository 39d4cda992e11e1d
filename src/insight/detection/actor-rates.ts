// Hot path: once per event and detector that counts.
import type { Baseline, Judged, Metric } from '../baselines/baseline.ts'
import type { ActorSlot, DetectorHost } from '../detectors/detector.ts'
import type { Actor } from './actors.ts'

/** A metric over windows of event time, which begin at multiples of their length. */
export interface Scale {
  readonly metric: Metric
  readonly windowMs: number
}

export interface RateOptions {
  readonly scales: readonly Scale[]
  /** Counts different things instead of all. */
  readonly distinct?: true
  /**
   * Compares with the actor's own habit, √count - √peak, where the peak is its fullest window, fading by the day: what is much for one is little for
   * another. Who is new is expected to do as others do. On that scale Poisson counts have one spread whatever their size.
   */
  readonly own?: true
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

interface Window {
  index: number
  count: number
  firstMs: number
  seen: Set<number> | null
  /** Windows before, and the fullest of them, fading by the day. */
  windows: number
  peak: number
  /** Something in it must not be learnt. */
  tainted: boolean
  /** When it was told last that it is too full, and the value then. */
  saidMs: number
  said: number
}

/** Things that are told apart in one window; beyond that, counting goes on without telling. */
const distinctMax = 1024
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

/** Counts per actor over windows, judges while they run and learns when they end. Within one of the actor's methods (`jwt`, `address` …) all are compared. */
export class ActorRates {
  readonly #scales: readonly Scale[]
  readonly #options: RateOptions
  readonly #host: DetectorHost
  readonly #slot: ActorSlot<Window[]>
  readonly #baselines: Array<Map<string, Baseline>>
  readonly #habits: Array<Map<string, Habit>>
  #written = '[]'

  constructor(host: DetectorHost, options: RateOptions) {
    this.#host = host
    this.#scales = options.scales
    this.#options = options
    this.#slot = host.slot(() => options.scales.map(emptyWindow), {
      dump: windows => windows.map(dumpWindow),
      restore: dump => options.scales.map((_, i) => restoreWindow((dump as unknown[])[i])),
    })
    host.keep({
      changes: () => {
        const text = JSON.stringify(this.#habits.map(habits => [...habits]))
        if (text === this.#written) return []
        this.#written = text
        return [['habits', text] as const]
      },
      restore: rows => {
        for (const [, text] of rows) {
          const dump = JSON.parse(text) as Array<Array<[string, Habit]>>
          for (const [i, habits] of this.#habits.entries())
            for (const [method, habit] of dump[i] ?? []) habits.set(method, habit)
          this.#written = text
        }
      },
    })
    this.#baselines = options.scales.map(() => new Map())
    this.#habits = options.scales.map(() => new Map())
  }

  /** Counts `amount` (or, of distinct things, the thing's hash) and says what is too much now: the scale that is exceeded most. `taint`: the window is not learnt. */
  add(actor: Actor, timeMs: number, amount: number, taint = false): Exceeded | null {
    const windows = this.#slot.of(actor)
    this.#slot.changed(actor)
    let worst: Exceeded | null = null
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i] as Window
      const scale = this.#scales[i] as Scale
      this.#turn(actor, i, timeMs)
      if (taint) window.tainted = true
      if (this.#options.distinct === true) {
        const seen = (window.seen ??= new Set())
        if (seen.size < distinctMax) seen.add(amount)
        else if (!seen.has(amount)) window.count++
        if (window.count < seen.size) window.count = seen.size
      } else window.count += amount
      const value = this.#value(actor, i, window)
      if (value <= scale.metric.floor) continue
      const baseline = this.#baseline(i, actor.method)
      const judged = baseline.judge(value, timeMs)
      if (!judged.abnormal) continue
      window.tainted = true
      // A flood must not become a flood of reports.
      if (timeMs - window.saidMs < repeatMs && value < window.said * repeatFactor) continue
      window.saidMs = timeMs
      window.said = value
      const ratio = value / judged.threshold
      if (worst === null || ratio > worst.value / worst.threshold)
        worst = { ...judged, scale, baseline, value, count: window.count, firstMs: window.firstMs }
    }
    return worst
  }

  /** The actor called, and there was nothing to count: windows without any are learnt too. */
  touch(actor: Actor, timeMs: number): void {
    this.#slot.changed(actor)
    const windows = this.#slot.of(actor)
    for (let i = 0; i < windows.length; i++) this.#turn(actor, i, timeMs)
  }

  /** Is a window that runs told to be too full? */
  isTold(actor: Actor): boolean {
    return this.#slot.peek(actor)?.some(({ said }) => said > 0) === true
  }

  /** Counted in the running window of that scale. */
  countOf(actor: Actor, scale = 0): number {
    return this.#slot.peek(actor)?.[scale]?.count ?? 0
  }

  /** The most that the actor usually has in a window, for sentences. */
  usual(actor: Actor, scale: Scale): number {
    const i = this.#scales.indexOf(scale)
    const window = this.#slot.peek(actor)?.[i]
    return window === undefined ? 0 : this.#expected(actor, i, window)
  }

  /** What comes late counts to the window that runs: it can only make it look fuller. */
  #turn(actor: Actor, i: number, timeMs: number): void {
    const window = this.#slot.of(actor)[i] as Window
    const index = Math.floor(timeMs / (this.#scales[i] as Scale).windowMs)
    if (index <= window.index) return
    if (window.index >= 0) {
      this.#end(actor, i, window)
      if (window.peak > 0)
        window.peak *= fading ** ((index - window.index) * ((this.#scales[i] as Scale).windowMs / DAY_MS))
    }
    window.index = index
    window.count = 0
    window.seen = null
    window.tainted = false
    window.said = 0
    window.firstMs = timeMs
  }

  #end(actor: Actor, i: number, window: Window): void {
    const { windowMs } = this.#scales[i] as Scale
    const endMs = (window.index + 1) * windowMs
    const baseline = this.#baseline(i, actor.method)
    // What was abnormal is counted by the baseline and not learnt.
    if (window.tainted || actor.suspectUntilMs > window.index * windowMs) return
    baseline.learn(this.#value(actor, i, window), endMs)
    if (this.#options.own !== true) return
    window.windows++
    if (window.count > window.peak) window.peak = window.count
    const habit = this.#habit(i, actor.method)
    habit.peak += (window.peak - habit.peak) * Math.max(0.001, 1 / ++habit.windows)
  }

  #value(actor: Actor, i: number, window: Window): number {
    if (this.#options.own !== true) return window.count
    return Math.max(0, Math.sqrt(window.count) - Math.sqrt(this.#expected(actor, i, window)))
  }

  #expected(actor: Actor, i: number, { windows, peak }: Window): number {
    return (windows * peak + trust * this.#habit(i, actor.method).peak) / (windows + trust)
  }

  #habit(i: number, method: string): Habit {
    const habits = this.#habits[i] as Map<string, Habit>
    let habit = habits.get(method)
    if (habit === undefined) habits.set(method, (habit = { windows: 0, peak: 0 }))
    return habit
  }

  #baseline(i: number, method: string): Baseline {
    const baselines = this.#baselines[i] as Map<string, Baseline>
    let baseline = baselines.get(method)
    if (baseline === undefined)
      baselines.set(method, (baseline = this.#host.baseline(metricOf(this.#scales[i] as Scale), method)))
    return baseline
  }
}

/** Ten minutes of somebody are one sample of the warm-up, longer windows as many as they hold. */
export function metricOf({ metric, windowMs }: Scale): Metric {
  return { worth: Math.max(1, windowMs / 600_000), ...metric }
}

function emptyWindow(): Window {
  return { index: -1, count: 0, firstMs: 0, seen: null, windows: 0, peak: 0, tainted: false, saidMs: 0, said: 0 }
}

function dumpWindow({ index, count, firstMs, seen, windows, peak, tainted }: Window): unknown {
  return [index, count, firstMs, windows, peak, tainted ? 1 : 0, seen === null ? 0 : [...seen]]
}

function restoreWindow(dump: unknown): Window {
  const [index, count, firstMs, windows, peak, tainted, seen] = dump as number[]
  if (![index, count, firstMs, windows, peak].every(Number.isFinite)) throw new RangeError('no dump of a window')
  return {
    index: index as number,
    count: count as number,
    firstMs: firstMs as number,
    windows: windows as number,
    peak: peak as number,
    tainted: tainted === 1,
    saidMs: 0,
    said: 0,
    seen: Array.isArray(seen) ? new Set(seen as number[]) : null,
  }
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
