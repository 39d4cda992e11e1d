import type { Config, RouteConfig } from '../../../config/types.ts'
import type { JsonSchema, Operation } from '../../model/operation.ts'
import { shapeOf } from '../declarations.ts'

/** Bodies that must have been seen before a schema may refuse others. */
const bodiesFrom = 30

/** Room above the largest body seen. */
const bodyRoom = 4

export interface PolicyExport {
  /**
   * For the configuration. One with the name of a route that is there takes its place; every other one is new, and more specific than the route
   * that serves its calls now.
   */
  readonly routes: readonly Readonly<Record<string, unknown>>[]
  /** Names of the routes that are replaced. */
  readonly replaced: readonly string[]
  /** What was left out, and why. */
  readonly notes: readonly string[]
}

export interface PolicySource {
  readonly config: Config
  /** The configuration as written (`LoadedConfig.authored`): new routes keep the words of the one that they narrow. */
  readonly authored: unknown
}

/**
 * Routes that let the operations of a service through as they were used and nothing else at their paths: method and path of each, bodies that
 * fit the schema learnt (`json-schema`), and none where none was ever sent (`size`). Each stands beside the route that serves it now and
 * keeps its policies, so proof and limits stay as they are. `operations`: with strict schemas.
 */
export function exportPolicies(service: string, operations: readonly Operation[], source: PolicySource): PolicyExport {
  const notes: string[] = []
  const replaced: string[] = []
  const routes: Record<string, unknown>[] = []
  const names = new Set(source.config.routes.map(route => route.name))
  /** Routes that new ones were cut out of. */
  const wide: string[] = []
  for (const operation of operations) {
    if (operation.service !== service || !operation.used || operation.ignored) continue
    // A GET route serves HEAD too.
    if (operation.method === 'HEAD' && operations.some(other => isGetOf(operation, other))) continue
    const place = placeOf(operation, source)
    if (typeof place === 'string') {
      notes.push(`${operation.id}: ${place}`)
      continue
    }
    const { route, written, same } = place
    const added = policiesFor(operation, notes)
    if (same && added.size === null && added.schema === null) continue
    if (JSON.stringify(written).includes('[redacted]'))
      notes.push(
        `${operation.id}: route ${route.name} holds a secret that is written out; put it where [redacted] stands`,
      )
    const { name, match, policies, limits, ...rest } = written
    const body = operation.requests.reduce((max, request) => Math.max(max, request.bytes?.max ?? 0), 0) * bodyRoom
    const wider = added.schema !== null && body > route.bufferedBodyMax ? { bufferedBody: `${body}B` } : null
    routes.push({
      name: same ? name : freeName(operation, names),
      match: same ? match : { ...withoutPath(match), path: operation.template, methods: [operation.method] },
      ...rest,
      ...(wider === null ? (limits === undefined ? {} : { limits }) : { limits: { ...asMap(limits), ...wider } }),
      policies: withPolicies(Array.isArray(policies) ? policies : [], added),
    })
    if (same) replaced.push(route.name)
    else wide.push(route.name)
  }
  for (const name of new Set(routes.length === 0 ? [] : wide))
    if (!replaced.includes(name))
      notes.push(`route ${name} still lets everything else through; remove it when nothing else needs it`)
  return { routes, replaced, notes }
}

interface Place {
  /** The route that serves the operation now, and as it is written. */
  readonly route: RouteConfig
  readonly written: Record<string, unknown>
  /** It serves nothing else, so it is narrowed itself. */
  readonly same: boolean
}

/** Where a route for the operation goes; a text says why there is no place for it. */
function placeOf(
  { method, template, service, routes: names }: Operation,
  { config, authored }: PolicySource,
): Place | string {
  if (!/^(?:\/(?:[^/{}*]*|\{\w+\}))+$/.test(template)) return 'a route cannot say this path'
  const clash = config.routes.find(
    ({ match }) =>
      shapeOf(match.path) === shapeOf(template) &&
      (match.methods.length === 0 ||
        match.methods.some(known => known === method || (known === 'GET' && method === 'HEAD'))),
  )
  const serving = config.routes.filter(candidate => candidate.service === service && names.includes(candidate.name))
  const route = serving.find(candidate => candidate === clash) ?? serving[0]
  const written = route === undefined ? null : writtenRoute(route.name, authored)
  if (route === undefined || written === null) return 'no route of the configuration serves it'
  if (route === clash && route.match.methods.length === 1) return { route, written, same: true }
  if (clash !== undefined) return `route ${clash.name} is for this path and other methods too; part it by method first`
  if (route.stripPrefix && literalPrefix(route.match.path) !== literalPrefix(template))
    return `route ${route.name} strips a prefix, and one for this path alone would strip more`
  return { route, written, same: false }
}

