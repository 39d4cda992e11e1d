import { OldestEntry } from '../../lib/oldest-entry.ts'
import type { Place } from './learned-baseline.ts'

/** Who changed something, and why. */
export interface Signed {
  readonly author: string
  readonly reason: string
  /** Unix ms. */
  readonly timeMs: number
}

/** One change of a baseline by a person. */
export interface BaselineVersion extends Signed {
  readonly number: number
  readonly key: string
  /** `set`: a threshold by hand, null: it is learnt. `accept`: the frozen reference, null: it is found anew. */
  readonly kind: 'set' | 'accept'
  readonly before: number | null
  readonly after: number | null
  /** Where an acceptance was made; it is put back there when it is taken back. */
  readonly place?: Place
}

const versionsMax = 2000

/** Changes in their order; bounded, the oldest go. */
export class VersionLog {
  readonly #versions = new Map<number, BaselineVersion>()
  readonly #oldest = new OldestEntry(this.#versions)
  #fresh: number[] = []
  #next = 1

  add(version: Omit<BaselineVersion, 'number'>): BaselineVersion {
    const made = { number: this.#next++, ...version }
    this.restore(made)
    this.#fresh.push(made.number)
    return made
  }

  get(number: number): BaselineVersion | null {
    return this.#versions.get(number) ?? null
  }

  all(): readonly BaselineVersion[] {
    return [...this.#versions.values()]
  }

  /** Numbers added since the last call. */
  fresh(): readonly number[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  restore(version: BaselineVersion): void {
    this.#versions.set(version.number, version)
    this.#next = Math.max(this.#next, version.number + 1)
    if (this.#versions.size > versionsMax) this.#oldest.take()
  }
}
