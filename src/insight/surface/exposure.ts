import type { Config, Zone } from '../../config/types.ts'
import { Takers } from './taker.ts'
import { isUsed, type TrafficByRoute } from './traffic-by-route.ts'
import { zones, zonesOfRoute } from './zones.ts'

/** What one zone reaches. */
export interface ZoneExposure {
  readonly zone: Zone
  /** Operations that some call from there reaches, those that were used from there, and after the patch. */
  readonly reachable: readonly string[]
  readonly used: readonly string[]
  readonly reachableAfter: readonly string[]
  /** Routes that also take paths of which nothing is known: `/**` and below. */
  readonly openEnds: readonly string[]
  readonly openEndsAfter: readonly string[]
}

/** Operations by zone, before and after. A source that does not say through which listener a call came counts for each of its zones. */
export function exposureOf(before: Config, after: Config, traffic: TrafficByRoute): ZoneExposure[] {
  const now = reachOf(before, traffic)
  const then = reachOf(after, traffic)
  const used = usedFrom(before, traffic)
  return zones
    .map(zone => ({
      zone,
      reachable: sorted(now.operations.get(zone)),
      used: sorted(used.get(zone)),
      reachableAfter: sorted(then.operations.get(zone)),
      openEnds: sorted(now.openEnds.get(zone)),
      openEndsAfter: sorted(then.openEnds.get(zone)),
    }))
    .filter(({ reachable, openEnds }) => reachable.length > 0 || openEnds.length > 0)
}

interface Reach {
  readonly operations: Map<Zone, Set<string>>
  readonly openEnds: Map<Zone, Set<string>>
}

function reachOf(config: Config, { calls }: TrafficByRoute): Reach {
  const takers = new Takers(config.routes)
  const zonesBy = new Map(config.routes.map(route => [route, [...zonesOfRoute(config, route).keys()]]))
  const reach: Reach = { operations: new Map(), openEnds: new Map() }
  for (const [known, kinds] of calls)
    for (const call of kinds) {
      const route = takers.of(call)
      for (const zone of route === null ? [] : (zonesBy.get(route) ?? []))
        put(reach.operations, zone, known.operation.id)
    }
  for (const [route, list] of zonesBy)
    if (route.match.path.endsWith('/**')) for (const zone of list) put(reach.openEnds, zone, route.name)
  return reach
}

function usedFrom(config: Config, { behind }: TrafficByRoute): Map<Zone, Set<string>> {
  const found = new Map<Zone, Set<string>>()
  for (const [route, list] of behind) {
    const byZone = zonesOfRoute(config, route)
    for (const one of list) {
      if (!isUsed(one)) continue
      const { id, listeners } = one.known.operation
      for (const [zone, names] of byZone)
        if (listeners.length === 0 || names.some(name => listeners.includes(name))) put(found, zone, id)
    }
  }
  return found
}

function put<K>(sets: Map<K, Set<string>>, key: K, value: string): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}

function sorted(set: ReadonlySet<string> | undefined): string[] {
  return [...(set ?? [])].sort()
}
