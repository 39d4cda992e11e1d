import { STATUS_CODES } from 'node:http'
import type { BodyModel, JsonSchema, Operation, Parameter, ResponseModel } from '../../model/operation.ts'
import { securityAsSeen, type SecurityAsSeen } from './security-as-seen.ts'

/** Plain data, ready for JSON or YAML. */
export type OpenApiExport = Readonly<Record<string, unknown>>

const methods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

/** Not parameters in OpenAPI: they have a place of their own (OpenAPI 3.1 §4.8.12.2). */
const ownPlaces: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/**
 * What is known of one service as an OpenAPI 3.1 document: operations that were called and are not ignored, with parameters, bodies, responses
 * and security schemes as they were seen. `x-confidence` (0–1) and `x-seen` (calls) say how much stands behind a part.
 */
export function exportOpenApi(service: string, operations: readonly Operation[]): OpenApiExport {
  const own = operations.filter(operation => operation.service === service && operation.used && !operation.ignored)
  const security = securityAsSeen(own)
  const names = new Set<string>()
  const paths: Record<string, Record<string, unknown>> = {}
  const left: string[] = []
  for (const operation of own) {
    if (!methods.has(operation.method)) {
      left.push(`${operation.method} ${operation.template}`)
      continue
    }
    const item = (paths[operation.template] ??= {})
    item[operation.method.toLowerCase()] = operationObject(operation, security, names)
  }
  const lastSeen =
    own
      .map(operation => operation.lastSeen)
      .sort()
      .at(-1) ?? ''
  const schemes = Object.entries(security.schemes)
  return {
    openapi: '3.1.0',
    info: {
      title: service,
      // With dots: readers of YAML 1.1 take a date with hyphens for more than a text.
      version: lastSeen === '' ? '0' : lastSeen.slice(0, 10).replaceAll('-', '.'),
      description: `Learnt by Portcullis from the traffic of ${service}${lastSeen === '' ? '' : ` until ${lastSeen}`}.`,
    },
    servers: serversOf(own),
    paths,
    ...(schemes.length === 0 ? {} : { components: { securitySchemes: security.schemes } }),
    // Methods that OpenAPI 3.1 has no place for.
    ...(left.length === 0 ? {} : { 'x-other-operations': left }),
  }
}

function serversOf(operations: readonly Operation[]): unknown[] {
  const hosts = new Map<string, boolean>()
  for (const { hosts: names, plaintextCalls } of operations)
    for (const host of names) hosts.set(host, (hosts.get(host) ?? false) || plaintextCalls > 0)
  const urls = [...hosts]
    .filter(([host]) => /^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/.test(host))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([host, plaintext]) => ({ url: `${plaintext ? 'http' : 'https'}://${host}` }))
  return urls.length === 0 ? [{ url: '/' }] : urls
}

function operationObject(operation: Operation, security: SecurityAsSeen, names: Set<string>): unknown {
  const { state, sunset, owner, requests, responses } = operation
  const parameters = parameterObjects(operation)
  const request = requestObject(operation, requests)
  const requirement = security.requirementOf(operation)
  return {
    operationId: operationName(operation, names),
    ...(state === 'deprecated' || state === 'retired' ? { deprecated: true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === null ? {} : { requestBody: request }),
    responses: responseObjects(responses),
    ...(requirement === null ? {} : { security: requirement }),
    'x-confidence': round(operation.confidence),
    'x-seen': operation.traffic.calls,
    'x-lifecycle': state,
    ...(sunset === null ? {} : { 'x-sunset': sunset }),
    ...(owner === null ? {} : { 'x-owner': owner }),
  }
}

/** `getOrdersByOrderId`, unique in the document. */
function operationName({ method, template }: Operation, names: Set<string>): string {
  const words = template
    .split('/')
    .flatMap(segment => (segment.startsWith('{') ? ['by', segment] : [segment]))
    .flatMap(part => part.split(/[^A-Za-z0-9]+/))
    .filter(word => word !== '')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
  const base = `${method.toLowerCase()}${words.join('') || 'Root'}`.slice(0, 100)
  let name = base
  for (let n = 2; names.has(name); n++) name = `${base}${n}`
  names.add(name)
  return name
}

function parameterObjects({ parameters, template }: Operation): unknown[] {
  const known = parameters.filter(
    parameter => !(parameter.in === 'header' && ownPlaces.has(parameter.name.toLowerCase())),
  )
  // Every variable must be described, and nothing that is none (OpenAPI 3.1 §4.8.8.1).
  const variables = [...template.matchAll(/\{([^{}/]+)\}/g)].map(([, name = '']) => name)
  const ofPath = variables.map(
    name => known.find(parameter => parameter.in === 'path' && parameter.name === name) ?? unseenVariable(name),
  )
  return [...ofPath, ...known.filter(parameter => parameter.in !== 'path')].map(parameter => ({
    name: parameter.name,
    in: parameter.in,
    ...(parameter.required ? { required: true } : {}),
    schema: parameter.schema,
    'x-confidence': round(parameter.confidence),
    'x-seen': parameter.seen,
    ...(parameter.classes.length === 0 ? {} : { 'x-data-classes': parameter.classes }),
  }))
}

function unseenVariable(name: string): Parameter {
  return {
    in: 'path',
    name,
    schema: { type: 'string' },
    required: true,
    confidence: 0,
    seen: 0,
    classes: [],
    declared: null,
  }
}

function requestObject({ traffic }: Operation, requests: readonly BodyModel[]): unknown {
  if (requests.length === 0) return null
  const bodies = requests.reduce((sum, request) => sum + request.seen, 0)
  return {
    ...(bodies >= traffic.status['2xx'] + traffic.status['3xx'] ? { required: true } : {}),
    content: contentObject(requests),
  }
}

function responseObjects(responses: readonly ResponseModel[]): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const status of new Set(responses.map(response => response.status))) {
    if (status < 100 || status > 599) continue
    const bodies = responses.filter(response => response.status === status && response.mediaType !== '')
    const seen = responses.filter(response => response.status === status).reduce((sum, one) => sum + one.seen, 0)
    out[String(status)] = {
      description: STATUS_CODES[status] ?? 'Seen',
      ...(bodies.length === 0 ? {} : { content: contentObject(bodies) }),
      'x-seen': seen,
    }
  }
  if (Object.keys(out).length === 0) out['default'] = { description: 'No response was seen with its contents' }
  return out
}

function contentObject(bodies: readonly BodyModel[]): Record<string, unknown> {
  return Object.fromEntries(
    bodies.map(({ mediaType, schema, confidence, seen }) => [
      mediaType === '' ? 'application/octet-stream' : mediaType,
      {
        ...(schema === null ? {} : { schema: schema satisfies JsonSchema }),
        'x-confidence': round(confidence),
        'x-seen': seen,
      },
    ]),
  )
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000
}
