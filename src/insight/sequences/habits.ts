// Hot path: once for every call of every actor.
import type { Json } from '../../lib/canonical-json.ts'
import { ContextTree } from '../../lib/context-tree.ts'
import { withOne } from '../../lib/short-list.ts'
import { dumpHabits, restoreHabits } from './habit-dump.ts'
import { Precedence } from './precedence.ts'
import { Preparation, usualShare } from './preparation.ts'
import { Repeats } from './repeats.ts'
import { endSymbol, startSymbol, unknownSymbol, Vocabulary } from './vocabulary.ts'

/** How a session is looked at. */
export interface SessionKind {
  /** It was seen from its first step on, and so was what the caller did before: `earlier`, as symbols. */
  readonly whole: boolean
  readonly earlier: readonly number[]
  /** Doing the same again is no habit of this caller, who is no program. */
  readonly counted: boolean
}

/** A session that runs: what was done in it so far, and how strange that is in bits. */
export interface Session extends SessionKind {
  /** Symbols of the latest step and of the two before it, equal ones in a row but once, the start's among them; `noSymbol`: there were none. */
  last: number
  second: number
  third: number
  /** Different steps, how often each came, and the bits of coming with less before it than it usually does. */
  seen: number[]
  times: number[]
  bare: number[]
  /** How often the latest step came in a row. */
  row: number
  /** Bits of the step without the one that nearly always comes before it. */
  missing: number
  missingStep: number
  /** The step that was taken most freely: unprepared, and then again, in a row or in all. */
  liberty: Liberty
  /** Bits of the stretch that runs, and of the strangest one. */
  stretch: number
  misfit: number
}

export interface Liberty {
  readonly step: number
  /** Of both together, and of having come with too little before it. */
  readonly bits: number
  readonly unprepared: number
  /** How often it had come again. */
  readonly times: number
}

/** What may be learnt of a session besides how often each step came. */
export interface SessionToLearn {
  /** It began with its first step, and what its caller did before was long ago. */
  readonly whole: boolean
  /** Its steps are in an order that may become a habit. */
  readonly ordered: boolean
}

/** One step of a session that runs. */
export interface Step {
  readonly name: string
  /** It changes something at the service, so that it matters what was done before. */
  readonly changes: boolean
  /** The service did it. */
  readonly done: boolean
}

/** What the habits of one service consist of, each of which learns the same sessions in its own way. */
export interface HabitParts {
  readonly vocabulary: Vocabulary
  readonly contexts: ContextTree
  readonly precedence: Precedence
  readonly preparation: Preparation
  /** How often a step comes in a session, and how often in a row. */
  readonly counts: Repeats
  readonly rows: Repeats
  /** Sessions that were learnt. */
  total: number
}

/** Steps before a step that say what comes, in their order. */
const depth = 2
const noSymbol = -1
const nothingTaken: Liberty = { step: unknownSymbol, bits: 0, unprepared: 0, times: 0 }
const room = { names: 1_024, contexts: 24_000, pairs: 24_000 }
/** Different steps of a session that are counted. */
const differentMax = 128

/** What sessions of one service are usually like, to judge those that run call by call. Bounded, and constant work per step. */
export class Habits {
  readonly parts: HabitParts
  readonly #sequencesWith: (symbol: number) => number
  readonly #two = new Int32Array(depth)
  readonly #one = new Int32Array(1)
  #compiledAt = 0

