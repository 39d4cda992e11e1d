// Hot path: once per event and per tree.
import { keptText } from '../../lib/flat-text.ts'
import { OldestEntry } from '../../lib/oldest-entry.ts'
import type { EndedTree } from '../detectors/detector.ts'
import { CallShapes, type Label } from '../signatures/call-shape.ts'
import { type Chain, chainOf } from '../signatures/chain.ts'
import { type ChainJudge, createChainJudge } from '../signatures/judge-chain.ts'
import type { ChainSignatures } from '../signatures/chain-signatures.ts'
import { createOperationName } from '../traces/operation-name.ts'
import { ChainRows } from './chain-rows.ts'
import { ChangedRows } from '../traces/changed-rows.ts'
import type { Moment } from './moment.ts'

/** Live, a stranger may choose what is called: less is remembered than of files. */
const limits = { signatures: 4_096, places: 65_536, labels: 8_192 }
const tracesMax = 65_536
/** Places times signatures that chains never seen before are compared with, in a minute of event time. */
export const workPerMinute = 400_000

/** Who began a trace, as the gateway knows. */
export interface TraceCaller {
  readonly name: string
  readonly event: string
  readonly operation: string | null
  readonly learnable: boolean
  /** 2xx or 3xx by the service. */
  readonly answered: boolean
}

/** A finished tree with what is known of it. */
export interface WatchedChain {
  readonly chain: Chain
  /** `service METHOD /route`. */
  readonly entry: string
  /** null: the gateway saw nobody, as when one service calls another directly. */
  readonly caller: TraceCaller | null
  readonly timeMs: number
}

/**
 * The chains of a stream, with their signatures and who began them: one for all detectors that look at them. Each of them says of a chain whether it may be
 * learnt, and it is learnt when all do.
 */
export interface ChainWatch {
  /** Beginnings, signatures and comparisons for which there was no room. */
  readonly lost: number
  /** One more looks at chains, from now on. */
  join(): void
  readonly store: ChainSignatures
  readonly rows: ChainRows
  /** The outermost call through the gateway ends last and is the one that counts. */
  note(moment: Moment): void
  read(ended: EndedTree): WatchedChain
  /** When the first chain of its entry was learnt, Unix ms; of one that none was learnt of, `timeMs`. */
  firstMs(entry: string, timeMs: number): number
  /** Is there room, in this minute of event time, to compare one that was never seen? */
  affords(chain: Chain, timeMs: number): boolean
  judge: ChainJudge['judge']
  /** One of those who look says that the chain read last may be learnt; once each. */
  accept(watched: WatchedChain): void
  changes(): Iterable<readonly [key: string, value: string | null]>
  restore(rows: Iterable<readonly [key: string, value: string]>): void
}

export function createChainWatch(): ChainWatch {
  const shapes = new CallShapes()
  const rows = new ChainRows(shapes, limits)
  const operation = createOperationName()
  const callers = new Map<string, TraceCaller>()
  const oldestCaller = new OldestEntry(callers)
  const firsts = new Map<string, number>()
  const oldestFirst = new OldestEntry(firsts)
  const newFirsts = new Set<string>()
  /** Who began traces that are still open: a restart must not take a suspect's tree for nobody's. */
  const beginnings = new ChangedRows()
  const open = new Set<string>()
  let judge = createChainJudge(rows.store)
  let latestMs = 0
  let minute = 0
  let workLeft = workPerMinute
  let lost = 0
  let joined = 0
  let accepted = 0
  let latest: { readonly tree: EndedTree['tree']; readonly watched: WatchedChain } | null = null
  let noted: Moment['record'] | null = null
  let judged: { readonly chain: Chain; readonly judgement: ReturnType<ChainJudge['judge']> } | null = null

  function learn({ chain, entry, timeMs }: WatchedChain): void {
    if (!firsts.has(entry)) {
      if (firsts.size >= limits.labels) {
        oldestFirst.take()
        lost++
      }
      firsts.set(entry, timeMs)
      newFirsts.add(entry)
    }
    rows.learn(chain)
  }

  return {
    rows,
    get lost() {
      return lost + rows.store.lost
    },
    join() {
      joined++
    },
    get store() {
      return rows.store
    },
    note({ record, id, actor, timeMs, operation: called, learnable, answered }) {
      if (record === noted) return
      noted = record
      const { event } = record
      if (timeMs > latestMs) latestMs = timeMs
      if (event.traceId === null) return
      if (callers.size >= tracesMax) {
        const oldest = oldestCaller.take() as string
        // Of a trace that has ended nothing is lost.
        if (open.delete(oldest)) {
          beginnings.gone(oldest)
          lost++
        }
      }
      const trace = keptText(event.traceId)
      callers.set(trace, { name: actor.name, event: id, operation: called, learnable, answered })
      open.add(trace)
      beginnings.changed(trace)
    },
    read({ tree, timeMs: endMs }) {
      if (latest?.tree === tree) return latest.watched
      // Tracers say what time they like: what they say of the future is now.
      const timeMs = latestMs === 0 ? endMs : Math.min(endMs, latestMs)
      const id = tree.root.span.traceId
      // Not from the map: a trace id may hold several trees.
      if (open.delete(id)) beginnings.gone(id)
      const chain = chainOf(id, [tree], shapes, operation)
      const label = chain.shape.labels[0] as Label
      const watched = { chain, entry: `${label.service} ${label.operation}`, caller: callers.get(id) ?? null, timeMs }
      latest = { tree, watched }
      accepted = 0
      return watched
    },
    firstMs: (entry, timeMs) => firsts.get(entry) ?? timeMs,
    affords({ shape }, timeMs) {
      const now = Math.floor(timeMs / 60_000)
      if (now !== minute) {
        minute = now
        workLeft = workPerMinute
      }
      const members = rows.store.entry(shape.labels[0] as Label)?.members.length ?? rows.store.size
      const work = shape.labels.length * Math.max(1, members)
      if (work > workLeft) {
        lost++
        return false
      }
      workLeft -= work
      return true
    },
    judge(chain) {
      if (judged?.chain !== chain) judged = { chain, judgement: judge.judge(chain) }
      return judged.judgement
    },
    accept(watched) {
      if (watched === latest?.watched && ++accepted === joined) learn(watched)
    },
    *changes() {
      for (const entry of newFirsts) yield [`f ${entry}`, String(firsts.get(entry) ?? 0)]
      newFirsts.clear()
      for (const [id, value] of beginnings.take(one => beginningOf(open.has(one) ? callers.get(one) : undefined)))
        yield [`c ${id}`, value]
      yield* rows.changes()
    },
    restore(saved) {
      const others: Array<readonly [string, string]> = []
      for (const row of saved)
        if (row[0].startsWith('c ')) {
          callers.set(row[0].slice(2), JSON.parse(row[1]) as TraceCaller)
          open.add(row[0].slice(2))
          beginnings.stored(row[0].slice(2))
        } else if (!row[0].startsWith('f ')) others.push(row)
        else if (Number.isFinite(Number(row[1])) && firsts.size < limits.labels)
          firsts.set(row[0].slice(2), Number(row[1]))
      if (others.length === 0) return
      rows.restore(others)
      judge = createChainJudge(rows.store)
    },
  }
}

function beginningOf(caller: TraceCaller | undefined): string | null {
  return caller === undefined ? null : JSON.stringify(caller)
}
