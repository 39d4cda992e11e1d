import type { Sequence } from '../../../src/insight/sequences/sequence.ts'
import type { Seeded } from '../../traffic/seeded.ts'

/** Sequences with their truth: what is learnt, and what is judged. */
export interface SequenceSet {
  readonly name: string
  readonly train: readonly Sequence[]
  readonly normal: readonly Sequence[]
  readonly abnormal: readonly Sequence[]
}

/** A made-up source of sequences. One seed makes one world: its structure, its normal sequences and its attacks. */
export interface SequenceSource {
  readonly name: string
  readonly normal: () => string[]
  /** Changes a normal sequence, or makes another one. */
  readonly abnormal: () => string[]
}

export function setOf(source: SequenceSource, sizes: { train: number; normal: number; abnormal: number }): SequenceSet {
  const make = (count: number, kind: string, steps: () => string[]): Sequence[] =>
    Array.from({ length: count }, (_, i) => ({ id: `${kind}-${i}`, principal: null, steps: steps() }))
  return {
    name: source.name,
    train: make(sizes.train, 'train', source.normal),
    normal: make(sizes.normal, 'normal', source.normal),
    abnormal: make(sizes.abnormal, 'abnormal', source.abnormal),
  }
}

/** Ranks 0 … count − 1, the first ones far more often (Zipf with exponent 1). */
export function zipf(random: Seeded, count: number): () => number {
  const sums: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank++) sums.push((sum += 1 / rank))
  return () => {
    const at = random.next() * sum
    return sums.findIndex(upTo => at < upTo)
  }
}

/** How often something happens that goes on with this probability. */
export function runs(random: Seeded, goesOn: number, most: number): number {
  let count = 1
  while (count < most && random.next() < goesOn) count++
  return count
}
