import type { Json } from '../../lib/canonical-json.ts'
import { ContextTree } from '../../lib/context-tree.ts'
import { editDistance } from '../../lib/edit-distance.ts'
import type { Axis, Judgement, Model } from '../behaviour/model.ts'
import { Compositions, type Signature } from './compositions.ts'
import { type Encoded, encode } from './encode.ts'
import { explainSequence } from './explain-sequence.ts'
import { KnownSequences, sequenceKey } from './known-sequences.ts'
import { localSurprise } from './local-surprise.ts'
import { NearestComposition } from './nearest-composition.ts'
import { Precedence } from './precedence.ts'
import type { Sequence } from './sequence.ts'
import { dumpSequences, restoreSequences } from './sequence-dump.ts'
import { StepCounts } from './step-counts.ts'
import { unknownSymbol, Vocabulary } from './vocabulary.ts'

/** What a sequence may be strange by; the unit of all is bits. */
export const sequenceAxes: readonly Axis[] = [
  // The stretch of steps that fits worst to what usually follows what.
  { name: 'sequence', scale: 8 },
  // All steps, on average.
  { name: 'likelihood', scale: 1 },
  // How often each step comes, whatever the order.
  { name: 'composition', scale: 8 },
  // Too many of one step.
  { name: 'counts', scale: 4 },
  // Steps without what comes before them.
  { name: 'order', scale: 4 },
  // Steps that are rare or were never seen.
  { name: 'novelty', scale: 4 },
]

/** The parts of a model, each of which learns the same sequences in its own way. */
export interface SequenceParts {
  readonly vocabulary: Vocabulary
  readonly contexts: ContextTree
  readonly precedence: Precedence
  readonly compositions: Compositions
  readonly known: KnownSequences
  readonly stepCounts: StepCounts
}

/** Steps before a step that say what comes. */
const depth = 5

/** How much is held of each kind; beyond it the rarest is forgotten. */
const room = {
  names: 16_384,
  contexts: 1_000_000,
  pairs: 400_000,
  compositions: 8_192,
  sequences: 50_000,
}
/** How far two sequences may be shifted against each other and still be compared step by step. */
const band = 24

export function sequenceParts(): SequenceParts {
  return {
    vocabulary: new Vocabulary(room.names),
    contexts: new ContextTree(depth, room.contexts),
    precedence: new Precedence(room.pairs),
    compositions: new Compositions(room.compositions),
    known: new KnownSequences(room.sequences),
    stepCounts: new StepCounts(),
  }
}

/** Learns sequences of steps: which step follows which, how often each comes, what comes first, which were never seen. */
export class SequenceModel implements Model<Sequence> {
  readonly #parts: SequenceParts
  readonly #hashOf: (symbol: number) => number
  readonly #sequencesWith: (symbol: number) => number
  #nearest: NearestComposition | null = null

  constructor(parts: SequenceParts = sequenceParts()) {
    this.#parts = parts
    this.#hashOf = symbol => parts.vocabulary.hashOf(symbol)
    this.#sequencesWith = symbol => parts.vocabulary.sequencesWith(symbol)
  }

  static restore(dump: Json): SequenceModel {
    const parts = sequenceParts()
    restoreSequences(parts, dump)
    return new SequenceModel(parts)
  }

  learn({ steps }: Sequence): void {
    const { vocabulary, contexts, precedence, compositions, stepCounts, known } = this.#parts
    const { symbols, firsts, composition, example } = encode(steps, name => vocabulary.learn(name))
    for (const symbol of composition.symbols) vocabulary.count(symbol)
    contexts.learn(symbols)
    precedence.learn(firsts)
    stepCounts.learn(composition)
    compositions.learn(composition, example, this.#hashOf)
    known.learn(sequenceKey(symbols, this.#hashOf))
    vocabulary.trim()
  }

  judge({ steps }: Sequence): Judgement {
    const { vocabulary, contexts, precedence, compositions, stepCounts, known } = this.#parts
    const encoded = encode(steps, name => vocabulary.symbolOf(name))
    const { symbols, composition, firsts } = encoded
    const total = compositions.total
    const surprises = new Float64Array(symbols.length)
    const bare = new Float64Array(symbols.length)
    contexts.surprises(symbols, vocabulary.size + 1, surprises, bare)
    const local = localSurprise(surprises, bare)
    const exact = compositions.exactly(composition)
    const nearest = total === 0 ? null : this.#comparer().of(composition, exact)
    const deviation = {
      sequence: local.misfit,
      likelihood: local.mean,
      composition: nearest?.strangeness ?? 0,
      counts: stepCounts.strangeness(composition, this.#sequencesWith),
      order: precedence.strangeness(firsts),
      novelty: vocabulary.rarity(composition.symbols, encoded.unknown, total),
    }
    const isForeign = composition.symbols.length > 0 && composition.symbols.every(symbol => symbol === unknownSymbol)
    if (nearest === null || isForeign)
      return {
        signature: null,
        similarity: 0,
        deviation,
        explain: () => [{ axis: 'novelty', text: `none of its steps was ever seen in ${counted(total)} sequences` }],
      }
    const { signature } = nearest
    const times = known.times(sequenceKey(symbols, this.#hashOf))
    return {
      signature: this.#nameOf(signature),
      similarity: times > 0 ? 1 : similarityOf(encoded, signature),
      deviation,
      explain: () => explainSequence(this.#parts, { steps, encoded, surprises, local, signature }),
    }
  }

  dump(): Json {
    return dumpSequences(this.#parts)
  }

  /** What is worked out from all that was learnt; anew when a tenth more was: what changes by less moves no figure that matters. */
  #comparer(): NearestComposition {
    const { compositions, precedence } = this.#parts
    if (this.#nearest === null || compositions.total > this.#nearest.total * 1.1) {
      this.#nearest = new NearestComposition(compositions.ranked(), compositions.total)
      precedence.compile(this.#sequencesWith)
    }
    return this.#nearest
  }

  /** The steps of the example as far as a line holds them, and the hash that tells it from others that begin so. */
  #nameOf({ example, hash }: Signature): string {
    const names: string[] = []
    let length = 0
    for (const symbol of example) {
      const name = this.#parts.vocabulary.nameOf(symbol) ?? '?'
      length += name.length + 3
      if (length > 120 && names.length > 0) {
        names.push('…')
        break
      }
      names.push(name)
    }
    return `${names.join(' → ')} #${hash.toString(16).padStart(8, '0')}`
  }
}

/** Half by the steps in their order, half by how often each comes. */
function similarityOf({ example, composition }: Encoded, signature: Signature): number {
  const longest = Math.max(example.length, signature.example.length, 1)
  const inOrder = 1 - editDistance(example, signature.example, band) / longest
  const there = new Map(signature.symbols.map((symbol, i) => [symbol, signature.counts[i] as number]))
  let common = 0
  let all = signature.counts.reduce((sum, count) => sum + count, 0)
  for (const [i, symbol] of composition.symbols.entries()) {
    const count = composition.counts[i] as number
    const shared = Math.min(count, there.get(symbol) ?? 0)
    common += shared
    all += count - shared
  }
  return (inOrder + (all === 0 ? 1 : common / all)) / 2
}

const english = new Intl.NumberFormat('en-US')

function counted(count: number): string {
  return english.format(count)
}
