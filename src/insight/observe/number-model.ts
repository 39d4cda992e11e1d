// Hot path: every number of every observed body.
import { characterKinds } from '../../lib/character-mask.ts'
import { DistinctSample } from '../../lib/distinct-sample.ts'
import { LogHistogram } from '../../lib/log-histogram.ts'
import type { ScalarShape } from '../model/observation.ts'
import { widened } from './margins.ts'

const distinctMax = 32
/** Of more distinct values only their number is of interest. */
const keptBeyond = 8
const epochFormats = ['epoch-seconds', 'epoch-milliseconds'] as const
/** 2100-01-01. */
const epochMax = { 'epoch-seconds': 4_102_444_800, 'epoch-milliseconds': 4_102_444_800_000 } as const

/** Numbers of one field: their range where values are known, digits where they are identifiers. Mergeable in any order. */
export class NumberModel {
  count = 0
  /** Numbers whose value is known. */
  valued = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  readonly #histogram = new LogHistogram()
  #values = new DistinctSample(distinctMax, keptBeyond)
  /** Identifiers: numbers with digits but without value. */
  #hidden = 0
  #digitsMax = 0
  #negative = false
  /** Numbers with a fraction: such a quantity has no edges, only extremes. */
  #fractions = 0
  readonly #epochs: [number, number] = [0, 0]

  add(shape: ScalarShape): void {
    this.count++
    if (shape.kind === 'number') this.#fractions++
    const { value, length } = shape
    if (typeof value === 'number' && Number.isFinite(value)) {
      this.valued++
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
      this.#histogram.add(value)
      this.#values.add(String(value))
    } else if (shape.format !== undefined) {
      const at = epochFormats.indexOf(shape.format as 'epoch-seconds')
      if (at >= 0) this.#epochs[at] = (this.#epochs[at] as number) + 1
    } else if (length !== undefined) {
      this.#hidden++
      if (length > this.#digitsMax) this.#digitsMax = Math.min(length, 400)
      if (((shape.characters ?? 0) & characterKinds.hyphen) !== 0) this.#negative = true
    }
  }

  merge(other: NumberModel): void {
    this.count += other.count
    this.valued += other.valued
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    this.#histogram.merge(other.#histogram)
    this.#values.merge(other.#values)
    this.#hidden += other.#hidden
    this.#digitsMax = Math.max(this.#digitsMax, other.#digitsMax)
    this.#negative ||= other.#negative
    this.#fractions += other.#fractions
    this.#epochs[0] += other.#epochs[0]
    this.#epochs[1] += other.#epochs[1]
  }

  /** Widened range of all numbers; null when too little is known of some. */
  range(): { readonly low: number; readonly high: number } | null {
    for (const [i, format] of epochFormats.entries())
      if (this.#epochs[i] === this.count) return { low: 0, high: epochMax[format] }
    if (this.valued === this.count) {
      const sorted =
        this.#fractions === 0 && this.#values.complete
          ? this.#values
              .entries()
              .map(([text, count]) => [Number(text), count] as const)
              .sort((a, b) => a[0] - b[0])
          : []
      return widened({
        count: this.valued,
        min: this.#min,
        max: this.#max,
        median: Math.min(this.#max, Math.max(this.#min, this.#histogram.quantile(0.5))),
        measure: this.#fractions > 0,
        // Rounded values (lib/scalar) may have been a little beyond.
        atMin: sorted.length > 1 && isExact(this.#min) ? [sorted[0]?.[1] ?? 0, sorted[1]?.[1] ?? 0] : null,
        atMax: sorted.length > 1 && isExact(this.#max) ? [sorted.at(-1)?.[1] ?? 0, sorted.at(-2)?.[1] ?? 0] : null,
      })
    }
    if (this.valued + this.#hidden !== this.count || this.#digitsMax > 15) return null
    // Identifiers grow: room for a hundred times as many.
    const high = Math.min(10 ** (this.#digitsMax + 2) - 1, Number.MAX_SAFE_INTEGER)
    const low = this.#negative || this.#min < 0 ? -high : 0
    return { low, high: Math.max(high, this.valued > 0 ? 2 * this.#max : 0) }
  }

  dump(): unknown[] {
    return [
      this.count,
      this.valued,
      this.valued === 0 ? null : this.#min,
      this.valued === 0 ? null : this.#max,
      this.#histogram.dump(),
      this.#values.dump(),
      this.#hidden,
      this.#digitsMax,
      this.#negative ? 1 : 0,
      this.#fractions,
      ...this.#epochs,
    ]
  }

  /** Throws a RangeError on what no model wrote. */
  static restore(dump: readonly unknown[]): NumberModel {
    const [count, valued, min, max, histogram, values, hidden, digitsMax, negative, fractions, seconds, milliseconds] =
      dump
    const counts = [count, valued, hidden, digitsMax, negative, fractions, seconds, milliseconds]
    if (!counts.every(Number.isSafeInteger) || !Array.isArray(histogram) || !Array.isArray(values))
      throw new RangeError('not the dump of a model of numbers')
    const model = new NumberModel()
    model.count = count as number
    model.valued = valued as number
    if (typeof min === 'number' && typeof max === 'number') {
      model.#min = min
      model.#max = max
    }
    model.#histogram.merge(LogHistogram.restore(histogram as number[]))
    model.#values = DistinctSample.restore(values, distinctMax, keptBeyond)
    model.#hidden = hidden as number
    model.#digitsMax = digitsMax as number
    model.#negative = negative === 1
    model.#fractions = fractions as number
    model.#epochs[0] = seconds as number
    model.#epochs[1] = milliseconds as number
    return model
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 10_000
}
