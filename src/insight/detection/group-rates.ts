// Hot path: once per event and detector that counts by operation.
import type { Baseline, Judged } from '../baselines/baseline.ts'
import type { DetectorHost } from '../detectors/detector.ts'
import { ChangedRows } from '../traces/changed-rows.ts'
import { ActorParts } from './actor-parts.ts'
import type { Actor } from './actors.ts'
import { isOver, metricOf, repeatFactor, repeatMs, type Scale } from './actor-rates.ts'
import {
  ended,
  firstMsAt,
  flagsAt,
  GroupBlocks,
  indexAt,
  peakAt,
  type PlaceInBlock,
  saidAt,
  saidMsAt,
  stride,
  sumAt,
  tainted,
  windowsAt,
} from './group-windows.ts'

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
  /** Those of them without whom it would not have been too much, the heaviest first: who only was there too is not held responsible. */
  readonly responsible: readonly Actor[]
}

interface Group extends PlaceInBlock {
  /** Who made up the windows, by scale; null: they are over, or have nothing yet. */
  readonly parts: Array<ActorParts | null>
  /** It waits to be written. */
  changed: boolean
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
  readonly #quiet: Float64Array
  /** Groups whose window began since that one did, by scale: only they can have to be ended. Those before them, whose windows are over. */
  readonly #touched: Group[][]
  readonly #over: Group[][]
  readonly #blocks: GroupBlocks
  readonly #rows = new ChangedRows()
  /** Window that runs, by scale. */
  readonly #running: number[]

