// Hot path: once per event and detector that counts.
import type { Baseline, Judged, Metric } from '../baselines/baseline.ts'
import type { ActorSlot, DetectorHost } from '../detectors/detector.ts'
import {
  countAt,
  dumpWindow,
  firstMsAt,
  indexAt,
  isNew,
  peakAt,
  restoreWindow,
  saidAt,
  saidMsAt,
  stride,
  taintedAt,
  type Windows,
  windowsAt,
} from './actor-windows.ts'
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
  readonly #slot: ActorSlot<Windows>
  /** Numbers of a new actor: cloned, since an array that ever held a fraction stays an array of doubles. */
  readonly #empty: number[]
  /** Counts up to these are below the floor, whatever the habit; by scale. */
  readonly #quiet: readonly number[]
  readonly #baselines: Array<Map<string, Baseline>>
  readonly #habits: Array<Map<string, Habit>>
  #written = '[]'

  constructor(host: DetectorHost, options: RateOptions) {
    this.#host = host
    this.#scales = options.scales
    this.#options = options
    this.#empty = options.scales.flatMap(() => [0.5, 0, 0, 0, 0, 0, 0, 0])
    for (let i = 0; i < options.scales.length; i++) this.#empty[i * stride] = -1
    this.#quiet = options.scales.map(({ metric }) => (options.own === true ? metric.floor ** 2 : metric.floor))
    this.#slot = host.slot(() => this.#new(), {
      dump: windows => options.scales.map((_, i) => dumpWindow(windows, i)),
      restore: dump => this.#restored(dump as unknown[]),
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
    const { numbers } = windows
    this.#slot.changed(actor)
    let worst: Exceeded | null = null
    for (let i = 0; i < this.#scales.length; i++) {
      const at = i * stride
      const index = Math.floor(timeMs / (this.#scales[i] as Scale).windowMs)
      if (index > (numbers[at + indexAt] as number)) this.#turn(actor, windows, { i, index, timeMs })
      if (taint) numbers[at + taintedAt] = 1
      const counted =
        (numbers[at + countAt] as number) + (windows.seen === null ? amount : isNew(windows.seen, i, amount))
      numbers[at + countAt] = counted
      // Before anything is worked out: nearly every window is quiet.
      if (counted <= (this.#quiet[i] as number)) continue
      const scale = this.#scales[i] as Scale
      const value = this.#value(actor, i, numbers)
      if (value <= scale.metric.floor) continue
      const baseline = this.#baseline(i, actor.method)
      const judged = baseline.judge(value, timeMs)
      if (!judged.abnormal) continue
      numbers[at + taintedAt] = 1
      // A flood must not become a flood of reports.
      if (
        timeMs - (numbers[at + saidMsAt] as number) < repeatMs &&
        value < (numbers[at + saidAt] as number) * repeatFactor
      )
        continue
      numbers[at + saidMsAt] = timeMs
      numbers[at + saidAt] = value
      const ratio = value / judged.threshold
      if (worst === null || ratio > worst.value / worst.threshold)
        worst = { ...judged, scale, baseline, value, count: counted, firstMs: numbers[at + firstMsAt] as number }
    }
    return worst
  }

  /** The actor called, and there was nothing to count: windows without any are learnt too. */
  touch(actor: Actor, timeMs: number): void {
    this.#slot.changed(actor)
    const windows = this.#slot.of(actor)
    for (let i = 0; i < this.#scales.length; i++) {
      const index = Math.floor(timeMs / (this.#scales[i] as Scale).windowMs)
      if (index > (windows.numbers[i * stride + indexAt] as number)) this.#turn(actor, windows, { i, index, timeMs })
    }
  }

  /** Is a window that runs told to be too full? */
  isTold(actor: Actor): boolean {
    const numbers = this.#slot.peek(actor)?.numbers
    return numbers !== undefined && this.#scales.some((_, i) => (numbers[i * stride + saidAt] as number) > 0)
  }

  /** The most that the actor usually has in a window, for sentences. */
  usual(actor: Actor, scale: Scale): number {
    const i = this.#scales.indexOf(scale)
    const windows = this.#slot.peek(actor)
    return windows === undefined || i === -1 ? 0 : this.#expected(actor, i, windows.numbers)
  }

  #new(): Windows {
    return { numbers: this.#empty.slice(), seen: this.#options.distinct === true ? this.#scales.map(() => null) : null }
  }

  #restored(dump: unknown[]): Windows {
    const windows = this.#new()
    for (let i = 0; i < this.#scales.length; i++) restoreWindow(windows, i, dump[i])
    return windows
  }

  /** Another window begins. What comes late counts to the window that runs: it can only make it look fuller. */
  #turn(
    actor: Actor,
    { numbers, seen }: Windows,
    { i, index, timeMs }: { readonly i: number; readonly index: number; readonly timeMs: number },
  ): void {
    const { windowMs } = this.#scales[i] as Scale
    const at = i * stride
    const before = numbers[at + indexAt] as number
    if (before >= 0) {
      this.#end(actor, i, numbers)
      const peak = numbers[at + peakAt] as number
      if (peak > 0) numbers[at + peakAt] = peak * fading ** ((index - before) * (windowMs / DAY_MS))
    }
    numbers[at + indexAt] = index
    numbers[at + countAt] = 0
    if (seen !== null) seen[i] = null
    numbers[at + taintedAt] = 0
    numbers[at + saidAt] = 0
    numbers[at + firstMsAt] = timeMs
  }

  #end(actor: Actor, i: number, numbers: number[]): void {
    const { windowMs } = this.#scales[i] as Scale
    const at = i * stride
    const index = numbers[at + indexAt] as number
    // What was abnormal is counted by the baseline and not learnt.
    if (numbers[at + taintedAt] === 1 || actor.suspectUntilMs > index * windowMs) return
    this.#baseline(i, actor.method).learn(this.#value(actor, i, numbers), (index + 1) * windowMs)
    if (this.#options.own !== true) return
    numbers[at + windowsAt] = (numbers[at + windowsAt] as number) + 1
    const peak = Math.max(numbers[at + peakAt] as number, numbers[at + countAt] as number)
    numbers[at + peakAt] = peak
    const habit = this.#habit(i, actor.method)
    habit.peak += (peak - habit.peak) * Math.max(0.001, 1 / ++habit.windows)
  }

  #value(actor: Actor, i: number, numbers: readonly number[]): number {
    const counted = numbers[i * stride + countAt] as number
    if (this.#options.own !== true) return counted
    return Math.max(0, Math.sqrt(counted) - Math.sqrt(this.#expected(actor, i, numbers)))
  }

  #expected(actor: Actor, i: number, numbers: readonly number[]): number {
    const windows = numbers[i * stride + windowsAt] as number
    const peak = numbers[i * stride + peakAt] as number
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

/** `10 minutes`, `an hour`, `a day`. */
export function lengthOf(windowMs: number): string {
  if (windowMs === 3_600_000) return 'an hour'
  if (windowMs === 60_000) return 'a minute'
  if (windowMs === 86_400_000) return 'a day'
  if (windowMs % 3_600_000 === 0) return `${windowMs / 3_600_000} hours`
  if (windowMs % 60_000 === 0) return `${windowMs / 60_000} minutes`
  return `${windowMs / 1000} seconds`
}
