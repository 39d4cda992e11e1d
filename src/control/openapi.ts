import type { Endpoint } from './endpoints.ts'

const refusals: Readonly<Record<string, string>> = {
  400: 'Malformed request.',
  401: 'The token is missing or wrong.',
  405: 'Another method is needed; see `Allow`.',
  413: 'The request body is too large.',
  421: 'This Host is not served.',
  500: 'Internal error.',
  504: 'The gateway did not finish in time.',
}

/** The control API as an OpenAPI 3.1 document, made from the table that serves it. */
export function openapiDocument(endpoints: readonly Endpoint[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of endpoints) {
    const operation = {
      operationId: `${endpoint.method.toLowerCase()}${endpoint.path.replaceAll(/[^a-z]+(.)/g, (_, first: string) => first.toUpperCase()).replaceAll('}', '')}`,
      summary: endpoint.summary,
      ...(endpoint.open ? { security: [] } : {}),
      ...parameters(endpoint),
      ...(endpoint.body === undefined
        ? {}
        : { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } }),
      responses: responses(endpoint),
    }
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Portcullis control API', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The content of control-token in the state folder.' },
      },
      schemas: { Problem: problemSchema },
      responses: Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [
          `Refused${status}`,
          {
            description,
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        ]),
      ),
    },
  }
}

function parameters({ path }: Endpoint): { parameters?: object[] } {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] as string)
  if (names.length === 0) return {}
  return {
    parameters: names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string', maxLength: 200 } })),
  }
}

function responses(endpoint: Endpoint): Record<string, object> {
  const all: Record<string, object> = {}
  for (const [status, { type, what, schema }] of Object.entries(endpoint.answers)) {
    all[status] = {
      description: what,
      content: { [type]: { schema: schema ?? { $ref: '#/components/schemas/Problem' } } },
    }
  }
  for (const status of Object.keys(refusals)) {
    if (all[status] !== undefined || (status === '401' && endpoint.open)) continue
    all[status] = { $ref: `#/components/responses/Refused${status}` }
  }
  return all
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string', pattern: '^urn:portcullis:problem:[a-z-]+$' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', pattern: '^[a-z-]+$' },
    requestId: { type: 'string' },
    detail: { type: 'string' },
    why: { type: 'array', items: { type: 'string' } },
    version: { type: 'integer' },
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'reason'],
        properties: {
          pointer: { type: 'string' },
          reason: { type: 'string' },
          hint: { type: 'string' },
          place: {
            type: 'object',
            required: ['file', 'line', 'column'],
            properties: { file: { type: 'string' }, line: { type: 'integer' }, column: { type: 'integer' } },
          },
        },
      },
    },
  },
}