  constructor(host: DetectorHost, options: GroupOptions) {
    this.#host = host
    this.#options = options
    this.#blocks = new GroupBlocks(options.scales.length)
    this.#habits = options.scales.map(() => ({ windows: 0, peak: 0 }))
    this.#quiet = Float64Array.from(options.scales, ({ metric }) =>
      options.own === true ? metric.floor ** 2 : metric.floor,
    )
    this.#touched = options.scales.map(() => [])
    this.#over = options.scales.map(() => [])
    this.#running = options.scales.map(() => -1)
    host.keep({ changes: () => this.#changes(), restore: rows => this.#restore(rows) })
    this.#baselines = options.scales.map(scale => this.#host.baseline(metricOf(scale, options.own === true)))
  }

  /** Adds an actor's part and says what is too much now: the scale that is exceeded most. */
  add(
    name: string,
    actor: Actor,
    { timeMs, amount }: { readonly timeMs: number; readonly amount: number },
  ): GroupExceeded | null {
    const group = this.#group(name)
    const { block } = group
    let worst: GroupExceeded | null = null
    for (let i = 0, at = group.at; i < this.#quiet.length; i++, at += stride) {
      this.#turn(i, group, timeMs)
      if (block[at + sumAt] === 0) block[at + firstMsAt] = timeMs
      const sum = (block[at + sumAt] as number) + amount
      block[at + sumAt] = sum
      ;(group.parts[i] ??= new ActorParts()).add(actor, amount)
      // Before anything is worked out: nearly every window is quiet.
      if (sum <= (this.#quiet[i] as number)) continue
      const exceeded = this.#judge(i, group, timeMs)
      if (exceeded !== null && (worst === null || exceeded.value / exceeded.threshold > worst.value / worst.threshold))
        worst = exceeded
    }
    return worst
  }

  /** There was a call of the group, and nothing to add: windows without any are learnt too. */
  touch(name: string, timeMs: number): void {
    const group = this.#group(name)
    for (let i = 0; i < this.#quiet.length; i++) this.#turn(i, group, timeMs)
  }

  /** null: the window is not too full, or that was just told. */
  #judge(i: number, group: Group, timeMs: number): GroupExceeded | null {
    const { block } = group
    const at = group.at + i * stride
    const scale = this.#options.scales[i] as Scale
    const value = this.#value(i, group)
    if (value <= scale.metric.floor) return null
    const baseline = this.#baselines[i] as Baseline
    const judged = baseline.judge(value, timeMs)
    if (!judged.abnormal) return null
    block[at + flagsAt] = (block[at + flagsAt] as number) | tainted
    if (timeMs - (block[at + saidMsAt] as number) < repeatMs && value < (block[at + saidAt] as number) * repeatFactor)
      return null
    block[at + saidMsAt] = timeMs
    block[at + saidAt] = value
    const by = group.parts[i]?.heaviest(namedMax) ?? []
    const sum = block[at + sumAt] as number
    const usual = this.#usual(i, group)
    const allowed = this.#options.own === true ? (Math.sqrt(usual) + judged.threshold) ** 2 : judged.threshold
    return {
      ...judged,
      scale,
      baseline,
      value,
      sum,
      usual,
      firstMs: block[at + firstMsAt] as number,
      by,
      responsible: responsibleFor(sum - allowed, by),
    }
  }

  #changes(): Iterable<readonly [key: string, value: string | null]> {
    // The empty key is free: groups have names, or stand behind a colon.
    this.#rows.changed('')
    return this.#rows.take(key => {
      if (key === '') return JSON.stringify([this.#running, this.#habits])
      const group = this.#groups.get(key.slice(1))
      if (group === undefined) return null
      group.changed = false
      const { block, at } = group
      return JSON.stringify(
        this.#options.scales.map((_, i) => {
          const from = at + i * stride
          const flags = block[from + flagsAt] as number
          return [...block.subarray(from, from + flagsAt), flags & tainted, (flags & ended) / ended]
        }),
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
      } else {
        const group = this.#made()
        for (let i = 0; i < this.#quiet.length; i++) {
          const [index = 0, sum = 0, firstMs = 0, windows = 0, peak = 0, isTainted = 0, isEnded = 0] = dump[i] ?? []
          const flags = (isTainted === 1 ? tainted : 0) | (isEnded === 1 ? ended : 0)
          group.block.set([Math.max(0, index), sum, firstMs, windows, peak, flags], group.at + i * stride)
        }
        this.#groups.set(key.slice(1), group)
      }
    }
    for (const group of this.#groups.values())
      for (let i = 0; i < this.#quiet.length; i++)
        if (((group.block[group.at + i * stride + flagsAt] as number) & ended) === 0)
          (this.#touched[i] as Group[]).push(group)
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) {
      if (this.#groups.size >= groupsMax) this.#forget()
      this.#groups.set(name, (group = this.#made()))
    }
    if (!group.changed) {
      group.changed = true
      this.#rows.changed(`:${name}`)
    }
    return group
  }

  #made(): Group {
    return { ...this.#blocks.take(), parts: this.#options.scales.map(() => null), changed: false }
  }

  #turn(i: number, group: Group, timeMs: number): void {
    const { windowMs } = this.#options.scales[i] as Scale
    const index = Math.floor(timeMs / windowMs)
    const running = this.#running[i] as number
    if (index > running) this.#advance(i, index)
    else if (index < running && isOver(running, windowMs, timeMs)) this.#goBack(i, index)
    const { block } = group
    const at = group.at + i * stride
    const before = block[at + indexAt] as number
    if (!isOver(before, windowMs, timeMs)) return
    if (before > 0 && index > before) {
      this.#end(i, group)
      block[at + peakAt] = (block[at + peakAt] as number) * fading ** ((index - before) * (windowMs / DAY_MS))
    }
    block[at + indexAt] = index
    ;(this.#touched[i] as Group[]).push(group)
    block[at + sumAt] = 0
    block[at + flagsAt] = 0
    block[at + saidAt] = 0
    group.parts[i] = null
  }

  /** Another window begins for all groups. */
  #advance(i: number, index: number): void {
    this.#running[i] = index
    // What never comes again is learnt too.
    for (const one of this.#touched[i] as Group[]) this.#end(i, one)
    // Who made up a window is told of what comes late, and then forgotten: callers who are gone must not stay here.
    for (const one of this.#over[i] as Group[])
      if ((one.block[one.at + i * stride + indexAt] as number) < index - 1) one.parts[i] = null
    this.#over[i] = this.#touched[i] as Group[]
    this.#touched[i] = []
  }

  /** The clock went back: what began ahead is not learnt. */
  #goBack(i: number, index: number): void {
    this.#running[i] = index
    for (const one of this.#touched[i] as Group[]) one.parts[i] = null
    this.#touched[i] = []
  }

  #end(i: number, group: Group): void {
    const { block } = group
    const at = group.at + i * stride
    const index = block[at + indexAt] as number
    const flags = block[at + flagsAt] as number
    if (flags !== 0 || index === 0) return
    block[at + flagsAt] = ended
    const { windowMs } = this.#options.scales[i] as Scale
    const baseline = this.#baselines[i] as Baseline
    baseline.learn(this.#value(i, group), (index + 1) * windowMs)
    block[at + windowsAt] = (block[at + windowsAt] as number) + 1
    const peak = Math.max(block[at + peakAt] as number, block[at + sumAt] as number)
    block[at + peakAt] = peak
    const habit = this.#habits[i] as Habit
    habit.peak += (peak - habit.peak) * Math.max(0.001, 1 / ++habit.windows)
  }

  #value(i: number, group: Group): number {
    const sum = group.block[group.at + i * stride + sumAt] as number
    return this.#options.own === true ? Math.max(0, Math.sqrt(sum) - Math.sqrt(this.#usual(i, group))) : sum
  }

  #usual(i: number, { block, at }: Group): number {
    const windows = block[at + i * stride + windowsAt] as number
    const peak = block[at + i * stride + peakAt] as number
    const usual = (windows * peak + trust * (this.#habits[i] as Habit).peak) / (windows + trust)
    return (this.#options.scales[i] as Scale).metric.elastic === true ? usual * this.#host.factor() : usual
  }

  /** The longest silent of a few goes. */
  #forget(): void {
    let oldest: string | null = null
    let least = Number.POSITIVE_INFINITY
    let looked = 0
    for (const [name, { block, at }] of this.#groups) {
      const rank = (block[at + indexAt] as number) + (block[at + windowsAt] as number) / 100
      if (rank < least) {
        least = rank
        oldest = name
      }
      if (++looked === 32) break
    }
    const group = this.#groups.get(oldest ?? '')
    if (oldest !== null && group !== undefined) {
      this.#groups.delete(oldest)
      this.#rows.gone(`:${oldest}`)
      // Its window may still have to be ended.
      this.#blocks.giveBack(group)
    }
    this.forgotten++
  }
}

/** From the heaviest on, until their parts make up the excess. */
function responsibleFor(excess: number, by: GroupExceeded['by']): Actor[] {
  const out: Actor[] = []
  let left = excess
  for (const [actor, part] of by) {
    if (left <= 0) break
    out.push(actor)
    left -= part
  }
  return out
}
