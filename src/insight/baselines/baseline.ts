/** What is measured: one number per sample, ≥ 0, higher is stranger. */
export interface Metric {
  /** `calls-per-minute`: unique within the detector. */
  readonly name: string
  /** For sentences: `calls a minute`. */
  readonly unit: string
  /** Nothing up to this is ever abnormal: what any caller may do on a quiet day. */
  readonly floor: number
  /** How many samples of the warm-up one is worth, since a day of somebody says more than a minute; 1 when absent. */
  readonly worth?: number
  /** Scenarios may scale what is normal (a sale has more calls; nobody has more stolen ids): the threshold, or where a caller's own habit is told apart, that. */
  readonly elastic?: boolean
}

/** A value against what is normal. */
export interface Judged {
  /** Finite; above it is abnormal. */
  readonly threshold: number
  /** False while nothing is warm, whatever the value. */
  readonly abnormal: boolean
  /** Enough was learnt, or somebody has said what is normal. */
  readonly warm: boolean
}

/** What is normal for one metric in one scope. */
export interface Baseline {
  /** Compares, learns nothing. */
  judge(value: number, timeMs: number): Judged
  /** Takes a value that was seen to its end (a whole window, a whole item). One that is abnormal is counted and not learnt. */
  learn(value: number, timeMs: number): void
  /** What was normal: `99 of 100 were at most 12 calls a minute, in 4,120 samples`. */
  describe(): string
  /** Samples learnt. */
  readonly samples: number
}

/** Who says what is normal. */
export type Mode =
  /** Learnt, and adjusted by itself. */
  | 'automatic'
  /** Written in the configuration. */
  | 'expert'
  /** Set or accepted by a person at work. */
  | 'manual'
