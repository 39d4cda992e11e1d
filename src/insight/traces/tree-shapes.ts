// Hot path: once per trace.
import { QuantileSketch, type QuantileDump } from '../../lib/quantile-sketch.ts'
import { requireNumbers } from './stored-numbers.ts'

/** Trees of one shape. */
export interface TreeShape {
  readonly shape: string
  /** What the request called first: `service operation`. */
  readonly entry: string
  count: number
  errors: number
  /** Event time, µs. */
  firstUs: number
  lastUs: number
  readonly duration: QuantileSketch
  /** Duration beyond which a tree is slow, µs; kept for some trees, since asking the sketch costs more than the rest. */
  slowUs: number
}

/** How one tree compares with those of its entry before it. */
export interface TreeVerdict {
  readonly rare: boolean
  readonly slow: boolean
}

export interface ShapeDump {
  readonly entry: string
  readonly count: number
  readonly errors: number
  readonly firstUs: number
  readonly lastUs: number
  readonly duration: QuantileDump
}

/** Trees before a duration says anything. */
const enough = 100
const slowQuantile = 0.99
/** The first few of a shape, and then those with less than this share of their entry's trees. */
const rareCount = 3
const rareShare = 0.005

/** Counts tree shapes, and judges each tree against what came before. Bounded: the shape that was not seen longest is forgotten first. */
export class TreeShapes {
  readonly #shapes = new Map<string, TreeShape>()
  readonly #entries = new Map<string, number>()
  readonly #max: number
  readonly #changed: (shape: string) => void
  forgotten = 0

  constructor(max: number, changed: (shape: string) => void) {
    this.#max = max
    this.#changed = changed
  }

  get size(): number {
    return this.#shapes.size
  }

  get(shape: string): TreeShape | undefined {
    return this.#shapes.get(shape)
  }

  values(): Iterable<TreeShape> {
    return this.#shapes.values()
  }

  take(tree: {
    readonly shape: string
    readonly entry: string
    readonly atUs: number
    readonly durationUs: number
    readonly error: boolean
  }): TreeVerdict {
    let known = this.#shapes.get(tree.shape)
    if (known === undefined) {
      known = {
        shape: tree.shape,
        entry: tree.entry,
        count: 0,
        errors: 0,
        firstUs: tree.atUs,
        lastUs: tree.atUs,
        duration: new QuantileSketch(),
        slowUs: Number.POSITIVE_INFINITY,
      }
      this.#add(known)
    } else {
      this.#shapes.delete(tree.shape)
      this.#shapes.set(tree.shape, known)
    }
    const ofEntry = (this.#entries.get(known.entry) ?? 0) + 1
    this.#entries.set(known.entry, ofEntry)
    known.count++
    if (tree.error) known.errors++
    known.firstUs = Math.min(known.firstUs, tree.atUs)
    known.lastUs = Math.max(known.lastUs, tree.atUs)
    const slow = tree.durationUs > known.slowUs
    known.duration.add(tree.durationUs)
    if (known.count >= enough && (known.count & 63) === 0) known.slowUs = known.duration.quantile(slowQuantile)
    this.#changed(tree.shape)
    return { rare: known.count <= rareCount || known.count < rareShare * ofEntry, slow }
  }

  dump(shape: string): ShapeDump | null {
    const known = this.#shapes.get(shape)
    if (known === undefined) return null
    const { entry, count, errors, firstUs, lastUs, duration } = known
    return { entry, count, errors, firstUs, lastUs, duration: duration.dump() }
  }

  /** Throws when it is none. */
  restore(shape: string, dump: ShapeDump): void {
    requireNumbers(dump, ['count', 'errors', 'firstUs', 'lastUs'])
    const duration = QuantileSketch.restore(dump.duration)
    const slowUs = dump.count >= enough ? duration.quantile(slowQuantile) : Number.POSITIVE_INFINITY
    const { entry, count, errors, firstUs, lastUs } = dump
    this.#add({ shape, entry, count, errors, firstUs, lastUs, duration, slowUs })
    this.#entries.set(entry, (this.#entries.get(entry) ?? 0) + count)
  }

  #add(shape: TreeShape): void {
    this.#shapes.set(shape.shape, shape)
    if (this.#shapes.size <= this.#max) return
    for (const oldest of this.#shapes.values()) {
      if (this.#shapes.size <= 0.98 * this.#max) return
      this.#shapes.delete(oldest.shape)
      const left = (this.#entries.get(oldest.entry) ?? 0) - oldest.count
      if (left > 0) this.#entries.set(oldest.entry, left)
      else this.#entries.delete(oldest.entry)
      this.forgotten++
      this.#changed(oldest.shape)
    }
  }
}
