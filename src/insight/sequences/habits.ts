// Hot path: once for every call of every actor.
import type { Json } from '../../lib/canonical-json.ts'
import { type Unprepared, oddsOf } from './precedence.ts'
import { SequenceModel, type SequenceParts, type SequenceRoom, sequenceParts } from './sequence-model.ts'
import { startSymbol, unknownSymbol } from './vocabulary.ts'
import { restoreSequences } from './sequence-dump.ts'

/** A session that runs: what was done in it so far, and how strange that is in bits. */
export interface Session {
  /** Symbols of the start and of the latest steps, as many as say what comes next. */
  readonly latest: number[]
  readonly counts: Map<number, number>
  /** Steps without what comes before them. */
  odds: number
  missing: Unprepared[]
  /** Bits of the stretch that runs, and of the strangest one. */
  run: number
  misfit: number
  crowd: number
  /** The step that comes far too often. */
  crowded: number
}

const latestMax = 6
const room: SequenceRoom = { names: 2_048, contexts: 60_000, pairs: 40_000, compositions: 256, sequences: 1_024 }
/** Different steps of a session that are counted. */
const differentMax = 256

/** What sessions of one service are usually like, to judge those that run call by call. Bounded, and constant work per step. */
export class Habits {
  readonly parts: SequenceParts = sequenceParts(room)
  readonly #model: SequenceModel
  readonly #sequencesWith: (symbol: number) => number
  #compiledAt = 0

  constructor(dump?: Json) {
    if (dump !== undefined) restoreSequences(this.parts, dump)
    this.#model = new SequenceModel(this.parts)
    this.#sequencesWith = symbol => this.parts.vocabulary.sequencesWith(symbol)
  }

  /** Sessions that were learnt. */
  get total(): number {
    return this.parts.compositions.total
  }

  learn(steps: readonly string[]): void {
    this.#model.learn({ id: '', principal: null, steps })
  }

  begin(): Session {
    return {
      latest: [startSymbol],
      counts: new Map(),
      odds: 0,
      missing: [],
      run: 0,
      misfit: 0,
      crowd: 0,
      crowded: unknownSymbol,
    }
  }

  /** One more step of a session. A step that is not known says nothing of the order of the others. */
  take(session: Session, name: string): void {
    const { vocabulary, contexts, precedence, stepCounts } = this.parts
    if (this.total > this.#compiledAt * 1.1) {
      precedence.compile(this.#sequencesWith)
      this.#compiledAt = this.total
    }
    const symbol = vocabulary.symbolOf(name)
    const { latest, counts } = session
    const count = (counts.get(symbol) ?? 0) + 1
    if (count > 1 || counts.size < differentMax) counts.set(symbol, count)
    if (symbol !== unknownSymbol) {
      if (count === 1) {
        const missing = precedence.missingBefore(symbol, other => counts.has(other))
        session.missing.push(...missing.slice(0, 8))
        for (const one of missing) session.odds += oddsOf(one)
      }
      const isThird = latest.at(-1) === symbol && latest.at(-2) === symbol
      if (isThird) latest.pop()
      else {
        const { informed, bare } = contexts.bitsAfter(latest, symbol, vocabulary.size + 1)
        session.run = Math.max(0, session.run + informed - bare)
        session.misfit = Math.max(session.misfit, session.run)
      }
      if (count > 2) {
        const crowd = Math.log2(1 + stepCounts.oddsOf(symbol, count, this.#sequencesWith(symbol)))
        if (crowd > session.crowd) Object.assign(session, { crowd, crowded: symbol })
      }
    }
    latest.push(symbol)
    if (latest.length > latestMax) latest.shift()
  }

  /** Steps next to one another that never were before, at most 16. */
  newPairs(steps: readonly string[]): string[] {
    const { vocabulary, contexts } = this.parts
    const found = new Set<string>()
    for (let i = 1; i < steps.length && found.size < 16; i++) {
      const [before, step] = [steps[i - 1] as string, steps[i] as string]
      if (contexts.times(vocabulary.symbolOf(before), vocabulary.symbolOf(step)) === 0) found.add(`${before} → ${step}`)
    }
    return [...found]
  }

  dump(): Json {
    return this.#model.dump()
  }
}
