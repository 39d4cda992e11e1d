import type { Census } from './census.ts'
import { guestName } from './guests.ts'
import type { Privilege } from './privileges.ts'
import { answered } from './traffic-by-route.ts'

/** What the patch would have done to the calls of the past. */
export interface BlastRadius {
  /** Calls that were answered and would have been refused; by caller, the most first. */
  readonly calls: number
  readonly callers: readonly { readonly caller: string; readonly calls: number; readonly lastUse: string }[]
  /** Calls that the service sent away and the gateway would have refused before it. */
  readonly deniedBefore: number
  /** Calls to paths that nothing answered: the gateway would refuse them where they now reach the service. */
  readonly toNothing: number
  /** Permissions that are taken away. */
  readonly closed: number
  /** Those whom it names, with how long they are known; `young` when that is too short to say what they need. */
  readonly known: readonly CallerHistory[]
  /** 0–1: that tomorrow needs nothing that is closed. */
  readonly confidence: number
  /** The arithmetic of it, in words. */
  readonly because: readonly string[]
}

export interface CallerHistory {
  readonly caller: string
  readonly calls: number
  readonly days: number
  readonly lastUse: string
  readonly young: boolean
  readonly confidence: number
}

const dayMs = 86_400_000
const callersMax = 1_000

export interface BlastOptions {
  /** Callers who are known for less are `young`, days. */
  readonly youngDays: number
  /** Calls that belong to no operation. */
  readonly toNothing: number
}

/** Replays the counts of the past over the patched configuration. */
export function blastRadius(privileges: readonly Privilege[], census: Census, options: BlastOptions): BlastRadius {
  const lost = new Map<string, { calls: number; lastUse: string }>()
  let calls = 0
  let deniedBefore = 0
  let closed = 0
  for (const { caller, granted, grantedAfter, used, denied, lastUse } of privileges) {
    if (granted === 'no' || grantedAfter !== 'no') continue
    closed++
    deniedBefore += denied
    if (used === 0) continue
    calls += used
    const known = lost.get(caller)
    lost.set(caller, {
      calls: used + (known?.calls ?? 0),
      lastUse: known === undefined || known.lastUse < lastUse ? lastUse : known.lastUse,
    })
  }
  const known = historiesOf(census, options.youngDays)
  return {
    calls,
    callers: [...lost].map(([caller, one]) => ({ caller, ...one })).sort((a, b) => b.calls - a.calls),
    deniedBefore,
    toNothing: options.toNothing,
    closed,
    known: known.slice(0, callersMax),
    ...confidenceOf(census),
  }
}

function historiesOf(census: Census, youngDays: number): CallerHistory[] {
  return census.guests
    .flatMap((guest): CallerHistory[] => {
      const uses = census.operations
        .flatMap(({ uses: all }) => all.get(guest.id) ?? [])
        .filter(use => answered(use) > 0)
      if (uses.length === 0 || guest.kind === 'anybody') return []
      const calls = uses.reduce((sum, use) => sum + answered(use), 0)
      const firstMs = uses.reduce((least, use) => Math.min(least, use.firstMs), Number.POSITIVE_INFINITY)
      const lastMs = uses.reduce((most, use) => Math.max(most, use.lastMs), 0)
      const days = (lastMs - firstMs) / dayMs
      const singles = uses.filter(use => answered(use) === 1).length
      return [
        {
          caller: guestName(guest),
          calls,
          days: Math.round(days * 10) / 10,
          lastUse: new Date(lastMs).toISOString(),
          young: days < youngDays,
          confidence: rounded(Math.min(newNext(calls, singles), (Math.floor(days) + 1) / (Math.floor(days) + 2))),
        },
      ]
    })
    .sort((a, b) => b.calls - a.calls)
}

/** The smaller of two: that the next call is of a kind that was seen, and that another day passes without a new kind. */
function confidenceOf({ operations, toMs }: Census): { confidence: number; because: readonly string[] } {
  let calls = 0
  let singles = 0
  let newestMs = 0
  for (const { uses } of operations)
    for (const use of uses.values()) {
      const count = answered(use)
      if (count <= 0) continue
      calls += count
      if (count === 1) singles++
      newestMs = Math.max(newestMs, use.firstMs)
    }
  if (calls === 0) return { confidence: 0, because: ['nothing was seen'] }
  const quiet = Math.floor((toMs - newestMs) / dayMs)
  return {
    confidence: rounded(Math.min(newNext(calls, singles), (quiet + 1) / (quiet + 2))),
    because: [
      `${singles} of ${calls} calls were the only one of their caller to their operation`,
      `no caller began to use another operation for ${quiet} whole ${quiet === 1 ? 'day' : 'days'}`,
    ],
  }
}

/** Good (1953) says how many calls are of a kind never seen from how many kinds were seen once; one more is allowed for what chance hid. */
function newNext(calls: number, singles: number): number {
  return 1 - (singles + 1) / (calls + 2)
}

function rounded(share: number): number {
  return Math.floor(share * 100) / 100
}
