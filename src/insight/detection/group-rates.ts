// Hot path: once per event and detector that counts by operation.
import type { Baseline, Judged } from '../baselines/baseline.ts'
import type { DetectorHost } from '../detectors/detector.ts'
import type { Actor } from './actors.ts'
import { metricOf, type Scale } from './actor-rates.ts'

export interface GroupOptions {
  readonly scales: readonly Scale[]
  /** Compares √sum with √ of what the group usually has; otherwise sums of all groups are compared as they are. */
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
}

interface GroupWindow {
  index: number
  sum: number
  firstMs: number
  parts: Map<Actor, number>
  windows: number
  mean: number
  tainted: boolean
  /** Its window was learnt already. */
  ended: boolean
}

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
  /** Window that runs, by scale. */
  readonly #running: number[]

  constructor(host: DetectorHost, options: GroupOptions) {
    this.#host = host
    this.#options = options
    this.#running = options.scales.map(() => -1)
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
      const value = this.#value(window)
      if (value <= scale.metric.floor) continue
      const baseline = this.#baselines[i] as Baseline
      const judged = baseline.judge(value, timeMs)
      if (!judged.abnormal) continue
      window.tainted = true
      if (worst === null || value / judged.threshold > worst.value / worst.threshold)
        worst = {
          ...judged,
          scale,
          baseline,
          value,
          sum: window.sum,
          usual: window.mean,
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

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) {
      if (this.#groups.size >= groupsMax) this.#forget()
      this.#groups.set(name, (group = { windows: this.#options.scales.map(emptyWindow) }))
    }
    return group
  }

  #turn(i: number, window: GroupWindow, timeMs: number): void {
    const { windowMs } = this.#options.scales[i] as Scale
    const index = Math.floor(timeMs / windowMs)
    if (index > (this.#running[i] as number)) {
      this.#running[i] = index
      // What never comes again is learnt too.
      for (const { windows } of this.#groups.values()) this.#end(i, windows[i] as GroupWindow)
    }
    if (index <= window.index) return
    if (window.index >= 0) {
      // Windows without any are part of what is usual, as far as they matter.
      this.#end(i, window)
      const silent = Math.min(index - window.index - 1, 50)
      for (let n = 0; n < silent; n++) window.mean += (0 - window.mean) * Math.max(0.01, 1 / ++window.windows)
    }
    window.index = index
    window.sum = 0
    window.tainted = false
    window.ended = false
    if (window.parts.size > 0) window.parts = new Map()
  }

  #end(i: number, window: GroupWindow): void {
    if (window.ended || window.tainted || window.index < 0) return
    window.ended = true
    const { windowMs } = this.#options.scales[i] as Scale
    const baseline = this.#baselines[i] as Baseline
    baseline.learn(this.#value(window), (window.index + 1) * windowMs)
    window.mean += (window.sum - window.mean) * Math.max(0.01, 1 / ++window.windows)
  }

  #value(window: GroupWindow): number {
    return this.#options.own === true ? Math.max(0, Math.sqrt(window.sum) - Math.sqrt(window.mean)) : window.sum
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
    if (oldest !== null) this.#groups.delete(oldest)
    this.forgotten++
  }
}

function emptyWindow(): GroupWindow {
  return { index: -1, sum: 0, firstMs: 0, parts: new Map(), windows: 0, mean: 0, tainted: false, ended: false }
}