  constructor(dump?: Json) {
    const precedence = new Precedence(room.pairs)
    this.parts = {
      vocabulary: new Vocabulary(room.names),
      contexts: new ContextTree(depth, room.contexts),
      precedence,
      preparation: new Preparation(precedence),
      counts: new Repeats(),
      rows: new Repeats(),
      total: 0,
    }
    this.#sequencesWith = symbol => this.parts.preparation.sequencesWith(symbol)
    if (dump === undefined) return
    restoreHabits(this.parts, dump)
    precedence.compile(this.#sequencesWith, usualShare)
    this.#compiledAt = this.parts.total
  }

  /** Sessions that were learnt. */
  get total(): number {
    return this.parts.total
  }

  learn(steps: readonly string[], { whole, ordered }: SessionToLearn = { whole: true, ordered: true }): void {
    const { vocabulary, contexts, precedence, preparation, counts, rows } = this.parts
    const symbols: number[] = [startSymbol]
    const seen: number[] = []
    const times: number[] = []
    let row = 0
    for (const step of steps) {
      const symbol = vocabulary.learn(step)
      if (symbol === symbols.at(-1)) row++
      else {
        if (row > 0) rows.learn(symbols.at(-1) as number, row)
        symbols.push(symbol)
        row = 1
      }
      const at = seen.indexOf(symbol)
      if (at >= 0) times[at] = (times[at] as number) + 1
      else if (seen.length < differentMax) {
        if (whole) preparation.learn(symbol, seen)
        seen.push(symbol)
        times.push(1)
      }
    }
    if (row > 0) rows.learn(symbols.at(-1) as number, row)
    for (let i = 0; i < seen.length; i++) {
      vocabulary.count(seen[i] as number)
      counts.learn(seen[i] as number, times[i] as number)
    }
    symbols.push(endSymbol)
    if (ordered) contexts.learn(symbols)
    if (whole) precedence.learn(seen)
    this.#trim()
    this.parts.total++
    // What is worked out from all that was learnt; anew when a tenth more was: what changes by less moves no figure that matters.
    if (this.parts.total <= this.#compiledAt * 1.1) return
    precedence.compile(this.#sequencesWith, usualShare)
    this.#compiledAt = this.parts.total
  }

  begin(kind: SessionKind = { whole: true, earlier: [], counted: true }): Session {
    return {
      whole: kind.whole,
      earlier: kind.earlier,
      counted: kind.counted,
      last: startSymbol,
      second: noSymbol,
      third: noSymbol,
      seen: [],
      times: [],
      bare: [],
      row: 0,
      missing: 0,
      missingStep: unknownSymbol,
      liberty: nothingTaken,
      stretch: 0,
      misfit: 0,
    }
  }

  /** One more step of a session; true: it is stranger than before. One that is not known says nothing of the order of the others. */
  take(session: Session, { name, changes, done }: Step): boolean {
    const symbol = this.parts.vocabulary.symbolOf(name)
    const again = session.last === symbol
    if (symbol === unknownSymbol) {
      if (!again) follow(session, unknownSymbol)
      return false
    }
    if (done) session.row = again ? session.row + 1 : 1
    else if (!again) session.row = 0
    const freer = done && this.#isFreer(session, symbol, changes)
    if (again) return freer
    session.stretch = Math.max(0, session.stretch + this.#misfitOf(session, symbol))
    follow(session, symbol)
    if (session.stretch <= session.misfit) return freer
    session.misfit = session.stretch
    return true
  }

  /** Whether the step, as it comes now, is taken more freely than any before. */
  #isFreer(session: Session, symbol: number, changes: boolean): boolean {
    const { preparation, counts, rows } = this.parts
    const { seen, row } = session
    let at = seen.indexOf(symbol)
    let isBarer = false
    if (at < 0) {
      if (seen.length >= differentMax) return false
      at = seen.length
      const judged = changes && session.whole
      session.bare = withOne(session.bare, judged ? preparation.bits(symbol, seen, session.earlier) : 0)
      const missing = judged ? preparation.bitsOfMissing(symbol, seen, session.earlier) : 0
      isBarer = missing > session.missing
      if (isBarer) {
        session.missing = missing
        session.missingStep = symbol
      }
      session.seen = withOne(seen, symbol)
      session.times = withOne(session.times, 0)
    }
    const { times, bare } = session
    const count = (times[at] as number) + 1
    times[at] = count
    const unprepared = bare[at] as number
    const repeated = session.counted ? Math.max(counts.bits(symbol, count) ?? 0, rows.bits(symbol, row) ?? 0) : 0
    const isFreer = unprepared + repeated > session.liberty.bits
    if (isFreer) session.liberty = { step: symbol, bits: unprepared + repeated, unprepared, times: count }
    return isFreer || isBarer
  }

  /** What is known of steps that are forgotten goes with them. */
  #trim(): void {
    const { vocabulary, preparation, counts, rows } = this.parts
    const before = vocabulary.size
    vocabulary.trim()
    if (vocabulary.size === before) return
    for (const { table } of [preparation, counts, rows]) table.keep(symbol => vocabulary.nameOf(symbol) !== null)
  }

  /**
   * Bits by which a step is better explained by chance than by the latest steps before it, or any one of them: two pages, or two threads, go on at the
   * same time.
   */
  #misfitOf({ last, second, third }: Session, symbol: number): number {
    const { contexts, vocabulary } = this.parts
    const alphabet = vocabulary.size + 1
    let before = this.#one
    if (second === noSymbol) before[0] = last
    else {
      before = this.#two
      before[0] = second
      before[1] = last
    }
    const { informed, bare } = contexts.bitsAfter(before, symbol, alphabet)
    let least = informed
    // Nothing to be gained from further ones below what chance gives.
    if (least > bare && second !== noSymbol) {
      this.#one[0] = second
      least = Math.min(least, contexts.bitsAfter(this.#one, symbol, alphabet).informed)
    }
    if (least > bare && third !== noSymbol) {
      this.#one[0] = third
      least = Math.min(least, contexts.bitsAfter(this.#one, symbol, alphabet).informed)
    }
    return least - bare
  }

  /** Steps next to one another that never were before, at most 16. */
  newPairs(steps: readonly string[]): string[] {
    const { vocabulary, contexts } = this.parts
    const found = new Set<string>()
    for (let i = 1; i < steps.length && found.size < 16; i++) {
      const [before, step] = [steps[i - 1] as string, steps[i] as string]
      if (before === step) continue
      if (contexts.times(vocabulary.symbolOf(before), vocabulary.symbolOf(step)) === 0) found.add(`${before} → ${step}`)
    }
    return [...found]
  }

  /** Steps that come oftener than they ever did, with how often, at most 16. */
  newCounts(steps: readonly string[]): string[] {
    const { vocabulary, counts } = this.parts
    const times = new Map<string, number>()
    for (const step of steps) times.set(step, (times.get(step) ?? 0) + 1)
    const found: string[] = []
    for (const [step, count] of times) {
      const level = counts.newLevel(vocabulary.symbolOf(step), count)
      if (level !== null && found.length < 16) found.push(`${step} ×${level}`)
    }
    return found
  }

  dump(): Json {
    return dumpHabits(this.parts)
  }
}

function follow(session: Session, symbol: number): void {
  session.third = session.second
  session.second = session.last
  session.last = symbol
}
