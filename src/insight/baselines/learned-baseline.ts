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
  /** So that people can read and change it before a detector asks for it again. */
  readonly metric: Metric
  readonly tail: LearnedTailDump
  readonly level: number | null
  readonly reference: number | null
  readonly day: number
  readonly said: Said | null
  readonly abnormal: number
  /** Oldest first. */
  readonly judged: readonly number[]
}

/** Where an automatic threshold stands. */
export interface Place {
  readonly level: number
  readonly reference: number
  /** Day of event time on which it was put there. */
  readonly day: number
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
  /** The code's own once a detector has asked for it. */
  metric: Metric
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

  /** Where the threshold stood when it had settled; null: not yet warm. */
  get reference(): number | null {
    return this.#reference
  }

  judge(value: number, timeMs: number): Judged {
    const { floor, elastic } = this.metric
    const own = this.threshold(timeMs)
    if (own === null) {
      if (this.parent !== null) return this.parent.judge(value, timeMs)
      return { threshold: Number.isFinite(value) ? Math.max(floor, value) : floor, abnormal: false, warm: false }
    }
    const threshold = elastic === true ? own * this.#around.scale() : own
    return { threshold, abnormal: value > threshold, warm: true }
  }

  learn(value: number, timeMs: number): void {
    if (!(value >= 0) || !Number.isFinite(value) || !Number.isFinite(timeMs)) return
    if (this.parent === null) this.#around.sampled()
    else this.parent.learn(value, timeMs)
    this.changed = true
    if (this.#judged.length < judgedMax) this.#judged.push(value)
    else this.#judged[this.#nextJudged++ % judgedMax] = value
    if (this.#isAbnormal(value, timeMs)) {
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
    const place = this.#placeAt(timeMs)
    if (place === null) return this.#level
    this.#level = place.level
    this.#reference = place.reference
    this.#day = place.day
    this.changed = true
    return place.level
  }

  /** The same for people: whoever looks must not move it. */
  peek(timeMs: number): { readonly threshold: number | null; readonly reference: number | null } {
    const { level, reference } = this.#placeAt(timeMs) ?? { level: this.#level, reference: this.#reference }
    return { threshold: this.said?.threshold ?? level, reference }
  }

  /** Of the values judged lately: how many a threshold would have called abnormal. */
  replay(threshold: number): { readonly judged: number; readonly wouldAlarm: number } {
    return { judged: this.#judged.length, wouldAlarm: this.#judged.filter(value => value > threshold).length }
  }

  /** A person says that what is learnt now is normal: the reference is where the tail is. Gives the place it had; null: it was not warm. */
  accept(): Place | null {
    const before = this.#level === null ? null : { level: this.#level, reference: this.#reference ?? 0, day: this.#day }
    this.#level = this.#reference = null
    this.changed = true
    return before
  }

  /** Takes an acceptance back. */
  moveTo(place: Place | null): void {
    this.#level = place?.level ?? null
    this.#reference = place?.reference ?? null
    this.#day = place?.day ?? -1
    this.changed = true
  }

  dump(): BaselineDump {
    const oldest = this.#nextJudged % judgedMax
    return {
      metric: this.metric,
      tail: this.#tail.dump(),
      level: this.#level,
      reference: this.#reference,
      day: this.#day,
      said: this.said?.mode === 'manual' ? this.said : null,
      abnormal: this.abnormal,
      judged: [...this.#judged.slice(oldest), ...this.#judged.slice(0, oldest)],
    }
  }

  /** Throws on what is no dump. */
  restore({ tail, level, reference, day, said, abnormal, judged }: BaselineDump): void {
    const numbers = [day, abnormal, ...judged]
    if (level !== null || reference !== null) numbers.push(level as number, reference as number)
    if (said !== null) numbers.push(said.threshold)
    if (!numbers.every(Number.isFinite) || (said !== null && said.mode !== 'manual'))
      throw new RangeError('not the dump of a baseline')
    this.#tail = LearnedTail.restore(tail)
    this.#level = level
    this.#reference = reference
    this.#day = day
    this.abnormal = abnormal
    this.#judged = judged.slice(-judgedMax)
    this.#nextJudged = 0
    if (said !== null) this.said = said
  }

  /** As `judge` says. */
  #isAbnormal(value: number, timeMs: number): boolean {
    const own = this.threshold(timeMs)
    if (own === null) return this.parent !== null && this.parent.#isAbnormal(value, timeMs)
    return value > (this.metric.elastic === true ? own * this.#around.scale() : own)
  }

  /** Where another day, or the end of the warm-up, puts the threshold; null: it stays where it is. */
  #placeAt(timeMs: number): Place | null {
    // Nearly always: it was placed today.
    if (this.#level !== null && timeMs < (this.#day + 1) * DAY_MS) return null
    const { warmUp, settleMs, stepPerDay, reach } = this.#around.terms()
    const day = Math.floor(timeMs / DAY_MS)
    if (this.#level === null) {
      if (this.#tail.n * (this.metric.worth ?? 1) < warmUp.samples || timeMs - this.#tail.firstMs < warmUp.spanMs)
        return null
      return settled(this.#wanted(), day)
    }
    if (timeMs - this.#tail.firstMs <= settleMs) return settled(this.#wanted(), day)
    const room = stepPerDay ** Math.min(30, day - this.#day)
    const reference = this.#reference as number
    const stepped = Math.min(this.#level * room, Math.max(this.#level / room, this.#wanted()))
    const level = Math.max(this.metric.floor, Math.min(reference * reach, Math.max(reference / reach, stepped)))
    return { level, reference, day }
  }

  #wanted(): number {
    // Where no tail shows, what was seen is not yet all that may be.
    return Math.max(this.metric.floor, this.#tail.quantile(this.#around.share()) ?? this.#tail.bodyQuantile(1) * 1.25)
  }
}

function settled(level: number, day: number): Place {
  return { level, reference: level, day }
}

function rounded(value: number): string {
  return (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)).toLocaleString('en')
}
