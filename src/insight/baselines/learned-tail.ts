// Hot path: once per sample of every metric.
import { fitExcesses, quantileFor, type Tail } from '../../lib/peaks-over-threshold.ts'

const DAY_MS = 86_400_000
/** Values that stand for the body of the distribution. */
const bodyMax = 512
const peaksMax = 200
/** Until so many values are there the tail begins where it may. */
const firstFit = 64
const from = 0.98
/** What older days count for, each day. */
const fading = 0.9

export interface LearnedTailDump {
  readonly n: number
  readonly first: number
  readonly day: number
  readonly body: readonly number[]
  readonly above: number
  readonly peaks: readonly number[]
  readonly weight: number
  readonly peakWeight: number
}

/**
 * The upper tail of a stream of values, by peaks over threshold (SPOT; Siffer et al., KDD 2017): each value beyond the 98th percentile refits it. Where
 * the tail begins is found anew each day of event time, and older days fade, so it follows what is normal. 2 to 6 kB.
 */
export class LearnedTail {
  /** Values learnt. */
  n = 0
  firstMs = 0
  #day = -1
  #body: number[] = []
  #above = Number.POSITIVE_INFINITY
  #peaks: number[] = []
  #nextPeak = 0
  /** Values and peaks since the beginning, fading. */
  #weight = 0
  #peakWeight = 0
  #tail: Tail | null = null
  #fitted = false

  learn(value: number, timeMs: number): void {
    if (this.n === 0) this.firstMs = timeMs
    const day = Math.floor(timeMs / DAY_MS)
    if (day > this.#day) {
      if (this.#day >= 0 && this.n >= firstFit) this.#turn(day - this.#day)
      this.#day = day
    }
    this.n++
    this.#weight++
    this.#keep(value)
    if (value > this.#above) {
      this.#peakWeight++
      this.#peak(value)
    } else if (this.n === firstFit || (this.n < bodyMax && this.n % firstFit === 0)) this.#begin()
  }

  /** The value that the share `probability` of all values lies beyond; null: nothing was ever beyond the tail's beginning. */
  quantile(probability: number): number | null {
    if (!this.#fitted) {
      this.#fitted = true
      const fitted = fitExcesses(this.#peaks.map(peak => peak - this.#above))
      this.#tail =
        fitted === null
          ? null
          : {
              above: this.#above,
              share: Math.min(0.5, Math.max(this.#peakWeight, 1) / Math.max(this.#weight, 1)),
              ...fitted,
            }
    }
    if (this.#tail === null) return null
    // Nobody knows a tail far beyond what was seen of it: one heavy day must not blind the detector.
    const furthest = this.#above + 2 * (Math.max(...this.#peaks) - this.#above)
    return Math.min(furthest, quantileFor(this.#tail, probability))
  }

  /** Of the body, 0–1; 0 before the first value. */
  bodyQuantile(share: number): number {
    if (this.#body.length === 0) return 0
    const sorted = this.#body.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
  }

  /** What is kept of the values: the body and the latest peaks. */
  values(): number[] {
    return [...this.#body, ...this.#peaks]
  }

  dump(): LearnedTailDump {
    return {
      n: this.n,
      first: this.firstMs,
      day: this.#day,
      body: this.#body,
      above: Number.isFinite(this.#above) ? this.#above : -1,
      peaks: this.#peaksInOrder(),
      weight: this.#weight,
      peakWeight: this.#peakWeight,
    }
  }

  /** Throws on what is no dump. */
  static restore(dump: LearnedTailDump): LearnedTail {
    const { n, first, day, body, above, peaks, weight, peakWeight } = dump
    if (![n, first, day, above, weight, peakWeight, ...body, ...peaks].every(Number.isFinite) || n < 0 || weight < 0)
      throw new RangeError('not the dump of a tail')
    const tail = new LearnedTail()
    tail.n = n
    tail.firstMs = first
    tail.#day = day
    tail.#body = body.slice(0, bodyMax)
    tail.#above = above < 0 ? Number.POSITIVE_INFINITY : above
    tail.#peaks = peaks.slice(0, peaksMax)
    tail.#weight = weight
    tail.#peakWeight = peakWeight
    return tail
  }

  /** A sample of the stream in which later values are not rarer than early ones: the place that is overwritten goes round in steps that meet all. */
  #keep(value: number): void {
    if (this.#body.length < bodyMax) this.#body.push(value)
    else if (this.n % 8 === 0) this.#body[((this.n >>> 3) * 197) % bodyMax] = value
  }

  #peak(value: number): void {
    this.#fitted = false
    if (this.#peaks.length < peaksMax) this.#peaks.push(value)
    else this.#peaks[this.#nextPeak++ % peaksMax] = value
  }

  /** Oldest first. */
  #peaksInOrder(): number[] {
    const oldest = this.#nextPeak % peaksMax
    return oldest === 0 ? this.#peaks : [...this.#peaks.slice(oldest), ...this.#peaks.slice(0, oldest)]
  }

  /** Another day: the tail may begin elsewhere. */
  #turn(days: number): void {
    const fade = fading ** Math.min(days, 30)
    this.#weight *= fade
    this.#peakWeight *= fade
    this.#begin()
  }

  #begin(): void {
    const above = this.bodyQuantile(from)
    const weightBefore = this.#weight
    if (above === this.#above) return
    this.#peaks = this.#peaksInOrder()
    if (above > this.#above) {
      const kept = this.#peaks.filter(peak => peak > above)
      this.#peakWeight *= this.#peaks.length === 0 ? 1 : kept.length / this.#peaks.length
      this.#peaks = kept
    } else {
      const known = this.#peaks.length
      const fresh = this.#body.filter(value => value > above && value <= this.#above)
      this.#peaks = [...this.#peaks, ...fresh].slice(-peaksMax)
      this.#peakWeight =
        known === 0
          ? (fresh.length / this.#body.length) * weightBefore
          : this.#peakWeight + (fresh.length / this.#body.length) * weightBefore
    }
    this.#above = above
    this.#nextPeak = 0
    this.#fitted = false
  }
}
