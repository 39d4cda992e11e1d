import type { RouteConfig } from '../../config/types.ts'
import { isUsed, type TrafficByRoute } from './traffic-by-route.ts'

/** A route with why it is there and who answers for it. */
export interface RouteReason {
  readonly route: string
  readonly service: string
  readonly reason: string | null
  readonly owner: string | null
  /** Calls to operations behind it that were answered. */
  readonly operationsUsed: number
}

export interface Reasons {
  readonly usedWithoutReason: readonly RouteReason[]
  readonly reasonedButUnused: readonly RouteReason[]
}

/** Routes that are used and nobody says why, and routes that somebody gave a reason for and nobody uses. */
export function reasonsOf(routes: readonly RouteConfig[], { behind }: TrafficByRoute): Reasons {
  const all = routes.map(
    (route): RouteReason => ({
      route: route.name,
      service: route.service,
      reason: route.reason,
      owner: route.owner,
      operationsUsed: (behind.get(route) ?? []).filter(isUsed).length,
    }),
  )
  return {
    usedWithoutReason: all.filter(({ reason, operationsUsed }) => reason === null && operationsUsed > 0),
    reasonedButUnused: all.filter(({ reason, operationsUsed }) => reason !== null && operationsUsed === 0),
  }
}
