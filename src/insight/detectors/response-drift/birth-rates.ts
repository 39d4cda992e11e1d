/** What can be new in an answer. */
export const newKinds = ['member', 'secret', 'kind', 'lack'] as const
export type NewKind = (typeof newKinds)[number]

/** Something new, and the answers with room for it: those before it came, those since, and how many of these showed it. */
export interface Sighting {
  readonly kind: NewKind
  readonly before: number
  readonly since: number
  readonly shown: number
  /** `shown` as evidence: what one caller is shown again weighs less. */
  readonly weight: number
}

/**
 * How surprising it is that answers show something new, in bits, with nothing wrong.
 *
 * Secrets and other kinds of values should never come: one is enough. What is rare turns up late, so after n answers of an operation the chance is c/n, where c is
 * what was new over all operations against the sum of 1/n over their answers, as if half of a new thing more had come (Good, Biometrika 40, 1953).
 *
 * Other members may just be rare, and then they came as likely before as since: the chance that all of several answers with it are among the latest (a permutation
 * test) is (since / all) to the power of them, for each of all that were new so far.
 */
export class BirthRates {
  readonly #births: Record<NewKind, number> = { member: 0, secret: 0, kind: 0, lack: 0 }
  #exposure = 0

  /** An answer of an operation of which `n` are known. */
  answered(n: number): void {
    this.#exposure += 1 / n
  }

  born(kind: NewKind): void {
    this.#births[kind]++
  }

  surprise({ kind, before, since, shown, weight }: Sighting): number {
    const burst = Math.log2((before + since) / since)
    if (kind === 'member' || kind === 'lack') {
      // One answer says nothing of what is rare.
      return shown < 2 ? 0 : Math.max(0, weight * burst - Math.log2(1 + this.#births[kind]))
    }
    const chance = (this.#births[kind] + 0.5) / (this.#exposure + 1)
    return Math.max(0, Math.log2(before / chance) + (weight - 1) * burst)
  }

  dump(): readonly number[] {
    return [this.#exposure, ...newKinds.map(kind => this.#births[kind])]
  }

  /** Throws a RangeError on what is no dump. */
  restore(dump: unknown): void {
    if (
      !Array.isArray(dump) ||
      dump.length !== newKinds.length + 1 ||
      !dump.every(one => Number.isFinite(one) && one >= 0)
    )
      throw new RangeError('not the dump of rates')
    const [exposure, ...births] = dump as number[]
    this.#exposure = exposure as number
    for (const [i, kind] of newKinds.entries()) this.#births[kind] = births[i] as number
  }
}
