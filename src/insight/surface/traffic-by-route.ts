import type { Config, RouteConfig } from '../../config/types.ts'
import type { Census, Known } from './census.ts'
import type { Grants } from './grants.ts'
import { anybody, type Use } from './guests.ts'
import { hostsFit, methodFits, Takers, type Call } from './taker.ts'

/** An operation behind one route. */
export interface Behind {
  readonly known: Known
  /** Guests that were answered, and are let through by the route as it is. */
  readonly users: ReadonlySet<string>
  /** Calls let through of which nobody knows by whom. */
  readonly unnamed: number
  /** The route does not take all paths of the template: it was joined from more than is behind the route. */
  readonly loose: boolean
}

/** Which operations each route takes, and who used them there. */
export interface TrafficByRoute {
  readonly behind: ReadonlyMap<RouteConfig, readonly Behind[]>
  /** The kinds of calls that may come to each operation. */
  readonly calls: ReadonlyMap<Known, readonly Call[]>
  /** Operations of services that the configuration does not have, or that no route reaches. */
  readonly unreached: readonly Known[]
}

const hostsMax = 50

export function trafficByRoute(config: Config, census: Census, grants: Grants): TrafficByRoute {
  const takers = new Takers(config.routes)
  const behind = new Map<RouteConfig, Behind[]>(config.routes.map(route => [route, []]))
  const calls = new Map<Known, readonly Call[]>()
  const unreached: Known[] = []
  for (const known of census.operations) {
    const { service, method, routesTaken } = known.operation
    const near = takers.near(known.operation.template).filter(route => route.service === service)
    const kinds = callsOf(known, takers).filter(call => takers.of(call)?.service === service)
    calls.set(known, kinds)
    const takenBy = new Set(kinds.map(call => takers.of(call) as RouteConfig))
    const fitting = near.filter(({ match }) => methodFits(match.methods, method))
    const taken = new Set(fitting.filter(({ name }) => routesTaken.includes(name)))
    // Routes had other names then, or the record does not name them: any that would take it now may be meant.
    const renamed = routesTaken.some(name => !fitting.some(route => route.name === name))
    if (takenBy.size === 0 && taken.size === 0) unreached.push(known)
    for (const route of new Set([...takenBy, ...taken])) {
      const used = routesTaken.length === 0 || renamed || taken.has(route)
      const one = used ? behindOf(known, route, { census, grants }) : { known, users: new Set<string>(), unnamed: 0 }
      behind.get(route)?.push({ ...one, loose: !takenBy.has(route) })
    }
  }
  return { behind, calls, unreached }
}

/** Was somebody answered there? */
export function isUsed({ users, unnamed }: Behind): boolean {
  return users.size > 0 || unnamed > 0
}

/** Calls that were let through and that the service did not send away. */
export function answered({ passed, denied }: Use): number {
  return passed - denied
}

function behindOf(
  known: Known,
  route: RouteConfig,
  { census, grants }: { readonly census: Census; readonly grants: Grants },
): Omit<Behind, 'loose'> {
  const { operation, uses } = known
  const hosts = operation.hosts.map(plainHost)
  const users = new Set<string>()
  if (hosts.length > 0 && !hosts.some(host => hostsFit(route.match.hosts, host))) return { known, users, unnamed: 0 }
  let { unnamed } = known
  const open = grants.letsAnybodyIn(route)
  for (const guest of census.guests) {
    const use = uses.get(guest.id)
    if (use === undefined || answered(use) <= 0) continue
    if (grants.of(guest, route).granted !== 'no') users.add(guest.id)
    // A log that does not say who called tells of strangers where the gateway takes none.
    else if (guest.id === anybody.id && !open) unnamed += answered(use)
  }
  return { known, users, unnamed }
}

function callsOf({ operation }: Known, takers: Takers): Call[] {
  const { method, template } = operation
  const near = takers.near(template)
  const hosts = new Set(operation.hosts.map(plainHost))
  for (const { match } of near) for (const host of match.hosts) hosts.add(host.replace(/^\*/, 'any'))
  // Where hosts matter, another host is a case of its own.
  if (near.some(({ match }) => match.hosts.length === 0) || hosts.size === 0) hosts.add('other.invalid')
  const headers = new Map<string, Readonly<Record<string, string>>>([['{}', {}]])
  for (const { match } of near) headers.set(JSON.stringify(match.headers), match.headers)
  return [...hosts]
    .slice(0, hostsMax)
    .flatMap(host => [...headers.values()].map(fields => ({ host, method, template, headers: fields })))
}

function plainHost(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}
