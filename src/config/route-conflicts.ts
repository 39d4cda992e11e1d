import { templateShape } from './path-template.ts'
import type { RouteConfig } from './types.ts'

/** Two routes of which no rule says who answers, or one that never answers. Indexes into the list of routes. */
export interface RouteConflict {
  readonly route: number
  readonly other: number
  readonly reason: string
  readonly hint: string
}

/**
 * Routes that could not be told apart, and routes whose every request is taken by more specific ones. The router takes the most
 * specific: host, path segment by segment, number of header matches, stated methods; the written order never decides.
 */
export function routeConflicts(routes: readonly RouteConfig[]): RouteConflict[] {
  const places = new Map<string, number[]>()
  for (const [i, route] of routes.entries()) {
    for (const key of placeKeys(route)) {
      const there = places.get(key)
      if (there === undefined) places.set(key, [i])
      else if (!there.includes(i)) there.push(i)
    }
  }
  const conflicts: RouteConflict[] = []
  const told = new Set<string>()
  for (const there of places.values()) {
    for (const [n, i] of there.entries()) {
      for (const j of there.slice(0, n)) {
        const reason = indistinct(routes[j] as RouteConfig, routes[i] as RouteConfig)
        if (reason === null || told.has(`${j} ${i}`)) continue
        told.add(`${j} ${i}`)
        conflicts.push({
          route: i,
          other: j,
          reason,
          hint: 'give them different hosts, paths, methods or headers, or make them one route',
        })
      }
    }
  }
  for (const [i, route] of routes.entries()) {
    const takers = shadowedBy(route, routes, places)
    if (takers === null) continue
    const list = takers.map(taker => (routes[taker] as RouteConfig).name).join(', ')
    const hint = 'remove it, or narrow the others'
    conflicts.push({
      route: i,
      other: takers[0] as number,
      reason: `is never reached: more specific routes take all its requests (${list})`,
      hint,
    })
  }
  return conflicts
}

function placeKeys(route: RouteConfig): string[] {
  const shape = templateShape(route.match.path)
  const hosts = route.match.hosts.length === 0 ? ['*'] : route.match.hosts
  return hosts.map(host => `${host} ${shape}`)
}

/** Why a request could match both of two routes with one host and path shape and none be more specific; null when that cannot be. */
function indistinct(a: RouteConfig, b: RouteConfig): string | null {
  const [ours, theirs] = [Object.entries(a.match.headers), b.match.headers]
  if (ours.length !== Object.keys(theirs).length) return null
  if (ours.some(([name, value]) => Object.hasOwn(theirs, name) && theirs[name] !== value)) return null
  // A stated method is more specific than any method.
  if ((a.match.methods.length === 0) !== (b.match.methods.length === 0)) return null
  const [left, right] = [served(a), served(b)]
  const shared = left.filter(method => right.includes(method))
  if (left.length > 0 && shared.length === 0) return null
  const what = left.length === 0 ? 'any method' : shared.join(', ')
  const implied = shared.includes('HEAD') && shared.length === 1 ? ' (GET serves HEAD too)' : ''
  return `matches the same requests as route ${a.name}: the same host and path for ${what}${implied}`
}

function served(route: RouteConfig): readonly string[] {
  const methods = route.match.methods
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods
}

/** The routes that together take everything from `P/**`: `P`, `P/` and `P/{x}/**`, on each of its hosts; null when something is left. */
function shadowedBy(
  route: RouteConfig,
  routes: readonly RouteConfig[],
  places: ReadonlyMap<string, readonly number[]>,
): number[] | null {
  const shape = templateShape(route.match.path)
  if (!shape.endsWith('/**')) return null
  const prefix = shape.slice(0, -'/**'.length)
  const needed = prefix === '' ? ['/', '/{}/**'] : [prefix, `${prefix}/`, `${prefix}/{}/**`]
  const takers: number[] = []
  for (const host of route.match.hosts.length === 0 ? ['*'] : route.match.hosts) {
    for (const one of needed) {
      const taker = places.get(`${host} ${one}`)?.find(i => takesAll(routes[i] as RouteConfig, route))
      if (taker === undefined) return null
      if (!takers.includes(taker)) takers.push(taker)
    }
  }
  return takers
}

function takesAll(taker: RouteConfig, of: RouteConfig): boolean {
  if (Object.keys(taker.match.headers).length > 0) return false
  if (taker.match.methods.length === 0) return true
  return of.match.methods.length > 0 && served(of).every(method => served(taker).includes(method))
}
