import type { Config, RouteConfig } from '../../config/types.ts'
import type { Census, Known } from './census.ts'
import { Grants } from './grants.ts'
import { anybody, guestName, type Granted, type Guest, type Use } from './guests.ts'
import { Takers } from './taker.ts'
import { answered, type TrafficByRoute } from './traffic-by-route.ts'

/** What one caller may do to one operation, and what he did. */
export interface Privilege {
  readonly caller: string
  readonly operation: string
  /** `unknown`: what his token or certificate says beside his name decides. */
  readonly granted: Granted
  readonly grantedAfter: Granted
  /** Calls that were answered; those that the service sent away; those that the gateway refused. */
  readonly used: number
  readonly denied: number
  readonly refused: number
  /** RFC 3339 UTC; '' when he never called it. */
  readonly lastUse: string
  /** Routes of the configuration that take it. */
  readonly routes: readonly string[]
}

export interface Privileges {
  /** Those that are granted or were tried, by caller and operation. */
  readonly list: readonly Privilege[]
  readonly dropped: number
}

/** About 10 MB. */
export const privilegesMax = 50_000

/** Callers by operations. Where anybody may come, who proves something more is not told apart. */
export function privilegesOf(
  before: Config,
  after: Config,
  facts: { readonly census: Census; readonly traffic: TrafficByRoute; readonly nowMs: number },
): Privileges {
  const { census, traffic, nowMs } = facts
  const now = new Judge(before, nowMs)
  const then = new Judge(after, nowMs)
  const list: Privilege[] = []
  let dropped = 0
  for (const guest of census.guests)
    for (const [known] of traffic.calls) {
      const routes = now.routesOf(known, traffic)
      const use = known.uses.get(guest.id)
      if (guest.id !== anybody.id && use === undefined && routes.some(route => now.grants.letsAnybodyIn(route)))
        continue
      const granted = now.best(guest, routes)
      if (granted === 'no' && use === undefined) continue
      if (list.length >= privilegesMax) {
        dropped++
        continue
      }
      list.push({
        ...rowOf(guest, known, use),
        granted,
        grantedAfter: then.best(guest, then.routesOf(known, traffic)),
        routes: routes.map(({ name }) => name),
      })
    }
  return { list, dropped }
}

/** Granted, as far as is known, and never used. */
export function isSurplus({ granted, used }: Privilege): boolean {
  return granted !== 'no' && used === 0
}

function rowOf(guest: Guest, { operation }: Known, use: Use | undefined) {
  return {
    caller: guestName(guest),
    operation: operation.id,
    used: use === undefined ? 0 : answered(use),
    denied: use?.denied ?? 0,
    refused: use?.refused ?? 0,
    lastUse: use === undefined ? '' : new Date(use.lastMs).toISOString(),
  }
}

class Judge {
  readonly grants: Grants
  readonly #takers: Takers
  readonly #routes = new Map<Known, readonly RouteConfig[]>()

  constructor(config: Config, nowMs: number) {
    this.grants = new Grants(config, nowMs)
    this.#takers = new Takers(config.routes)
  }

  routesOf(known: Known, { calls }: TrafficByRoute): readonly RouteConfig[] {
    let routes = this.#routes.get(known)
    if (routes === undefined) {
      routes = [...new Set((calls.get(known) ?? []).flatMap(call => this.#takers.of(call) ?? []))]
      this.#routes.set(known, routes)
    }
    return routes
  }

  best(guest: Guest, routes: readonly RouteConfig[]): Granted {
    const all = routes.map(route => this.grants.of(guest, route).granted)
    return all.includes('yes') ? 'yes' : all.includes('unknown') ? 'unknown' : 'no'
  }
}
