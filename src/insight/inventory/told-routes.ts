/** Spans that must agree before a route is believed: one may be anybody's. */
const believedFrom = 3

const servicesMax = 200
const routesMax = 500

/**
 * Routes that services tell of themselves in their spans (`http.route`, OpenTelemetry semantic conventions). They weigh like a document: the
 * program knows its own router. Bounded; what is no plain template is left out.
 */
export class ToldRoutes {
  readonly #services = new Map<string, Map<string, number>>()
  readonly #dirty = new Set<string>()

  /** The template, once enough spans agree on it: true the first time that it is believed. */
  add(service: string, route: string): boolean {
    const template = templateOfRoute(route)
    if (template === null) return false
    let routes = this.#services.get(service)
    if (routes === undefined) {
      if (this.#services.size >= servicesMax) return false
      this.#services.set(service, (routes = new Map()))
    }
    const seen = routes.get(template)
    if ((seen === undefined && routes.size >= routesMax) || (seen ?? 0) >= believedFrom) return false
    routes.set(template, (seen ?? 0) + 1)
    this.#dirty.add(service)
    return routes.get(template) === believedFrom
  }

  /** Templates that are believed. */
  of(service: string): readonly string[] {
    return [...(this.#services.get(service) ?? [])].flatMap(([template, seen]) =>
      seen >= believedFrom ? [template] : [],
    )
  }

  /** What changed since the last call, by service. */
  changes(): ReadonlyArray<readonly [service: string, routes: ToldRoutesDump]> {
    const changed = [...this.#dirty].map(service => [service, [...(this.#services.get(service) ?? [])]] as const)
    this.#dirty.clear()
    return changed
  }

  restore(service: string, dump: ToldRoutesDump): void {
    this.#services.set(service, new Map(dump))
  }
}

export type ToldRoutesDump = ReadonlyArray<readonly [template: string, seen: number]>

const word = /^[\w.~@!$&'+,;=%-]+$/
const variables = [
  /^\{([A-Za-z_]\w{0,63})\}$/,
  /^:([A-Za-z_]\w{0,63})$/,
  /^<(?:\w+:)?([A-Za-z_]\w{0,63})>$/,
  /^\[([A-Za-z_]\w{0,63})\]$/,
]

/** `/orders/:id`, `/orders/<int:id>`, `/orders/[id]` → `/orders/{id}`; null for wildcards, expressions and what is variable alone. */
export function templateOfRoute(route: string): string | null {
  if (route.length > 300) return null
  const written = (route.startsWith('/') ? route : `/${route}`).slice(1).split('/')
  if (written.length > 24) return null
  const names = new Set<string>()
  const segments: string[] = []
  for (const segment of written) {
    const name = variables.map(form => form.exec(segment)?.[1]).find(found => found !== undefined)
    if (name === undefined && segment !== '' && !word.test(segment)) return null
    if (name !== undefined && names.has(name)) return null
    if (name !== undefined) names.add(name)
    segments.push(name === undefined ? segment : `{${name}}`)
  }
  // Variables alone would take every path of their length for themselves.
  return segments.every(segment => segment.startsWith('{')) ? null : `/${segments.join('/')}`
}
