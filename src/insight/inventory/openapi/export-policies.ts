import type { Config, RouteConfig } from '../../../config/types.ts'
import type { JsonSchema, Operation } from '../../model/operation.ts'

/** Bodies that must have been seen before a schema may refuse others. */
const bodiesFrom = 30

/** Room above the largest body seen. */
const bodyRoom = 4

export interface PolicyExport {
  /** For the configuration: `routes`, each more specific than the one that serves its calls now. */
  readonly routes: readonly Readonly<Record<string, unknown>>[]
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
  const routes: Record<string, unknown>[] = []
  const names = new Set(source.config.routes.map(route => route.name))
  for (const operation of operations) {
    if (operation.service !== service || !operation.used || operation.ignored) continue
    const route = routeOf(operation, source.config)
    const written = route === null ? null : writtenRoute(route.name, source.authored)
    if (route === null || written === null) {
      notes.push(`${operation.id}: no route of the configuration serves it`)
      continue
    }
    if (!/^(?:\/(?:[^/{}*]*|\{\w+\}))+$/.test(operation.template)) {
      notes.push(`${operation.id}: a route cannot say this path`)
      continue
    }
    if (operation.method === 'HEAD' && operations.some(other => isGetOf(operation, other))) continue
    const policies = policiesFor(operation, notes)
    if (JSON.stringify(written).includes('[redacted]'))
      notes.push(
        `${operation.id}: route ${route.name} holds a secret that is written out; put it in the place of [redacted]`,
      )
    const { name: _name, match, policies: before, limits, ...rest } = written
    const body = operation.requests.reduce((max, request) => Math.max(max, request.bytes?.max ?? 0), 0)
    const buffered = Math.max(route.bufferedBodyMax, body * bodyRoom)
    routes.push({
      name: freeName(operation, names),
      match: { ...withoutPath(match), path: operation.template, methods: [operation.method] },
      ...rest,
      ...(buffered > route.bufferedBodyMax
        ? { limits: { ...asMap(limits), bufferedBody: buffered } }
        : limits === undefined
          ? {}
          : { limits }),
      policies: withPolicies(Array.isArray(before) ? before : [], policies),
    })
  }
  return { routes, notes }
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
    return { size: sure ? { use: 'size', with: { body: 0, chunked: 'allow' } } : null, schema: null }
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

/** The route that served it; else the one that would. */
function routeOf(operation: Operation, config: Config): RouteConfig | null {
  const names = operation.routes
  return config.routes.find(route => route.service === operation.service && names.includes(route.name)) ?? null
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
