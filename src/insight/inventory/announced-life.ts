import { effectiveChain } from '../../config/chain.ts'
import type { Config, RouteConfig } from '../../config/types.ts'
import { Takers } from '../surface/taker.ts'

/** What the gateway tells callers of an operation's end (policy `lifecycle`). Unix time, ms. */
export interface AnnouncedLife {
  readonly deprecated: number | null
  readonly sunset: number | null
}

/** Reads from the configuration which operations come to an end: an entry `lifecycle` in the effective chain of the route that takes their calls. */
export class Announcements {
  readonly #byRoute = new Map<RouteConfig, AnnouncedLife>()
  readonly #takers: Takers

  constructor(config: Config) {
    for (const route of config.routes) {
      const life = lifeAnnouncedBy(config, route)
      if (life !== null) this.#byRoute.set(route, life)
    }
    // Most configurations announce nothing; then no operation is looked up.
    this.#takers = new Takers(this.#byRoute.size === 0 ? [] : config.routes)
  }

  /** null: nothing is announced, or not to the callers of every host. Where hosts have different dates, the last. */
  of(service: string, of: { readonly method: string; readonly template: string; readonly hosts: readonly string[] }) {
    if (this.#byRoute.size === 0) return null
    let last: AnnouncedLife | null = null
    for (const host of of.hosts.length === 0 ? [''] : of.hosts) {
      const route = this.#takers.of({ host, method: of.method, template: of.template, headers: {} })
      const life = route === null || route.service !== service ? undefined : this.#byRoute.get(route)
      if (life === undefined) return null
      last = last === null ? life : later(last, life)
    }
    return last
  }
}

/** Settings are read as the configuration checked them: the policy itself is not known here. */
function lifeAnnouncedBy(config: Config, route: RouteConfig): AnnouncedLife | null {
  let last: AnnouncedLife | null = null
  for (const { use, mode, with: settings } of effectiveChain(config, route)) {
    if (use !== 'lifecycle' || mode !== 'enforce') continue
    const { deprecated, sunset } = settings as Readonly<Record<string, unknown>>
    // Of several in one chain the last sets the fields.
    last = { deprecated: momentOf(deprecated), sunset: momentOf(sunset) }
  }
  return last
}

function momentOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** null is no end at all, so the latest of all. */
function later(a: AnnouncedLife, b: AnnouncedLife): AnnouncedLife {
  const of = (x: number | null, y: number | null) => (x === null || y === null ? null : Math.max(x, y))
  return { deprecated: of(a.deprecated, b.deprecated), sunset: of(a.sunset, b.sunset) }
}
