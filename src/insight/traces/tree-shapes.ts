// Hot path: once per trace.
import { QuantileSketch, type QuantileDump } from '../../lib/quantile-sketch.ts'
import { requireNumbers } from './stored-numbers.ts'

/** Trees of one shape. */
export interface TreeShape {
  readonly shape: string
  /** What the request called first: `service operation`. */
  readonly entry: string
  /** Trees of that entry, all shapes together. */
  readonly ofEntry: { count: number }
  count: number
  errors: number
  /** Event time, µs. */
  firstUs: number
  lastUs: number
  readonly duration: QuantileSketch
  /** Trees of all shapes when it was last moved to the end of those to be forgotten. */
  movedAt: number
  /** Changed since it was last written down. */
  changed: boolean
  /** Duration beyond which a tree is slow, µs; asked anew after so many trees, since asking the sketch costs more than the rest. */
  slowUs: number
  askAt: number
}

/** How one tree compares with those of its entry before it. */
export interface TreeVerdict {
  /** Trees of its shape, this one too. */
  readonly count: number
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
  readonly #entries = new Map<string, { count: number }>()
  readonly #max: number
  readonly #changed: (shape: string) => void
  #taken = 0
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
        ofEntry: this.#entryOf(tree.entry),
        count: 0,
        errors: 0,
        firstUs: tree.atUs,
        lastUs: tree.atUs,
        duration: new QuantileSketch(),
        slowUs: Number.POSITIVE_INFINITY,
        askAt: enough,
        movedAt: this.#taken,
        changed: false,
      }
      this.#add(known)
    } else if (this.#taken - known.movedAt > this.#max / 8) {
      // The order is by last use, coarsely: moving an entry of a Map costs more than all the rest.
      this.#shapes.delete(tree.shape)
      this.#shapes.set(tree.shape, known)
      known.movedAt = this.#taken
    }
    this.#taken++
    const ofEntry = ++known.ofEntry.count
    known.count++
    if (tree.error) known.errors++
    if (tree.atUs < known.firstUs) known.firstUs = tree.atUs
    if (tree.atUs > known.lastUs) known.lastUs = tree.atUs
    const slow = tree.durationUs > known.slowUs
    known.duration.add(tree.durationUs)
    if (known.count >= known.askAt) {
      known.slowUs = known.duration.quantile(slowQuantile)
      // A thirtieth more moves a quantile hardly.
      known.askAt = known.count + Math.max(64, known.count >> 5)
    }
    if (!known.changed) {
      known.changed = true
      this.#changed(tree.shape)
    }
    return { count: known.count, rare: known.count <= rareCount || known.count < rareShare * ofEntry, slow }
  }

  dump(shape: string): ShapeDump | null {
    const known = this.#shapes.get(shape)
    if (known === undefined) return null
    known.changed = false
    const { entry, count, errors, firstUs, lastUs, duration } = known
    return { entry, count, errors, firstUs, lastUs, duration: duration.dump() }
  }

  /** Throws when it is none. */
  restore(shape: string, dump: ShapeDump): void {
    requireNumbers(dump, ['count', 'errors', 'firstUs', 'lastUs'])
    const duration = QuantileSketch.restore(dump.duration)
    const slowUs = dump.count >= enough ? duration.quantile(slowQuantile) : Number.POSITIVE_INFINITY
    const { entry, count, errors, firstUs, lastUs } = dump
    const ofEntry = this.#entryOf(entry)
    ofEntry.count += count
    const movedAt = this.#taken
    const times = { firstUs, lastUs, duration, slowUs, askAt: Math.max(enough, count + 64) }
    this.#add({ shape, entry, ofEntry, count, errors, ...times, movedAt, changed: false })
  }

  #entryOf(entry: string): { count: number } {
    let known = this.#entries.get(entry)
    if (known === undefined) this.#entries.set(entry, (known = { count: 0 }))
    return known
  }

  #add(shape: TreeShape): void {
    this.#shapes.set(shape.shape, shape)
    if (this.#shapes.size <= this.#max) return
    for (const oldest of this.#shapes.values()) {
      if (this.#shapes.size <= 0.98 * this.#max) return
      this.#shapes.delete(oldest.shape)
      oldest.ofEntry.count -= oldest.count
      if (oldest.ofEntry.count <= 0 && oldest.ofEntry !== shape.ofEntry) this.#entries.delete(oldest.entry)
      this.forgotten++
      this.#changed(oldest.shape)
    }
  }
}
