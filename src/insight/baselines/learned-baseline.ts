// Hot path: once per sample of every metric.
import type { Baseline, Judged, Metric, Mode } from './baseline.ts'
import { LearnedTail, type LearnedTailDump } from './learned-tail.ts'

const DAY_MS = 86_400_000
/** Values judged lately, for replays before a threshold is set. */
const judgedMax = 128

export interface WarmUp {
  readonly samples: number
  readonly spanMs: number
}

/** What holds for all baselines. */
export interface BaselineTerms {
  readonly warmUp: WarmUp
  /** So long after its first sample a baseline still finds its place, ms; then its reference is frozen. */
  readonly settleMs: number
  /** From then on a threshold moves by at most this factor in a day, and by at most `reach` from its reference. */
  readonly stepPerDay: number
  readonly reach: number
}

/** What a baseline needs of those around it. */
export interface Around {
  readonly terms: () => BaselineTerms
  /** Share of samples that may be falsely abnormal. */
  readonly share: () => number
  /** Factor of the scenario in force; 1: none. */
  readonly scale: () => number
  readonly sampled: () => void
}

export interface BaselineDump {
  readonly tail: LearnedTailDump
  readonly level: number | null
  readonly reference: number | null
  readonly day: number
  readonly said: Said | null
  readonly abnormal: number
}

/** A threshold that somebody set. */
export interface Said {
  readonly mode: Exclude<Mode, 'automatic'>
  readonly threshold: number
}

/**
 * One metric in one scope. Its threshold is what the tail says for the budget. Once warm it moves by a bounded step a day, and a frozen reference
 * stands beside it, so that slow drift toward an attack ends at a wall that only a person moves.
 */
export class LearnedBaseline implements Baseline {
  readonly metric: Metric
  /** Judges while this one is not warm; null: nobody does. */
  readonly parent: LearnedBaseline | null
  changed = false
  said: Said | null = null
  abnormal = 0
  #tail = new LearnedTail()
  readonly #around: Around
  #level: number | null = null
  #reference: number | null = null
  #day = -1
  #judged: number[] = []
  #nextJudged = 0

  constructor(metric: Metric, parent: LearnedBaseline | null, around: Around) {
    this.metric = metric
    this.parent = parent
    this.#around = around
  }

  get samples(): number {
    return this.#tail.n
  }

  get mode(): Mode {
    return this.said?.mode ?? 'automatic'
  }

  /** When it became warm; null: not yet. */
  get reference(): number | null {
    return this.#reference
  }

  judge(value: number, timeMs: number): Judged {
    const { floor, elastic } = this.metric
    const own = this.threshold(timeMs)
    if (own === null) {
      if (this.parent !== null) return this.parent.judge(value, timeMs)
      return { threshold: Math.max(floor, value), abnormal: false, warm: false }
    }
    const threshold = elastic === true ? own * this.#around.scale() : own
    return { threshold, abnormal: value > threshold, warm: true }
  }

  learn(value: number, timeMs: number): void {
    if (!(value >= 0) || !Number.isFinite(value)) return
    if (this.parent === null) this.#around.sampled()
    else this.parent.learn(value, timeMs)
    this.changed = true
    if (this.#judged.length < judgedMax) this.#judged.push(value)
    else this.#judged[this.#nextJudged++ % judgedMax] = value
    if (this.judge(value, timeMs).abnormal) {
      this.abnormal++
      return
    }
    this.#tail.learn(value, timeMs)
  }

  describe(): string {
    const { unit } = this.metric
    // What is said judges before what was learnt, here and above.
    const said = this.said ?? (this.#tail.n === 0 ? (this.parent?.said ?? null) : null)
    if (said !== null)
      return `${said.mode === 'expert' ? 'an expert' : 'a person at work'} allows ${rounded(said.threshold)} ${unit}`
    const known = this.#tail.n > 0 || this.parent === null ? this.#tail : this.parent.#tail
    if (known.n === 0) return 'nothing was learnt yet'
    return `99 of 100 were at most ${rounded(known.bodyQuantile(0.99))} ${unit}, in ${known.n.toLocaleString('en')} samples`
  }

  /** The threshold in force, without scenario; null: not warm and nothing said. */
  threshold(timeMs: number): number | null {
    if (this.said !== null) return this.said.threshold
    const { warmUp, settleMs, stepPerDay, reach } = this.#around.terms()
    if (this.#level === null) {
      if (this.#tail.n * (this.metric.worth ?? 1) < warmUp.samples || timeMs - this.#tail.firstMs < warmUp.spanMs)
        return null
      this.#level = this.#reference = this.#wanted()
      this.#day = Math.floor(timeMs / DAY_MS)
      this.changed = true
      return this.#level
    }
    const day = Math.floor(timeMs / DAY_MS)
    if (day > this.#day) {
      const room = stepPerDay ** Math.min(30, day - this.#day)
      this.#day = day
      this.changed = true
      if (timeMs - this.#tail.firstMs <= settleMs) return (this.#level = this.#reference = this.#wanted())
      const reference = this.#reference ?? this.#level
      const stepped = Math.min(this.#level * room, Math.max(this.#level / room, this.#wanted()))
      this.#level = Math.max(this.metric.floor, Math.min(reference * reach, Math.max(reference / reach, stepped)))
    }
    return this.#level
  }

  /** Of the values judged lately: how many a threshold would have called abnormal. */
  replay(threshold: number): { readonly judged: number; readonly wouldAlarm: number } {
    return { judged: this.#judged.length, wouldAlarm: this.#judged.filter(value => value > threshold).length }
  }

  /** A person says that what is learnt now is normal: the reference is where the tail is. */
  accept(): void {
    this.#level = this.#reference = null
    this.changed = true
  }

  dump(): BaselineDump {
    return {
      tail: this.#tail.dump(),
      level: this.#level,
      reference: this.#reference,
      day: this.#day,
      said: this.said?.mode === 'manual' ? this.said : null,
      abnormal: this.abnormal,
    }
  }

  /** Throws on what is no dump. */
  restore(dump: BaselineDump): void {
    this.#tail = LearnedTail.restore(dump.tail)
    this.#level = dump.level
    this.#reference = dump.reference
    this.#day = dump.day
    this.abnormal = dump.abnormal
    if (dump.said !== null) this.said = dump.said
  }

  #wanted(): number {
    // Where no tail shows, what was seen is not yet all that may be.
    return Math.max(this.metric.floor, this.#tail.quantile(this.#around.share()) ?? this.#tail.bodyQuantile(1) * 1.25)
  }
}

function rounded(value: number): string {
  return (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)).toLocaleString('en')
}
