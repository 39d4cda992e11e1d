import type { Config, RouteConfig } from '../../config/types.ts'
import type { Census } from './census.ts'
import { Grants } from './grants.ts'
import { freeName, lockedRoute, partRoute, type Part } from './parts.ts'
import { split, type Split } from './split.ts'
import { hostsMeet, isInside, sharedMethods, Takers } from './taker.ts'
import { isUsed, type TrafficByRoute } from './traffic-by-route.ts'

/** What becomes of one route. */
export interface RoutePlan {
  readonly route: RouteConfig
  /** Routes that take its place; empty: it goes. */
  readonly parts: readonly Part[]
  readonly changed: boolean
  /** What stays open here, and why. */
  readonly notes: readonly string[]
}

/** The narrowest configuration under which all that was used is still let through. */
export interface Plan {
  readonly routes: readonly RoutePlan[]
  readonly after: Config
}

export interface PlanFacts {
  readonly traffic: TrafficByRoute
  readonly grants: Grants
  /** Services of which not every operation is known. */
  readonly overflowed: ReadonlySet<string>
}

/** Each round can only give up more places, so it ends; this is how many are tried before whole routes are left alone. */
const roundsMax = 6

/**
 * Cuts each route into one for every path that is used, with the methods and callers that use it. Calls of what is closed must not fall through
 * to a wider route that would let them in, and no new route may take what another one answered: both are tried out with every kind of call that
 * is known, and a cut that would do so is not made.
 */
export function planOf(config: Config, census: Census, facts: PlanFacts): Plan {
  const { traffic, grants, overflowed } = facts
  /** By route: operations for which no part is made. */
  const whole = new Map<RouteConfig, Set<string>>()
  const untouched = new Set<RouteConfig>()
  const locked = new Set<RouteConfig>()
  for (let round = 0; ; round++) {
    const cuts = config.routes.map(route =>
      untouched.has(route)
        ? keep(route, 'to part it would let other routes take its calls')
        : overflowed.has(route.service)
          ? keep(
              route,
              `there was no room for all operations of service ${route.service}, so some that are used are not known`,
            )
          : !wasSeen(route, traffic)
            ? keep(route, `nothing was seen of service ${route.service}, so nothing is concluded`)
            : split(route, traffic.behind.get(route) ?? [], { census, grants, whole: whole.get(route) ?? new Set() }),
    )
    const plan = assemble(config, cuts, locked)
    const faults = faultsOf(config, plan, traffic)
    if (faults.length === 0) return plan
    for (const { fallsFrom, taker, operation } of faults) {
      if (round >= roundsMax) {
        untouched.add(taker)
        if (fallsFrom !== null) untouched.add(fallsFrom)
      } else if (fallsFrom !== null && !locked.has(fallsFrom)) locked.add(fallsFrom)
      else whole.set(taker, (whole.get(taker) ?? new Set()).add(operation))
    }
    // Nothing is changed at all, so nothing can be wrong.
    if (untouched.size === config.routes.length) return { routes: cuts.map(cut => unchanged(cut)), after: config }
  }
}

/** Where no call of the service was seen, nothing follows from that a route was not used. */
function wasSeen(route: RouteConfig, { behind }: TrafficByRoute): boolean {
  for (const [other, list] of behind) if (other.service === route.service && list.some(isUsed)) return true
  return false
}

function keep(route: RouteConfig, why: string): Split {
  return { route, parts: null, notes: [`route ${route.name} stays as it is: ${why}`] }
}

function unchanged({ route, notes }: Split): RoutePlan {
  return { route, parts: [], changed: false, notes }
}

function assemble(config: Config, cuts: readonly Split[], locked: ReadonlySet<RouteConfig>): Plan {
  const names = new Set(config.routes.map(({ name }) => name))
  const planned = cuts.map(cut => {
    const { route, parts, notes } = cut
    if (parts === null) return { route, parts: [], made: [route], changed: false, notes }
    const [first, ...more] = parts
    const named =
      first === undefined
        ? []
        : [{ ...first, name: route.name }, ...more.map(part => ({ ...part, name: freeName(part, names) }))]
    return { route, parts: named, made: named.map(part => partRoute(part)), changed: isChange(route, named), notes }
  })
  const origins = new Map(planned.flatMap(one => one.made.map(route => [route, one] as const)))
  const all = new Takers([...origins.keys()])
  const routes = planned.map(one => {
    const { route, parts, changed, notes } = one
    if (!changed) return { route, parts, made: one.made, changed, notes }
    const opened = all
      .near(route.match.path)
      .filter(
        other =>
          origins.get(other) !== one && hostsMeet(other, route) && (locked.has(route) || wouldTake(other, route)),
      )
    const lock = opened.length === 0 ? null : lockedRoute(route, parts, names)
    if (lock === null) return { route, parts, made: one.made, changed, notes }
    return { route, parts: [...parts, lock], made: [...one.made, partRoute(lock)], changed, notes }
  })
  const made = routes.flatMap(one => (one.changed ? one.made : [one.route]))
  return {
    routes: routes.map(({ route, parts, changed, notes }) => ({ route, parts: changed ? parts : [], changed, notes })),
    after: { ...config, routes: made },
  }
}

/** Would `other` take calls that `route` gives up? */
function wouldTake(other: RouteConfig, route: RouteConfig): boolean {
  if (isInside(other, route)) return false
  const shared = sharedMethods(route.match.methods, other.match.methods)
  return shared === null || shared.length > 0
}

function isChange(route: RouteConfig, parts: readonly Part[]): boolean {
  const [only, ...more] = parts
  return (
    only === undefined ||
    more.length > 0 ||
    only.path !== route.match.path ||
    only.principals !== null ||
    only.methods.length !== route.match.methods.length
  )
}

interface Fault {
  /** Gave the call up; null: nobody had it. */
  readonly fallsFrom: RouteConfig | null
  /** The old route whose part would take it. */
  readonly taker: RouteConfig
  readonly operation: string
}

function faultsOf(config: Config, plan: Plan, { calls }: TrafficByRoute): Fault[] {
  const before = new Takers(config.routes)
  const after = new Takers(plan.after.routes)
  const origins = new Map<RouteConfig, RouteConfig>()
  let i = 0
  for (const { route, parts, changed } of plan.routes) {
    const count = changed ? parts.length : 1
    for (let n = 0; n < count; n++) origins.set(plan.after.routes[i++] as RouteConfig, route)
  }
  const faults: Fault[] = []
  for (const [known, kinds] of calls)
    for (const call of kinds) {
      const now = after.of(call)
      if (now === null) continue
      const taker = origins.get(now) as RouteConfig
      const had = before.of(call)
      if (taker !== had) faults.push({ fallsFrom: had, taker, operation: known.operation.id })
    }
  return faults
}
