import type { Config } from '../../config/types.ts'
import type { Operation } from '../model/operation.ts'
import { blastRadius, type BlastRadius } from './blast-radius.ts'
import { takeCensus, type Census } from './census.ts'
import { exposureOf, type ZoneExposure } from './exposure.ts'
import { Grants } from './grants.ts'
import { planOf, type Plan } from './plan.ts'
import { isSurplus, privilegesOf, type Privileges } from './privileges.ts'
import { reasonsOf, type Reasons } from './reasons.ts'
import { trafficByRoute, type TrafficByRoute } from './traffic-by-route.ts'

export interface SurfaceInput {
  readonly config: Config
  readonly operations: readonly Operation[]
  /** Calls that belong to no operation. */
  readonly toNothing: number
  /** Services of which answered calls came to operations that had no room: who makes them to what is not known. */
  readonly overflowed: ReadonlySet<string>
  /** Unix time, ms: keys that have expired let nobody in. */
  readonly nowMs: number
  /** Callers known for less are flagged, days. */
  readonly youngDays?: number
  /** Name each principal, also where who calls what is still changing. */
  readonly strict?: boolean
}

/** What can be reached, by whom and from where, what of it is needed, and the configuration that leaves only that. */
export interface Surface {
  readonly census: Census
  readonly traffic: TrafficByRoute
  readonly plan: Plan
  readonly privileges: Privileges
  readonly exposure: readonly ZoneExposure[]
  readonly blast: BlastRadius
  readonly reasons: Reasons
  /** Permissions never used, before and after the patch. */
  readonly surplus: number
  readonly surplusAfter: number
  /** Operations of services that the configuration does not have, or that no route reaches. */
  readonly unreached: readonly string[]
  readonly notes: readonly string[]
}

/** Those of which an answered call had no room. */
export function overflowedOf(
  services: ReadonlyArray<{ readonly name: string; readonly overflow: number }>,
): ReadonlySet<string> {
  return new Set(services.flatMap(({ name, overflow }) => (overflow > 0 ? [name] : [])))
}

/** Pure. */
export function surfaceOf({
  config,
  operations,
  toNothing,
  overflowed,
  nowMs,
  youngDays = 7,
  strict = false,
}: SurfaceInput): Surface {
  const census = takeCensus(operations, config, { strict, youngDays })
  const grants = new Grants(config, nowMs)
  const traffic = trafficByRoute(config, census, grants)
  const plan = planOf(config, census, { traffic, grants, overflowed })
  const privileges = privilegesOf(config, plan.after, { census, traffic, nowMs })
  const surplus = privileges.list.filter(isSurplus)
  return {
    census,
    traffic,
    plan,
    privileges,
    exposure: exposureOf(config, plan.after, traffic),
    blast: blastRadius(privileges.list, census, { youngDays, toNothing }),
    reasons: reasonsOf(config.routes, traffic),
    surplus: surplus.length,
    surplusAfter: surplus.filter(one => one.grantedAfter !== 'no').length,
    unreached: traffic.unreached.map(({ operation }) => operation.id),
    notes: [
      ...plan.routes.flatMap(({ notes }) => notes),
      ...plan.routes
        .filter(({ route, parts, changed }) => changed && route.reason !== null && parts.every(({ locked }) => locked))
        .map(({ route }) => `route ${route.name} is closed although it says why it is there: ${route.reason}`),
      ...(census.dropped > 0 ? [`${census.dropped} callers of too many issuers are counted without name`] : []),
      ...(privileges.dropped > 0 ? [`${privileges.dropped} permissions beyond the first are not listed`] : []),
    ],
  }
}
