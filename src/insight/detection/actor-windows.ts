// Hot path: once per event and detector that counts.
import { HashSet } from '../../lib/hash-set.ts'
import type { NumbersOfActor } from './actor-numbers.ts'

/** Places of a window's hot numbers, from its scale's first: which window runs (0: none yet), counted so far, and of what is told apart the latest, plus 1. */
export const indexAt = 0
export const countAt = 1
export const latestAt = 2
/** Places of a window's cold numbers: when the first was counted, Unix ms; 1: something in it must not be learnt. */
export const firstMsAt = 0
export const taintedAt = 1
export const coldStride = 2
/** Where habits are kept, also: windows before, and the fullest of them, fading by the day. */
export const windowsAt = 2
export const peakAt = 3
export const habitStride = 4

/** Hashes of things that are told apart: a list while they are few. null: nothing yet. */
export type Things = number[] | HashSet | null

/** So many things are looked through one by one. */
const listMax = 16
/** Things that are told apart in one window; beyond that, counting goes on without telling. */
const distinctMax = 1024

/** 1: the window has not had it yet. Beyond `distinctMax` everything counts that is not remembered. */
export function isNew(all: Things[], i: number, hash: number): 0 | 1 {
  const things = all[i] as Things
  if (things === null) {
    all[i] = [hash]
    return 1
  }
  if (Array.isArray(things)) {
    if (things.includes(hash)) return 0
    if (things.length < listMax) things.push(hash)
    else all[i] = new HashSet([...things, hash])
    return 1
  }
  if (things.size < distinctMax) return things.add(hash) ? 1 : 0
  return things.has(hash) ? 0 : 1
}

function listOf(things: Things): number[] {
  if (things === null) return []
  return Array.isArray(things) ? things : things.values()
}

/** Where a window's numbers stand. */
export interface WindowPlace {
  readonly of: NumbersOfActor
  readonly hot: number
  readonly cold: number
  /** It has numbers of a habit. */
  readonly own: boolean
}

/** As JSON; `restoreWindow` reads it. */
export function dumpWindow({ of, hot, cold, own }: WindowPlace, things: Things): unknown {
  return [
    of.hot[hot + indexAt],
    of.hot[hot + countAt],
    of.cold[cold + firstMsAt],
    own ? of.cold[cold + windowsAt] : 0,
    own ? of.cold[cold + peakAt] : 0,
    of.cold[cold + taintedAt],
    things === null ? 0 : listOf(things),
  ]
}

/** Gives the things that were told apart. Throws on what is no dump. */
export function restoreWindow({ of, hot, cold, own }: WindowPlace, dump: unknown): Things {
  const [index = 0, count = 0, firstMs = 0, windows = 0, peak = 0, tainted, things] = dump as [...number[], unknown]
  const kept = [index, count, firstMs, windows, peak] as number[]
  if (!kept.every(Number.isFinite)) throw new RangeError('no dump of a window')
  of.hot[hot + indexAt] = Math.max(0, index as number)
  of.hot[hot + countAt] = count as number
  of.cold[cold + firstMsAt] = firstMs as number
  if (own) {
    of.cold[cold + windowsAt] = windows as number
    of.cold[cold + peakAt] = peak as number
  }
  of.cold[cold + taintedAt] = tainted === 1 ? 1 : 0
  if (!Array.isArray(things) || things.length === 0) return null
  const hashes = things.map(one => Number(one) >>> 0).slice(0, distinctMax)
  return hashes.length <= listMax ? hashes : new HashSet(hashes)
}
