import { isLoopback } from '../../config/address.ts'
import { effectiveChain } from '../../config/chain.ts'
import { templateSegments } from '../../config/path-template.ts'
import type { Config, ListenerConfig, PolicyEntry, RouteConfig } from '../../config/types.ts'
import type { DeclaredOperation, OpenApiDocument } from '../inventory/openapi/document.ts'
import type { Operation } from '../model/operation.ts'
import type { PostureInput } from './input.ts'
import { purposeOf, type Purpose } from './purpose.ts'

/** What rules look at: configuration, operations and documents laid beside one another. */
export interface Estate {
  readonly config: Config | null
  readonly routes: readonly RouteView[]
  /** Every operation that is known from traffic or from a document, once. */
  readonly endpoints: readonly Endpoint[]
  readonly documents: readonly { readonly service: string; readonly document: OpenApiDocument }[]
  /** Listeners that others than this machine can reach. */
  readonly exposed: readonly ListenerConfig[]
  /** ms since the epoch. */
  readonly now: number
}

/** A route with all that its requests meet. */
export interface RouteView {
  readonly subject: string
  readonly route: RouteConfig
  /** Enforced policies in the order in which they run; those in `mode: observe` are not among them. */
  readonly chain: readonly PolicyEntry[]
  readonly observed: readonly PolicyEntry[]
  /** What is known to be behind it. */
  readonly endpoints: readonly Endpoint[]
  readonly purpose: Purpose
}

/** An operation as traffic shows it, as a document declares it, and the routes that let it through. */
export interface Endpoint {
  /** `service METHOD template`. */
  readonly subject: string
  readonly service: string
  readonly method: string
  readonly template: string
  readonly operation: Operation | null
  readonly declared: Declared | null
  readonly routes: readonly RouteView[]
  readonly purpose: Purpose
}

export interface Declared {
  readonly operation: DeclaredOperation
  readonly document: OpenApiDocument
}

/** Operations of the inventory are taken as they are; ones that the operator ignores are left out. */
export function estateOf(input: PostureInput): Estate {
  const { config, now } = input
  const routes = (config?.routes ?? []).map(route => routeView(config as Config, route))
  const services = config?.services.map(({ name }) => name) ?? []
  const documents = input.documents.map(({ service, document }) => ({
    service: service ?? (services.length === 1 ? (services[0] as string) : document.title),
    document,
  }))
  const declared = new Map<string, { service: string; template: string; declared: Declared }>()
  for (const { service, document } of documents) {
    for (const operation of document.operations) {
      const template = operation.templates[0] ?? operation.path
      declared.set(key(service, operation.method, template), { service, template, declared: { operation, document } })
    }
  }
  const endpoints: Endpoint[] = []
  for (const operation of input.operations) {
    const at = key(operation.service, operation.method, operation.template)
    const beside = declared.get(at)
    declared.delete(at)
    if (operation.ignored) continue
    const { id: subject, service, method, template } = operation
    const through = routes.filter(({ route }) => operation.routes.includes(route.name))
    // What was never called is known by its document alone.
    const seen = operation.traffic.calls === 0 && beside !== undefined ? null : operation
    const known = { subject, service, method, template, operation: seen, declared: beside?.declared ?? null }
    endpoints.push(endpoint(known, through, routes))
  }
  for (const { service, template, declared: one } of declared.values()) {
    const { method } = one.operation
    const subject = `${service} ${method} ${template}`
    endpoints.push(endpoint({ subject, service, method, template, operation: null, declared: one }, [], routes))
  }
  const exposed = (config?.listeners ?? []).filter(({ address }) => !isLoopback(address))
  return { config, routes, endpoints, documents, exposed, now }
}

function routeView(config: Config, route: RouteConfig): RouteView & { readonly endpoints: Endpoint[] } {
  const whole = effectiveChain(config, route)
  return {
    subject: `route ${route.name}`,
    route,
    chain: whole.filter(({ mode }) => mode === 'enforce'),
    observed: whole.filter(({ mode }) => mode === 'observe'),
    endpoints: [],
    purpose: purposeOf(route.match.path),
  }
}

/** Routes by what traffic took; for what has no traffic, the route that would take it. */
function endpoint(
  known: Omit<Endpoint, 'routes' | 'purpose'>,
  through: readonly RouteView[],
  all: readonly RouteView[],
): Endpoint {
  const likely = through.length > 0 ? null : routeFor(known, all)
  const routes = likely === null ? through : [likely]
  const made: Endpoint = { ...known, routes, purpose: purposeOf(known.template) }
  for (const view of routes) (view.endpoints as Endpoint[]).push(made)
  return made
}

function routeFor(of: Omit<Endpoint, 'routes' | 'purpose'>, all: readonly RouteView[]): RouteView | null {
  const fitting = all.filter(
    ({ route: { match, service } }) =>
      service === of.service &&
      Object.keys(match.headers).length === 0 &&
      (match.methods.length === 0 || match.methods.includes(of.method)) &&
      covers(match.path, of.template),
  )
  // As the router chooses: literals before variables before the rest.
  return fitting.toSorted((a, b) => (rank(a.route.match.path) < rank(b.route.match.path) ? -1 : 1))[0] ?? null
}

/** Does every path of the operation's template match the route's? */
function covers(routePath: string, template: string): boolean {
  const route = templateSegments(routePath)
  const own = templateSegments(template)
  for (const [i, segment] of route.entries()) {
    if (segment.kind === 'rest') return true
    const other = own[i]
    if (other === undefined || other.kind === 'rest') return false
    if (segment.kind === 'literal' && (other.kind !== 'literal' || other.text !== segment.text)) return false
  }
  return own.length === route.length
}

function rank(path: string): string {
  return templateSegments(path)
    .map(({ kind }) => ({ literal: 'a', param: 'b', rest: 'c' })[kind])
    .join('')
}

/** Two templates that differ in the names of their variables alone are one. */
function key(service: string, method: string, template: string): string {
  return `${service} ${method} ${template.replace(/\{[^}]*\}/g, '{}')}`
}
