import { phases } from '../core/phase.ts'
import type { Config, PolicyEntry, RouteConfig } from './types.ts'

/**
 * The policies that a request of this route meets, in the order in which they run: by phase, then global → service → route, then as
 * written, without those that are disabled. A service's `disable` takes from the global level, a route's from both above it.
 */
export function effectiveChain(config: Config, route: RouteConfig): readonly PolicyEntry[] {
  const service = config.services.find(candidate => candidate.name === route.service)
  const byService = service?.disable ?? []
  const inherited = [...config.policies.filter(entry => !names(byService, entry)), ...(service?.policies ?? [])].filter(
    entry => !names(route.disable, entry),
  )
  const all = [...inherited, ...route.policies]
  return phases.flatMap(phase => all.filter(entry => entry.phase === phase))
}

/** Does a `disable` list name this entry, by policy or by id? */
export function names(disable: readonly string[], entry: PolicyEntry): boolean {
  return disable.includes(entry.use) || disable.includes(entry.id)
}
