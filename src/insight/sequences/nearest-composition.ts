// Hot path of judging: every composition is compared with up to 2,048 others.
import type { Composition, Signature } from './compositions.ts'
import { unknownSymbol } from './vocabulary.ts'

/** What a composition was compared with. */
export interface Nearest {
  readonly signature: Signature
  /** Bits: what differs, by how seldom it differs between neighbours, and how few sequences stand behind the signature. */
  readonly strangeness: number
}

/** Signatures that a sequence is compared with: half the most frequent, half drawn from the rest. */
const comparedMax = 2_048
/** Signatures on which is measured how neighbours differ. */
const sampledMax = 384
/** Learnt compositions of which is remembered what is nearest. */
const foundMax = 8_192

interface Candidate {
  readonly signature: Signature
  /** Bits of how few learnt sequences it stands for. */
  readonly rarity: number
  readonly mass: number
}

/** Where a step comes: candidates, and the place of its count there among all different counts. */
interface Postings {
  readonly candidates: number[]
  readonly counts: number[]
}

/**
 * Finds the learnt composition that is nearest to another one. A count that always agrees between neighbours costs as many bits as there are
 * neighbours; one that varies (how often a loop runs) costs little. Nearness is worth more the more sequences are so near, hence one odd
 * sequence among the learnt ones makes its like no more normal than it is itself.
 */
export class NearestComposition {
  readonly total: number
  readonly #candidates: readonly Candidate[]
  readonly #postings = new Map<number, Postings>()
  /** log2(1 + count) of all different counts. */
  readonly #levels: readonly number[]
  /** 1 / how much the count of a symbol differs between neighbours; `#constant` where it never does. */
  readonly #sharpness = new Map<number, number>()
  readonly #constant: number
  /** Bits of a composition that is new at all. */
  readonly #novelty: number
  /** Bits of each candidate from a sequence without any step. */
  readonly #fromNothing: Float64Array
  readonly #distances: Float64Array
  /** What was found for learnt compositions, which come again and again, and how often each was learnt then. */
  readonly #found = new Map<Signature, { readonly nearest: Nearest; readonly count: number }>()

  /** `ranked`: the most frequent first; `total`: sequences that were learnt, those of dropped signatures too. */
  constructor(ranked: readonly Signature[], total: number) {
    this.total = total
    this.#candidates = chosen(ranked, total)
    const singles = this.#candidates.reduce((sum, { signature, mass }) => sum + (signature.count === 1 ? mass : 0), 0)
    this.#novelty = Math.log2(total / Math.min(total, singles + 0.5))
    this.#distances = new Float64Array(this.#candidates.length)
    this.#fromNothing = new Float64Array(this.#candidates.length)
    this.#levels = this.#index()
    const sample = sampled(this.#candidates)
    this.#constant = 2 * (sample.length + 1)
    // Twice: the first neighbours are found without knowing which counts matter.
    for (let round = 0; round < 2; round++) this.#measure(sample)
  }

  /** null: nothing was learnt. `exact`: the signature of an equal composition. */
  of(composition: Composition, exact: Signature | null): Nearest | null {
    if (exact === null) return this.#search(composition, null)
    const known = this.#found.get(exact)
    if (known !== undefined && known.count === exact.count) return known.nearest
    const nearest = this.#search(composition, exact)
    // As many as there are signatures, but for those that were forgotten since.
    if (this.#found.size >= foundMax) this.#found.clear()
    if (nearest !== null) this.#found.set(exact, { nearest, count: exact.count })
    return nearest
  }

  #search(composition: Composition, exact: Signature | null): Nearest | null {
    const distances = this.#measureFrom(composition)
    let best = exact === null ? Number.POSITIVE_INFINITY : Math.log2(this.total / exact.count)
    for (const [i, { rarity, signature }] of this.#candidates.entries()) {
      const distance = signature === exact ? 0 : (distances[i] as number) + this.#novelty
      distances[i] = distance
      if (distance + rarity < best) best = distance + rarity
    }
    const near: number[] = []
    for (let i = 0; i < distances.length; i++) if ((distances[i] as number) <= best) near.push(i)
    near.sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b)
    let mass = 0
    for (const i of near) {
      mass += (this.#candidates[i] as Candidate).mass
      best = Math.min(best, (distances[i] as number) + Math.max(0, Math.log2(this.total / mass)))
    }
    const signature = exact ?? this.#candidates[near[0] ?? 0]?.signature
    return signature === undefined ? null : { signature, strangeness: Math.max(0, best) }
  }

  #bits(symbol: number, difference: number): number {
    // Of a step that was never seen, not even one neighbour says how it varies.
    const sharpness = symbol === unknownSymbol ? 2 * (this.total + 1) : (this.#sharpness.get(symbol) ?? this.#constant)
    return Math.log2(1 + difference * sharpness)
  }

  /**
   * Bits between a composition and each candidate. All are first taken to have no step in common; then each step that is in common is put right.
   * A table for the different counts of a step saves the logarithms.
   */
  #measureFrom({ symbols, counts }: Composition): Float64Array {
    const distances = this.#distances
    distances.set(this.#fromNothing)
    let alone = 0
    for (const [i, symbol] of symbols.entries()) {
      const level = Math.log2(1 + (counts[i] as number))
      const here = this.#bits(symbol, level)
      alone += here
      const postings = this.#postings.get(symbol)
      if (postings === undefined) continue
      const table = Float64Array.from(
        this.#levels,
        there => this.#bits(symbol, Math.abs(level - there)) - here - this.#bits(symbol, there),
      )
      const { candidates, counts: places } = postings
      for (let at = 0; at < candidates.length; at++) {
        const candidate = candidates[at] as number
        distances[candidate] = (distances[candidate] as number) + (table[places[at] as number] as number)
      }
    }
    // What should come out as 0 may be off by rounding.
    for (let i = 0; i < distances.length; i++) distances[i] = Math.max(0, (distances[i] as number) + alone)
    return distances
  }

  /** How much the counts of each symbol differ between a signature and its nearest other. */
  #measure(sample: readonly number[]): void {
    const sums = new Map<number, number>()
    this.#measureNothing()
    for (const at of sample) {
      const { signature } = this.#candidates[at] as Candidate
      const distances = this.#measureFrom(signature)
      let nearest = -1
      for (let i = 0; i < distances.length; i++)
        if (i !== at && (nearest < 0 || (distances[i] as number) < (distances[nearest] as number))) nearest = i
      const other = this.#candidates[nearest]?.signature
      if (other === undefined) continue
      for (const [symbol, difference] of differences(signature, other))
        sums.set(symbol, (sums.get(symbol) ?? 0) + difference)
    }
    this.#sharpness.clear()
    for (const [symbol, sum] of sums) this.#sharpness.set(symbol, (sample.length + 1) / (sum + 0.5))
    this.#measureNothing()
  }

