import type { Actor, Passed } from './actors.ts'

/** What an anomaly tells of an actor's latest calls. */
export interface Told {
  readonly addresses: readonly string[]
  readonly operations: readonly string[]
  readonly events: readonly string[]
}

/** The latest calls of an actor since then, newest first. */
export function latestOf(actor: Actor, sinceMs: number): Told {
  return told(actor.trail.filter(({ timeMs }) => timeMs >= sinceMs))
}

function told(calls: readonly Passed[]): Told {
  const sorted = calls.toSorted((a, b) => b.timeMs - a.timeMs)
  return {
    addresses: [...new Set(sorted.map(({ address }) => address))],
    operations: [...new Set(sorted.map(({ operation }) => operation))],
    events: sorted.map(({ event }) => event),
  }
}