/** What `stripPrefix` takes away. */
function literalPrefix(path: string): string {
  return path.replace(/\/(?:\{|\*\*).*$/s, '')
}

/** `size` is admitted first, `json-schema` inspects after proof and limits: phases keep their order in a written list. */
function withPolicies(
  before: readonly unknown[],
  added: { readonly size: unknown; readonly schema: unknown },
): unknown[] {
  const kept = before.filter(entry => !(added.schema !== null && asMap(entry)['use'] === 'json-schema'))
  const transform = kept.findIndex(entry => asMap(entry)['use'] === 'headers')
  const at = transform === -1 ? kept.length : transform
  return [
    ...(added.size === null || kept.some(entry => asMap(entry)['use'] === 'size') ? [] : [added.size]),
    ...kept.slice(0, at),
    ...(added.schema === null ? [] : [added.schema]),
    ...kept.slice(at),
  ]
}

function policiesFor(operation: Operation, notes: string[]): { readonly size: unknown; readonly schema: unknown } {
  const { requests, method, id, traffic } = operation
  const bodies = requests.reduce((sum, request) => sum + request.seen, 0)
  if (bodies === 0) {
    const sure = traffic.status['2xx'] + traffic.status['3xx'] >= bodiesFrom
    return { size: sure ? { use: 'size', with: { body: '0B' } } : null, schema: null }
  }
  const json = requests.filter(request => /^[a-z0-9.+-]+\/(?:[a-z0-9.+-]+\+)?json$/.test(request.mediaType))
  if (json.length !== requests.length) {
    const others = requests.filter(request => !json.includes(request)).map(({ mediaType }) => mediaType || 'no type')
    notes.push(`${id}: bodies of ${others.join(', ')} have no schema policy`)
    return { size: null, schema: null }
  }
  if (json.some(request => request.schema === null || request.seen < bodiesFrom)) {
    notes.push(`${id}: ${bodies} bodies are too few to refuse others (${bodiesFrom} needed)`)
    return { size: null, schema: null }
  }
  const schemas = json.map(request => request.schema as JsonSchema)
  const answered = traffic.status['2xx'] + traffic.status['3xx']
  const withoutBody = ['GET', 'HEAD', 'DELETE', 'OPTIONS']
  return {
    size: null,
    schema: {
      use: 'json-schema',
      with: {
        request: schemas.length === 1 ? schemas[0] : { anyOf: schemas },
        contentTypes: json.map(request => request.mediaType),
        ...(bodies < answered && !withoutBody.includes(method) ? { emptyBody: [...withoutBody, method] } : {}),
      },
    },
  }
}

function writtenRoute(name: string, authored: unknown): Record<string, unknown> | null {
  const routes = asMap(authored)['routes']
  const found = Array.isArray(routes) ? routes.find(route => asMap(route)['name'] === name) : undefined
  return found === undefined ? null : asMap(found)
}

function withoutPath(match: unknown): Record<string, unknown> {
  const { path: _path, methods: _methods, ...rest } = asMap(match)
  return rest
}

function freeName({ method, template }: Operation, names: Set<string>): string {
  const base = `${method.toLowerCase()}${template.replace(/[^A-Za-z0-9]+/g, '-')}`.replace(/-+$/, '').slice(0, 56)
  let name = base
  for (let n = 2; names.has(name); n++) name = `${base}-${n}`
  names.add(name)
  return name
}

function isGetOf(operation: Operation, other: Operation): boolean {
  return (
    other.method === 'GET' &&
    other.used &&
    !other.ignored &&
    other.service === operation.service &&
    other.template === operation.template
  )
}

function asMap(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