  #measureNothing(): void {
    for (const [i, { signature }] of this.#candidates.entries())
      this.#fromNothing[i] = signature.symbols.reduce(
        (sum, symbol, at) => sum + this.#bits(symbol, Math.log2(1 + (signature.counts[at] as number))),
        0,
      )
  }

  /** Fills the postings, and gives the levels. */
  #index(): number[] {
    const places = new Map<number, number>()
    for (const [candidate, { signature }] of this.#candidates.entries()) {
      for (const [i, symbol] of signature.symbols.entries()) {
        const count = signature.counts[i] as number
        if (!places.has(count)) places.set(count, places.size)
        let postings = this.#postings.get(symbol)
        if (postings === undefined) this.#postings.set(symbol, (postings = { candidates: [], counts: [] }))
        postings.candidates.push(candidate)
        postings.counts.push(places.get(count) as number)
      }
    }
    return [...places.keys()].map(count => Math.log2(1 + count))
  }
}

function chosen(ranked: readonly Signature[], total: number): Candidate[] {
  const frequent = ranked.slice(0, comparedMax / 2)
  const rest = ranked
    .slice(comparedMax / 2)
    .sort((a, b) => a.hash - b.hash)
    .slice(0, comparedMax / 2)
  const others = total - frequent.reduce((sum, { count }) => sum + count, 0)
  return [...frequent, ...rest].map((signature, i) => {
    const mass = i < frequent.length ? signature.count : others / rest.length
    return { signature, mass, rarity: Math.log2(total / mass) }
  })
}

/** Places spread evenly over the frequent and the rare. */
function sampled(candidates: readonly Candidate[]): number[] {
  const size = Math.min(candidates.length, sampledMax)
  return Array.from({ length: size }, (_, i) => Math.floor((i * candidates.length) / size))
}

/** Of the levels of each symbol that has not the same count in both. */
function differences(one: Composition, other: Composition): Map<number, number> {
  const levels = new Map(other.symbols.map((symbol, i) => [symbol, -Math.log2(1 + (other.counts[i] as number))]))
  for (const [i, symbol] of one.symbols.entries())
    levels.set(symbol, (levels.get(symbol) ?? 0) + Math.log2(1 + (one.counts[i] as number)))
  return new Map([...levels].filter(([, level]) => level !== 0).map(([symbol, level]) => [symbol, Math.abs(level)]))
}
