/** How many false alarms may be raised: a share of requests, or so many a day. */
export type Budget =
  | { readonly kind: 'requests'; readonly share: number }
  | { readonly kind: 'day'; readonly alarms: number }

interface Samples {
  count: number
}

const DAY_MS = 86_400_000

/** Splits the budget over detectors, and each one's part over its metrics by how often they are sampled. */
export class BudgetSplit {
  budget: Budget
  readonly #weights = new Map<string, number>()
  readonly #metrics = new Map<string, Map<string, Samples>>()
  #requests = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = 0

  constructor(budget: Budget) {
    this.budget = budget
  }

  detector(name: string, weight: number): void {
    this.#weights.set(name, weight)
  }

  request(timeMs: number): void {
    this.#requests++
    if (timeMs < this.#firstMs) this.#firstMs = timeMs
    if (timeMs > this.#lastMs) this.#lastMs = timeMs
  }

  /** Counts a sample of a metric. */
  sampler(detector: string, metric: string): () => void {
    let counted: Samples | null = null
    return () => {
      counted ??= this.#samplesOf(detector, metric)
      counted.count++
    }
  }

  /** The latest request, Unix ms; 0: none yet. */
  get lastMs(): number {
    return this.#lastMs
  }

  /** Share of requests over all detectors. */
  whole(): number {
    if (this.budget.kind === 'requests') return this.budget.share
    const days = Math.max(1, (this.#lastMs - this.#firstMs) / DAY_MS)
    return Math.min(0.01, this.budget.alarms / Math.max(1, this.#requests / days))
  }

  ofDetector(name: string): number {
    let sum = 0
    for (const weight of this.#weights.values()) sum += weight
    return sum === 0 ? this.whole() : (this.whole() * (this.#weights.get(name) ?? 1)) / sum
  }

  /** The share of a metric's samples that may be falsely abnormal: a window of many requests has the budget of all of them. */
  ofSample(detector: string, metric: string): number {
    const metrics = this.#metrics.get(detector)
    const samples = metrics?.get(metric)?.count ?? 0
    const each = this.ofDetector(detector) / Math.max(1, metrics?.size ?? 1)
    return Math.min(0.005, samples === 0 ? each : (each * this.#requests) / samples)
  }

  /** The split as it stands, for people. */
  table(): Array<{
    readonly detector: string
    readonly share: number
    readonly metrics: Readonly<Record<string, number>>
  }> {
    return [...this.#weights.keys()].map(detector => ({
      detector,
      share: this.ofDetector(detector),
      metrics: Object.fromEntries(
        [...(this.#metrics.get(detector)?.keys() ?? [])].map(metric => [metric, this.ofSample(detector, metric)]),
      ),
    }))
  }

  dump(): unknown {
    return {
      requests: this.#requests,
      first: Number.isFinite(this.#firstMs) ? this.#firstMs : 0,
      last: this.#lastMs,
      metrics: Array.from(this.#metrics, ([detector, metrics]) => [
        detector,
        Array.from(metrics, ([metric, { count }]) => [metric, count]),
      ]),
    }
  }

  /** Throws on what is no dump. */
  restore(dump: unknown): void {
    const { requests, first, last, metrics } = dump as {
      requests: number
      first: number
      last: number
      metrics: Array<[string, Array<[string, number]>]>
    }
    const counts = metrics.flatMap(([, list]) => list.map(([, samples]) => samples))
    if (![requests, first, last, ...counts].every(Number.isFinite)) throw new RangeError('not the dump of a budget')
    this.#requests = requests
    this.#firstMs = first === 0 ? Number.POSITIVE_INFINITY : first
    this.#lastMs = last
    for (const [detector, list] of metrics)
      for (const [metric, count] of list) this.#samplesOf(detector, metric).count = count
  }

  #samplesOf(detector: string, metric: string): Samples {
    let metrics = this.#metrics.get(detector)
    if (metrics === undefined) this.#metrics.set(detector, (metrics = new Map()))
    let samples = metrics.get(metric)
    if (samples === undefined) metrics.set(metric, (samples = { count: 0 }))
    return samples
  }
}
