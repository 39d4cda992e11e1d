import { effectiveChain } from '../config/chain.ts'
import type { Config, PolicyEntry, RouteConfig } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import { levels, type Phase } from '../core/phase.ts'
import type { Policy } from '../core/policy.ts'
import { type Chain, compileChain, type Link } from './pipeline.ts'

/**
 * The compiled chain of a route: its effective entries, each made a link by `linkOf`, at their phases. Data plane and `explain` both build
 * it here, so that what is explained is what happens. Throws ConfigError for a route that nobody would have to prove anything on.
 */
export function routeChain(config: Config, route: RouteConfig, linkOf: (entry: PolicyEntry) => Link): Chain {
  const links = effectiveChain(config, route).map(entry => ({ entry, link: linkOf(entry) }))
  const phase = (name: Phase): Link[] => links.filter(({ entry }) => entry.phase === name).map(({ link }) => link)
  const identify = levels
    .map(level =>
      links.filter(({ entry }) => entry.phase === 'identify' && entry.level === level).map(({ link }) => link),
    )
    .filter(level => level.length > 0)
  // The configuration check says this with more words; here it must hold whoever made the configuration.
  if (identify.length === 0)
    throw new ConfigError({ pointer: '/routes', reason: `route ${route.name} has no identify policy`, place: route.at })
  return compileChain({
    route: { name: route.name, service: route.service },
    admit: phase('admit'),
    identify,
    authorize: phase('authorize'),
    limit: phase('limit'),
    inspect: phase('inspect'),
    transform: phase('transform'),
    bufferedBodyMax: route.bufferedBodyMax,
  })
}

/** What the pipeline must know of an entry besides its compiled form. */
export function linkFacts(entry: PolicyEntry, policy: Policy): Omit<Link, 'compiled'> {
  return {
    policy: entry.use,
    id: entry.id,
    observe: entry.mode === 'observe',
    answersStrangers: policy.answersStrangers === true,
  }
}
