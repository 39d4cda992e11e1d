// Hot path: once per event and detector that counts by operation.
import type { Baseline, Judged } from '../baselines/baseline.ts'
import type { DetectorHost } from '../detectors/detector.ts'
import { ChangedRows } from '../traces/changed-rows.ts'
import type { Actor } from './actors.ts'
import { metricOf, repeatFactor, repeatMs, type Scale } from './actor-rates.ts'

export interface GroupOptions {
  readonly scales: readonly Scale[]
  /** Compares √sum with √ of the group's fullest window, which fades by the day; otherwise sums of all groups are compared as they are. */
  readonly own?: true
}

export interface GroupExceeded extends Judged {
  readonly scale: Scale
  readonly baseline: Baseline
  readonly value: number
  readonly sum: number
  readonly usual: number
  readonly firstMs: number
  /** Who made it up, the heaviest first, with their part of the sum. */
  readonly by: ReadonlyArray<readonly [actor: Actor, part: number]>
}

interface Group {
  readonly windows: GroupWindow[]
  /** It waits to be written. */
  changed: boolean
}

interface GroupWindow {
  index: number
  sum: number
  firstMs: number
  parts: Map<Actor, number>
  windows: number
  peak: number
  tainted: boolean
  /** Its window was learnt already. */
  ended: boolean
  /** When it was told last that it is too full, and the value then. */
  saidMs: number
  said: number
}

interface Habit {
  windows: number
  /** Of the groups' peaks, the mean. */
  peak: number
}

/** How many windows of all groups a new group's habit is worth. */
const trust = 5
/** What is left of a peak after a day. */
const fading = 0.93
const DAY_MS = 86_400_000
const groupsMax = 20_000
const partsMax = 512
const namedMax = 50

/** Sums per operation (or service, or account) over windows, over all actors; knows who made up the running window. */
export class GroupRates {
  /** Groups that were forgotten for want of room. */
  forgotten = 0
  readonly #host: DetectorHost
  readonly #options: GroupOptions
  readonly #baselines: readonly Baseline[]
  readonly #groups = new Map<string, Group>()
  readonly #habits: readonly Habit[]
  /** Sums up to these are below the floor, whatever the habit; by scale. */
  readonly #quiet: readonly number[]
  /** Windows that began since that one did, by scale: only they can have to be ended. */
  readonly #touched: GroupWindow[][]
  readonly #rows = new ChangedRows()
  /** Window that runs, by scale. */
  readonly #running: number[]

