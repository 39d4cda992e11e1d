import type { CallShape, Label } from './call-shape.ts'
import type { Chain } from './chain.ts'
import type { ChainDifference } from './chain-differences.ts'
import type { TimeModel } from './time-model.ts'
import { normalTimes, shownMs } from './time-words.ts'

// Made once: `toLocaleString` makes one each time.
const english = new Intl.NumberFormat('en')

/** Something strange about a chain, for its explanation. */
export interface ChainClause {
  readonly axis: 'structure' | 'inserted' | 'timing' | 'status' | 'loops'
  readonly text: string
}

/** `cart → admin-user`: services, and operations where they tell more. */
export function edgeWords(caller: Label | null, called: Label): string {
  if (caller === null) return `\`${fullName(called)}\``
  return caller.service === called.service
    ? `\`${fullName(caller)} → ${called.operation}\``
    : `\`${caller.service} → ${fullName(called)}\``
}

export function edgeAt(shape: CallShape, place: number): string {
  const parent = shape.parents[place] as number
  return edgeWords(parent < 0 ? null : (shape.labels[parent] as Label), shape.labels[place] as Label)
}

export function differenceWords({ kind, caller, called, alike, same }: ChainDifference, entry: Label): ChainClause {
  const edge = edgeWords(caller, called)
  const traces = counted(alike)
  const below = `below \`${entry.operation}\``
  const said = {
    entry: `${edge} never began a chain in ${traces} traces`,
    inserted:
      same === 0
        ? `${edge} inserted: never seen ${below} in ${traces} traces`
        : same >= alike
          ? `${edge} inserted once more`
          : `${edge} inserted: only ${counted(same)} of ${traces} traces like this have it`,
    missing:
      same >= alike
        ? `${edge} missing once`
        : `${edge} missing: ${counted(alike - same)} of ${traces} traces like this have it`,
    moved: same === 0 ? `${edge} called from there: never seen ${below} in ${traces} traces` : `${edge} moved`,
  }
  return { axis: kind !== 'missing' && same === 0 ? 'inserted' : 'structure', text: said[kind] }
}

export function timeWords(shape: CallShape, place: number, ms: number, times: TimeModel): ChainClause {
  return {
    axis: 'timing',
    text: `${edgeAt(shape, place)} took ${shownMs(ms)} of its own, normally ${normalTimes(times)}`,
  }
}

export function wholeWords({ shape, wholeMs }: Chain, times: TimeModel): ChainClause {
  return {
    axis: 'timing',
    text: `\`${(shape.labels[0] as Label).operation}\` took ${shownMs(wholeMs)} in all, normally ${normalTimes(times)}`,
  }
}

export function failureWords(shape: CallShape, place: number, failed: number, count: number): ChainClause {
  return {
    axis: 'status',
    text: `${edgeAt(shape, place)} failed, as in ${counted(failed)} of ${counted(count)} traces`,
  }
}

export function loopWords(shape: CallShape, place: number, run: number, times: TimeModel | null): ChainClause {
  const normal =
    times === null ? 'always once' : `normally ${times.quantile(0.1).toFixed(0)} to ${times.quantile(0.99).toFixed(0)}`
  return { axis: 'loops', text: `${edgeAt(shape, place)} came ${counted(run)} times in a row, ${normal}` }
}

function fullName({ service, operation }: Label): string {
  return service === '' ? operation : `${service} ${operation}`
}

function counted(count: number): string {
  return english.format(count)
}
