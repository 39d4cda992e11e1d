import { OldestEntry } from '../../lib/oldest-entry.ts'

/** What becomes of a shape (a route between services, a step, a field) that was not there before. */
export type Standing =
  /** Part of what is normal. */
  | 'known'
  /** New, and not yet seen from enough callers for long enough. */
  | 'waiting'

/** Against poisoning: one caller, or many within an hour, do not make a new shape normal. */
export interface Quarantine {
  /**
   * Notes that a caller showed the shape in a call that nobody objected to; says where it stands now. `shape` is unique over all detectors: begin it
   * with the detector's name.
   */
  see(shape: string, caller: string, timeMs: number): Standing
  standing(shape: string): Standing
  /** An OpenAPI document, a configuration or a reviewer says that it is normal. */
  admit(shape: string, why: string): void
}

/** What is normal though nobody showed it. */
export interface DeclaredShapes {
  /** Another number: what was asked before may be answered otherwise. */
  version(): number
  /** Why a shape is normal; null: nothing says so. */
  why(shape: string): string | null
}

export interface QuarantineTerms {
  /** Distinct callers, and time between the first and the last of them, ms. */
  readonly callers: number
  readonly spanMs: number
}

interface Waiting {
  readonly firstMs: number
  readonly callers: string[]
}

const waitingMax = 20_000
const admittedMax = 100_000
/** Shapes of which is remembered that nothing declares them. */
const undeclaredMax = 4096

/** Shapes that wait, and those that came through; bounded, the oldest go first. */
export class ShapeQuarantine implements Quarantine {
  terms: QuarantineTerms
  /** Shapes that were forgotten for want of room. */
  forgotten = 0
  declared: DeclaredShapes | null = null
  readonly #undeclared = new Set<string>()
  #declaredVersion = -1
  readonly #waiting = new Map<string, Waiting>()
  readonly #oldestWaiting = new OldestEntry(this.#waiting)
  /** Why each was admitted. */
  readonly #admitted = new Map<string, string>()
  readonly #oldestAdmitted = new OldestEntry(this.#admitted)
  readonly #changed = new Set<string>()

  constructor(terms: QuarantineTerms) {
    this.terms = terms
  }

  see(shape: string, caller: string, timeMs: number): Standing {
    if (this.standing(shape) === 'known') return 'known'
    const { callers, spanMs } = this.terms
    let waiting = this.#waiting.get(shape)
    if (waiting === undefined) {
      if (this.#waiting.size >= waitingMax) {
        this.#changed.add(this.#oldestWaiting.take() as string)
        this.forgotten++
      }
      this.#waiting.set(shape, (waiting = { firstMs: timeMs, callers: [] }))
      this.#changed.add(shape)
    }
    if (waiting.callers.length < callers && !waiting.callers.includes(caller)) {
      waiting.callers.push(caller)
      this.#changed.add(shape)
    }
    if (waiting.callers.length < callers || timeMs - waiting.firstMs < spanMs) return 'waiting'
    this.admit(shape, `${callers} callers over ${Math.round((timeMs - waiting.firstMs) / 3_600_000)} h`)
    return 'known'
  }

  standing(shape: string): Standing {
    return this.#admitted.has(shape) || this.#isDeclared(shape) ? 'known' : 'waiting'
  }

  /** Why it is normal; null: it is not, or nobody asked yet. */
  reason(shape: string): string | null {
    return this.#admitted.get(shape) ?? null
  }

  /** Somebody showed it, and it is not normal yet. */
  waits(shape: string): boolean {
    return this.#waiting.has(shape)
  }

  admit(shape: string, why: string): void {
    this.#waiting.delete(shape)
    if (this.#admitted.size >= admittedMax && !this.#admitted.has(shape)) {
      this.#changed.add(this.#oldestAdmitted.take() as string)
      this.forgotten++
    }
    this.#admitted.set(shape, why)
    this.#changed.add(shape)
  }

  /** What waits, the longest first. */
  waiting(): Array<{ readonly shape: string; readonly since: string; readonly callers: readonly string[] }> {
    return Array.from(this.#waiting, ([shape, { firstMs, callers }]) => ({
      shape,
      since: new Date(firstMs).toISOString(),
      callers,
    }))
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    for (const shape of this.#changed) {
      const waiting = this.#waiting.get(shape)
      const why = this.#admitted.get(shape)
      if (why !== undefined) yield [shape, JSON.stringify({ why })]
      else yield [shape, waiting === undefined ? null : JSON.stringify(waiting)]
    }
    this.#changed.clear()
  }

  /** Documents are asked when a shape turns up, not when they are loaded: they declare far more than ever comes. */
  #isDeclared(shape: string): boolean {
    if (this.declared === null) return false
    const version = this.declared.version()
    if (version !== this.#declaredVersion || this.#undeclared.size >= undeclaredMax) {
      this.#undeclared.clear()
      this.#declaredVersion = version
    }
    if (this.#undeclared.has(shape)) return false
    const why = this.declared.why(shape)
    if (why === null) {
      this.#undeclared.add(shape)
      return false
    }
    this.admit(shape, why)
    return true
  }

  /** Throws on what is no row of this. */
  restoreRow(shape: string, text: string): void {
    const row = JSON.parse(text) as { why?: unknown; firstMs?: unknown; callers?: unknown }
    if (typeof row.why === 'string') this.#admitted.set(shape, row.why)
    else if (typeof row.firstMs === 'number' && Array.isArray(row.callers))
      this.#waiting.set(shape, { firstMs: row.firstMs, callers: row.callers.map(String) })
    else throw new Error('no row of the quarantine')
  }
}
