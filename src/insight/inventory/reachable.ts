import type { Config, RouteConfig } from '../../config/types.ts'

/** Which operations the configuration lets through to a service at all. */
export class Reach {
  readonly #routes = new Map<string, RouteConfig[]>()

  constructor(config: Config) {
    for (const route of config.routes) {
      const list = this.#routes.get(route.service)
      if (list === undefined) this.#routes.set(route.service, [route])
      else list.push(route)
    }
  }

  /** Names of the routes that some call of this operation may take; empty: it cannot be reached. */
  routesOf(service: string, method: string, template: string): readonly string[] {
    return (this.#routes.get(service) ?? [])
      .filter(({ match }) => methodFits(match.methods, method) && overlaps(match.path, template))
      .map(route => route.name)
  }

  /** Literal prefixes that routes of the service take away before they forward: its documents do not know of them. */
  prefixesOf(service: string): readonly string[] {
    const prefixes = (this.#routes.get(service) ?? [])
      .filter(route => route.stripPrefix)
      .map(route => route.match.path.replace(/\/(?:\{|\*\*).*$/s, ''))
    return [...new Set(prefixes)].filter(prefix => prefix !== '')
  }
}

function methodFits(methods: readonly string[], method: string): boolean {
  return methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

/** Is there a path that both fit? A variable fits any segment. */
function overlaps(route: string, template: string): boolean {
  const ours = route.slice(1).split('/')
  const theirs = template.slice(1).split('/')
  for (const [i, segment] of ours.entries()) {
    if (segment === '**') return true
    const other = theirs[i]
    if (other === undefined) return false
    if (segment !== other && !segment.startsWith('{') && !other.includes('{')) return false
  }
  return ours.length === theirs.length
}
