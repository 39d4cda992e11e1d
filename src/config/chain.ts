import { phases } from '../core/phase.ts'
import type { Config, PolicyEntry, RouteConfig } from './types.ts'

/**
 * The policies that a request of this route meets, in the order in which they run: by phase, then global → service → route, then as
 * written, without those that are disabled. A service's `disable` takes from the global level, a route's from both above it.
 */
export function effectiveChain(config: Config, route: RouteConfig): readonly PolicyEntry[] {
  const service = config.services.find(({ name }) => name === route.service)
  const chain: PolicyEntry[] = []
  for (const entry of config.policies)
    if (!names(service?.disable ?? [], entry) && !names(route.disable, entry)) chain.push(entry)
  for (const entry of service?.policies ?? []) if (!names(route.disable, entry)) chain.push(entry)
  chain.push(...route.policies)
  // Stable: within a phase the order of levels and lists stays.
  return chain.sort((a, b) => phases.indexOf(a.phase) - phases.indexOf(b.phase))
}

/** Does a `disable` list name this entry, by policy or by id? */
export function names(disable: readonly string[], entry: PolicyEntry): boolean {
  return disable.includes(entry.use) || disable.includes(entry.id)
}