  constructor(host: DetectorHost, options: GroupOptions) {
    this.#host = host
    this.#options = options
    this.#habits = options.scales.map(() => ({ windows: 0, peak: 0 }))
    this.#quiet = options.scales.map(({ metric }) => (options.own === true ? metric.floor ** 2 : metric.floor))
    this.#touched = options.scales.map(() => [])
    this.#running = options.scales.map(() => -1)
    host.keep({ changes: () => this.#changes(), restore: rows => this.#restore(rows) })
    this.#baselines = options.scales.map(scale => this.#host.baseline(metricOf(scale)))
  }

  /** Adds an actor's part and says what is too much now: the scale that is exceeded most. */
  add(
    name: string,
    actor: Actor,
    { timeMs, amount }: { readonly timeMs: number; readonly amount: number },
  ): GroupExceeded | null {
    const group = this.#group(name)
    let worst: GroupExceeded | null = null
    for (let i = 0; i < group.windows.length; i++) {
      const window = group.windows[i] as GroupWindow
      const scale = this.#options.scales[i] as Scale
      this.#turn(i, window, timeMs)
      if (window.sum === 0) window.firstMs = timeMs
      window.sum += amount
      const part = window.parts.get(actor)
      if (part !== undefined || window.parts.size < partsMax) window.parts.set(actor, (part ?? 0) + amount)
      // Before anything is worked out: nearly every window is quiet.
      if (window.sum <= (this.#quiet[i] as number)) continue
      const value = this.#value(i, window)
      if (value <= scale.metric.floor) continue
      const baseline = this.#baselines[i] as Baseline
      const judged = baseline.judge(value, timeMs)
      if (!judged.abnormal) continue
      window.tainted = true
      if (timeMs - window.saidMs < repeatMs && value < window.said * repeatFactor) continue
      window.saidMs = timeMs
      window.said = value
      if (worst === null || value / judged.threshold > worst.value / worst.threshold)
        worst = {
          ...judged,
          scale,
          baseline,
          value,
          sum: window.sum,
          usual: this.#usual(i, window),
          firstMs: window.firstMs,
          by: [...window.parts].sort((a, b) => b[1] - a[1]).slice(0, namedMax),
        }
    }
    return worst
  }

  /** There was a call of the group, and nothing to add: windows without any are learnt too. */
  touch(name: string, timeMs: number): void {
    const { windows } = this.#group(name)
    for (let i = 0; i < windows.length; i++) this.#turn(i, windows[i] as GroupWindow, timeMs)
  }

  #changes(): Iterable<readonly [key: string, value: string | null]> {
    // The empty key is free: groups have names, or stand behind a colon.
    this.#rows.changed('')
    return this.#rows.take(key => {
      if (key === '') return JSON.stringify([this.#running, this.#habits])
      const group = this.#groups.get(key.slice(1))
      if (group === undefined) return null
      group.changed = false
      return JSON.stringify(
        group.windows.map(one => [one.index, one.sum, one.firstMs, one.windows, one.peak, +one.tainted, +one.ended]),
      )
    })
  }

  #restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [key, text] of rows) {
      const dump = JSON.parse(text) as number[][]
      this.#rows.stored(key)
      if (key === '') {
        const [running, habits] = dump as unknown as [number[], Habit[]]
        for (const [i, index] of running.entries()) this.#running[i] = index
        for (const [i, habit] of this.#habits.entries()) Object.assign(habit, habits[i])
      } else
        this.#groups.set(key.slice(1), {
          changed: false,
          windows: this.#options.scales.map((_, i) => {
            const [index = -1, sum = 0, firstMs = 0, windows = 0, peak = 0, tainted = 0, ended = 0] = dump[i] ?? []
            return {
              index,
              sum,
              firstMs,
              windows,
              peak,
              tainted: tainted === 1,
              ended: ended === 1,
              parts: new Map(),
              saidMs: 0,
              said: 0,
            }
          }),
        })
    }
    for (const { windows } of this.#groups.values())
      for (const [i, window] of windows.entries()) if (!window.ended) (this.#touched[i] as GroupWindow[]).push(window)
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) {
      if (this.#groups.size >= groupsMax) this.#forget()
      this.#groups.set(name, (group = { windows: this.#options.scales.map(emptyWindow), changed: false }))
    }
    if (!group.changed) {
      group.changed = true
      this.#rows.changed(`:${name}`)
    }
    return group
  }

  #turn(i: number, window: GroupWindow, timeMs: number): void {
    const { windowMs } = this.#options.scales[i] as Scale
    const index = Math.floor(timeMs / windowMs)
    if (index > (this.#running[i] as number)) {
      this.#running[i] = index
      // What never comes again is learnt too.
      for (const one of this.#touched[i] as GroupWindow[]) this.#end(i, one)
      this.#touched[i] = []
    }
    if (index <= window.index) return
    if (window.index >= 0) {
      this.#end(i, window)
      window.peak *= fading ** ((index - window.index) * (windowMs / DAY_MS))
    }
    window.index = index
    ;(this.#touched[i] as GroupWindow[]).push(window)
    window.sum = 0
    window.tainted = false
    window.ended = false
    window.said = 0
    if (window.parts.size > 0) window.parts = new Map()
  }

  #end(i: number, window: GroupWindow): void {
    if (window.ended || window.tainted || window.index < 0) return
    window.ended = true
    const { windowMs } = this.#options.scales[i] as Scale
    const baseline = this.#baselines[i] as Baseline
    baseline.learn(this.#value(i, window), (window.index + 1) * windowMs)
    window.windows++
    if (window.sum > window.peak) window.peak = window.sum
    const habit = this.#habits[i] as Habit
    habit.peak += (window.peak - habit.peak) * Math.max(0.001, 1 / ++habit.windows)
  }

  #value(i: number, window: GroupWindow): number {
    return this.#options.own === true
      ? Math.max(0, Math.sqrt(window.sum) - Math.sqrt(this.#usual(i, window)))
      : window.sum
  }

  #usual(i: number, { windows, peak }: GroupWindow): number {
    return (windows * peak + trust * (this.#habits[i] as Habit).peak) / (windows + trust)
  }

  /** The longest silent of a few goes. */
  #forget(): void {
    let oldest: string | null = null
    let least = Number.POSITIVE_INFINITY
    let looked = 0
    for (const [name, { windows }] of this.#groups) {
      const at = (windows[0]?.index ?? 0) + (windows[0]?.windows ?? 0) / 100
      if (at < least) {
        least = at
        oldest = name
      }
      if (++looked === 32) break
    }
    if (oldest !== null) {
      this.#groups.delete(oldest)
      this.#rows.gone(`:${oldest}`)
    }
    this.forgotten++
  }
}

function emptyWindow(): GroupWindow {
  return {
    index: -1,
    sum: 0,
    firstMs: 0,
    parts: new Map(),
    windows: 0,
    peak: 0,
    tainted: false,
    ended: false,
    saidMs: 0,
    said: 0,
  }
}
