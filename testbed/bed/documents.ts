import { audience } from './tokens.ts'
import { idSchema } from './ids.ts'
import { type Operation, problem, type Proof } from './operation.ts'
import type { BedService } from './service.ts'
import type { Shape } from './shape.ts'

const schemes: Readonly<Record<string, unknown>> = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  opaque: { type: 'http', scheme: 'bearer' },
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  certificate: { type: 'mutualTLS' },
  password: { type: 'http', scheme: 'basic' },
  session: { type: 'apiKey', in: 'cookie', name: 'shop_session' },
}

const schemeOf: Readonly<Record<Proof, keyof typeof schemes | null>> = {
  token: 'token',
  operator: 'token',
  optional: 'token',
  'passed-token': 'token',
  'query-token': 'opaque',
  bearer: 'opaque',
  key: 'key',
  'passed-key': 'key',
  'query-key': null,
  service: 'certificate',
  password: 'password',
  session: 'session',
  nobody: null,
}

/** The OpenAPI document that the service's team wrote: what it left out (shadow) is not here, what nobody calls (orphan) is. */
export function documentOf(service: BedService): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const used = new Set<string>()
  for (const operation of service.operations) {
    if (operation.documented === false) continue
    const scheme = schemeOf[operation.proof]
    if (scheme !== null) used.add(scheme)
    const item = (paths[operation.template] ??= {})
    item[operation.method.toLowerCase()] = operationObject(operation, scheme)
  }
  return {
    openapi: '3.1.0',
    info: { title: service.name, version: '1.0.0' },
    servers: [{ url: `${service.plainServer === true ? 'http' : 'https'}://${service.host}` }],
    paths,
    components: { securitySchemes: Object.fromEntries([...used].sort().map(name => [name, schemes[name]])) },
    'x-audience': audience,
  }
}

function operationObject(operation: Operation, scheme: string | null): unknown {
  const { method, template, variables, query = {}, headers = {}, body, answer, status, state } = operation
  const parameters = [
    ...variables.map(name => ({ name, in: 'path', required: true, schema: idSchema(name) })),
    ...Object.entries(query).map(([name, shape]) => parameter('query', name, shape)),
    ...Object.entries(headers).map(([name, shape]) => parameter('header', name, shape)),
    ...(operation.proof === 'query-key'
      ? [{ name: 'api_key', in: 'query', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{32}$' } }]
      : []),
    ...(operation.proof === 'query-token'
      ? [{ name: 'access_token', in: 'query', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{48}$' } }]
      : []),
  ]
  return {
    operationId: `${method.toLowerCase()}${template.replace(/[^A-Za-z0-9]+/g, '_')}`,
    ...(state === 'deprecated' ? { deprecated: true } : state === 'retired' ? { 'x-lifecycle': 'retired' } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [operation.bodyType ?? 'application/json']: { schema: body.schema } },
          },
        }),
    responses: {
      [String(status)]: {
        description: 'As asked',
        ...(answer === undefined ? {} : { content: { 'application/json': { schema: answer.schema } } }),
      },
      '4XX': { description: 'Refused', content: { 'application/problem+json': { schema: problem.schema } } },
      '5XX': { description: 'Failed', content: { 'application/problem+json': { schema: problem.schema } } },
    },
    security:
      scheme === null || operation.unsecuredInDocument === true
        ? []
        : operation.proof === 'optional' || operation.route?.alsoAnonymous === true
          ? [{ [scheme]: [] }, {}]
          : [{ [scheme]: [] }],
  }
}

function parameter(place: string, name: string, shape: Shape): unknown {
  return { name, in: place, ...('share' in shape ? {} : { required: true }), schema: shape.schema }
}
