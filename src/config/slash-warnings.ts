import type { ConfigIssue } from '../core/config-error.ts'
import { effectiveChain } from './chain.ts'
import { issueAt } from './checks.ts'
import type { Locator } from './locate.ts'
import { type Segment, templateSegments } from './path-template.ts'
import type { Config, PolicyEntry, RouteConfig } from './types.ts'

/** The routes of one place in the tree of all paths. */
interface Place {
  readonly below: Map<string, Place>
  readonly ends: RouteConfig[]
  /** `…/**`. */
  readonly rests: RouteConfig[]
}

/**
 * Routes whose path, with a slash more or less at its end, another route takes to the same service under weaker rules. `/admin` and
 * `/admin/` are two paths to us and one to many frameworks, so whoever adds the slash would walk around the rules.
 */
export function slashWarnings(config: Config, locator: Locator): ConfigIssue[] {
  let paths: Place | null = null
  return config.routes.flatMap((route, i) => {
    const { path } = route.match
    // `P/**` takes `P` and `P/` itself, and nothing stands in front of the slash of `/`.
    if (path === '/' || path.endsWith('/**')) return []
    const closed = path.endsWith('/')
    const twin = closed ? path.slice(0, -1) : `${path}/`
    paths ??= pathTree(config.routes)
    for (const taker of takers(route, twin, paths)) {
      if (taker.service !== route.service) continue
      const missing = rulesMissing(effectiveChain(config, taker), effectiveChain(config, route))
      if (missing.length === 0) continue
      const reason = `${twin} is taken by route ${taker.name} (${taker.match.path}) without ${missing.join(', ')}; many frameworks serve ${path} and ${twin} alike`
      const hint = `match ${closed ? twin : path}/**, or give ${twin} a route with the same policies`
      return [issueAt(locator, ['routes', i, 'match', 'path'], reason, hint)]
    }
    return []
  })
}

/** The routes that get the requests of `route` when their path is `twin`: for each of its hosts and methods the most specific one. */
function takers(route: RouteConfig, twin: string, paths: Place): Set<RouteConfig> {
  const found = new Set<RouteConfig>()
  // A header that some requests have and others have not takes some of them only.
  const fitting = covering(paths, twin).filter(({ match }) => Object.keys(match.headers).length === 0)
  if (fitting.length === 0) return found
  for (const host of route.match.hosts.length === 0 ? ['*'] : route.match.hosts) {
    const here = fitting
      .filter(other => hostRank(other, host) > 0)
      .sort((a, b) => hostRank(b, host) - hostRank(a, host))
    for (const method of route.match.methods.length === 0 ? [null] : route.match.methods) {
      for (const other of here) {
        const { methods } = other.match
        if (method !== null && methods.length > 0 && !methods.includes(method)) continue
        found.add(other)
        // One that serves some methods only leaves the others to the next.
        if (method !== null || methods.length === 0) break
      }
    }
  }
  return found
}

/** How well a route fits a host, in the router's order: exact, wildcard, any; 0 = not at all. */
function hostRank({ match: { hosts } }: RouteConfig, host: string): number {
  if (hosts.includes(host)) return 3
  if (!host.startsWith('*') && hosts.includes(`*${host.slice(host.indexOf('.'))}`)) return 2
  return hosts.length === 0 ? 1 : 0
}

function pathTree(routes: readonly RouteConfig[]): Place {
  const root: Place = { below: new Map(), ends: [], rests: [] }
  // A stated method is more specific than any: such routes come first.
  for (const route of routes.toSorted((a, b) => anyMethod(a) - anyMethod(b))) {
    let at = root
    const segments = templateSegments(route.match.path)
    for (const segment of segments) {
      if (segment.kind === 'rest') break
      const key = keyOf(segment)
      let next = at.below.get(key)
      if (next === undefined) at.below.set(key, (next = { below: new Map(), ends: [], rests: [] }))
      at = next
    }
    if (segments.at(-1)?.kind === 'rest') at.rests.push(route)
    else at.ends.push(route)
  }
  return root
}

/** The routes that take every path of a template, in the router's order: segment by segment a literal before a variable before `**`. */
function covering(paths: Place, template: string): RouteConfig[] {
  const segments = templateSegments(template)
  const found: RouteConfig[] = []
  const walk = (at: Place, i: number): void => {
    const segment = segments[i]
    if (segment === undefined) found.push(...at.ends)
    else {
      const keys = new Set([keyOf(segment), '{}'])
      // A variable never stands for nothing.
      if (segment.kind === 'literal' && segment.text === '') keys.delete('{}')
      for (const key of keys) {
        const next = at.below.get(key)
        if (next !== undefined) walk(next, i + 1)
      }
    }
    found.push(...at.rests)
  }
  walk(paths, 0)
  return found
}

/** No literal holds a brace. */
function keyOf(segment: Segment): string {
  return segment.kind === 'literal' ? segment.text : '{}'
}

function anyMethod(route: RouteConfig): number {
  return Number(route.match.methods.length === 0)
}

/** Ids of the policies of `strong` that a request which meets only `weak` gets around. */
function rulesMissing(weak: readonly PolicyEntry[], strong: readonly PolicyEntry[]): string[] {
  const isIn = (chain: readonly PolicyEntry[], entry: PolicyEntry): boolean =>
    // Equal settings are one object (entries.ts).
    chain.some(other => other.use === entry.use && other.with === entry.with && other.mode === entry.mode)
  // Levels are ANDed, and each is a choice: one holds if the weak chain has a level that offers no other way in.
  const ways = (chain: readonly PolicyEntry[]): PolicyEntry[][] =>
    [...Map.groupBy(chain, ({ level, phase }) => (phase === 'identify' ? level : null))].flatMap(([level, entries]) =>
      level === null ? [] : [entries],
    )
  const unproven = ways(strong).filter(
    choice =>
      !choice.some(({ use }) => use === 'anonymous') &&
      !ways(weak).some(other => other.every(entry => isIn(choice, entry))),
  )
  const rules = strong.filter(({ phase, mode }) => phase !== 'identify' && phase !== 'transform' && mode === 'enforce')
  return [...unproven.flat(), ...rules.filter(entry => !isIn(weak, entry))].map(({ id }) => id)
}
