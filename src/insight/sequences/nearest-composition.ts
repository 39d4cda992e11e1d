// Hot path of judging: a new composition is compared with up to 2,048 others.
import type { Composition, Signature } from './compositions.ts'
import { unknownSymbol } from './vocabulary.ts'

/** What a composition was compared with. */
export interface Nearest {
  readonly signature: Signature
  /** Bits: what differs, by how seldom it differs between neighbours, and how few sequences stand behind the signature. */
  readonly strangeness: number
}

/** Signatures that a new sequence is compared with: half the most frequent, half drawn from the rest. */
const comparedMax = 2_048
/** Signatures on which is measured how neighbours differ. */
const sampledMax = 384
/** Steps of all candidates times signatures of the sample: what measuring may take. */
const sampledSteps = 30_000_000
/** Above all symbols. */
const noSymbol = 2 ** 31 - 1

interface Candidate {
  readonly signature: Signature
  readonly symbols: Int32Array
  readonly levels: Float64Array
  /** Learnt sequences that it stands for. */
  readonly mass: number
}

/**
 * Finds the learnt composition that is nearest to another one. A count that always agrees between neighbours costs as many bits as there are
 * neighbours; one that varies (how often a loop runs) costs little. Nearness is worth more the more sequences are so near, hence one odd
 * sequence among the learnt ones makes its like no more normal than it is itself.
 */
export class NearestComposition {
  readonly total: number
  readonly #candidates: readonly Candidate[]
  /** 1 / spread by symbol; `#constant` of a symbol that never differed. */
  #sharpness: Float64Array
  readonly #constant: number
  /** Bits of a composition that is new at all. */
  readonly #novelty: number

  /** `ranked`: the most frequent first; `total`: sequences that were learnt, those of dropped signatures too. */
  constructor(ranked: readonly Signature[], total: number) {
    this.total = total
    this.#candidates = chosen(ranked, total)
    const singles = this.#candidates.reduce((sum, { signature, mass }) => sum + (signature.count === 1 ? mass : 0), 0)
    this.#novelty = Math.log2(total / Math.min(total, singles + 0.5))
    const sample = sampled(this.#candidates)
    this.#constant = 2 * (sample.length + 1)
    this.#sharpness = new Float64Array(0)
    // Twice: the first neighbours are found without knowing which counts matter.
    for (let round = 0; round < 2; round++) this.#measure(sample)
  }

  /** null: nothing was learnt. `exact`: the signature of an equal composition. */
  of(composition: Composition, exact: Signature | null): Nearest | null {
    const symbols = Int32Array.from(composition.symbols)
    const levels = levelsOf(composition.counts)
    const found: { distance: number; candidate: Candidate }[] = []
    let best = exact === null ? Number.POSITIVE_INFINITY : Math.log2(this.total / exact.count)
    for (const candidate of this.#candidates) {
      const distance =
        candidate.signature === exact
          ? 0
          : this.#distance(symbols, levels, candidate, best - this.#novelty) + this.#novelty
      if (distance > best) continue
      found.push({ distance, candidate })
      best = Math.min(best, distance + Math.log2(this.total / candidate.mass))
    }
    if (found.length === 0) return exact === null ? null : { signature: exact, strangeness: Math.max(0, best) }
    found.sort((a, b) => a.distance - b.distance)
    let mass = 0
    for (const { distance, candidate } of found) {
      mass += candidate.mass
      best = Math.min(best, distance + Math.max(0, Math.log2(this.total / mass)))
    }
    return { signature: exact ?? (found[0] as (typeof found)[0]).candidate.signature, strangeness: Math.max(0, best) }
  }

  /** By how much a difference multiplies the odds: the bits that it costs are the logarithm. */
  #factor(symbol: number, difference: number): number {
    // Of a step that was never seen, not even one neighbour says how it varies.
    const sharpness = symbol === unknownSymbol ? 2 * (this.total + 1) : (this.#sharpness[symbol] ?? this.#constant)
    return 1 + difference * sharpness
  }

  /** Bits; what exceeds `most` may be given as anything above it. One logarithm for all: they would be most of the time. */
  #distance(symbols: Int32Array, levels: Float64Array, other: Candidate, most: number): number {
    const { symbols: others, levels: otherLevels } = other
    const limit = 2 ** Math.min(900, most)
    let bits = 0
    let factors = 1
    let i = 0
    let j = 0
    while (i < symbols.length || j < others.length) {
      const a = i < symbols.length ? (symbols[i] as number) : noSymbol
      const b = j < others.length ? (others[j] as number) : noSymbol
      if (a === b) {
        const difference = Math.abs((levels[i++] as number) - (otherLevels[j++] as number))
        if (difference === 0) continue
        factors *= this.#factor(a, difference)
      } else if (a < b) factors *= this.#factor(a, levels[i++] as number)
      else factors *= this.#factor(b, otherLevels[j++] as number)
      if (factors <= limit) continue
      bits += Math.log2(factors)
      if (bits > most) return bits
      factors = 1
    }
    return bits + Math.log2(factors)
  }

  /** How much the counts of each symbol differ between a signature and its nearest other. */
  #measure(sample: readonly Candidate[]): void {
    const sums = new Map<number, number>()
    for (const { symbols, levels, signature } of sample) {
      let nearest: Candidate | null = null
      let least = Number.POSITIVE_INFINITY
      for (const other of this.#candidates) {
        if (other.signature === signature) continue
        const distance = this.#distance(symbols, levels, other, least)
        if (distance < least) [nearest, least] = [other, distance]
      }
      if (nearest === null) continue
      const there = new Map<number, number>()
      for (const [i, symbol] of nearest.symbols.entries()) there.set(symbol, nearest.levels[i] as number)
      for (const [i, symbol] of symbols.entries()) {
        const difference = Math.abs((levels[i] as number) - (there.get(symbol) ?? 0))
        if (difference > 0) sums.set(symbol, (sums.get(symbol) ?? 0) + difference)
        there.delete(symbol)
      }
      for (const [symbol, level] of there) sums.set(symbol, (sums.get(symbol) ?? 0) + level)
    }
    const sharpness = new Float64Array(1 + Math.max(0, ...sums.keys())).fill(this.#constant)
    for (const [symbol, sum] of sums) sharpness[symbol] = (sample.length + 1) / (sum + 0.5)
    this.#sharpness = sharpness
  }
}

function chosen(ranked: readonly Signature[], total: number): Candidate[] {
  const frequent = ranked.slice(0, comparedMax / 2)
  const rest = ranked
    .slice(comparedMax / 2)
    .sort((a, b) => a.hash - b.hash)
    .slice(0, comparedMax / 2)
  const others = total - frequent.reduce((sum, { count }) => sum + count, 0)
  return [...frequent, ...rest].map((signature, i) => ({
    signature,
    symbols: Int32Array.from(signature.symbols),
    levels: levelsOf(signature.counts),
    mass: i < frequent.length ? signature.count : others / rest.length,
  }))
}

/** Spread evenly over the frequent and the rare; fewer where each takes long. */
function sampled(candidates: readonly Candidate[]): readonly Candidate[] {
  const steps = candidates.reduce((sum, { symbols }) => sum + symbols.length, 1)
  const size = Math.min(candidates.length, sampledMax, Math.max(32, Math.floor(sampledSteps / steps)))
  return Array.from({ length: size }, (_, i) => candidates[Math.floor((i * candidates.length) / size)] as Candidate)
}

function levelsOf(counts: readonly number[]): Float64Array {
  return Float64Array.from(counts, count => Math.log2(1 + count))
}
