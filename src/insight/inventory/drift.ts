import type { Drift, JsonSchema, Operation } from '../model/operation.ts'
import { fieldsOf, type Field } from '../posture/fields.ts'
import type { DeclaredBody, DeclaredContent, DeclaredOperation, OpenApiDocument } from './openapi/document.ts'

const driftMax = 200

/** Where what was seen of an operation differs from what its document says. */
export function driftOf(
  seen: Pick<Operation, 'parameters' | 'requests' | 'responses' | 'authentication' | 'traffic'>,
  declared: DeclaredOperation,
  document: OpenApiDocument,
): Drift[] {
  return [
    ...parameterDrift(seen, declared, document),
    ...requestDrift(seen, declared.request, document),
    ...responseDrift(seen, declared, document),
    ...authenticationDrift(seen, declared, document),
  ].slice(0, driftMax)
}

function parameterDrift(
  seen: Pick<Operation, 'parameters' | 'traffic'>,
  declared: DeclaredOperation,
  document: OpenApiDocument,
): Drift[] {
  const out: Drift[] = []
  const taught = Math.max(0, ...seen.parameters.filter(({ in: place }) => place === 'path').map(known => known.seen))
  for (const parameter of seen.parameters) {
    const where = `${parameter.in}.${parameter.name}`
    const known = declared.parameters.find(
      candidate => candidate.in === parameter.in && sameParameter(candidate, parameter.name),
    )
    if (known === undefined) {
      // Clients add header fields and cookies of their own; a query is meant for the operation. The path is the template's matter.
      if (parameter.in === 'query')
        out.push({ kind: 'parameter', where, declared: 'not declared', seen: 'sent', calls: parameter.seen })
      continue
    }
    const wanted = typesOf(known.schema, document)
    const found = typesOf(parameter.schema, document)
    if (textDiffers(wanted, found))
      out.push({ kind: 'type', where, declared: wanted.join(' or '), seen: found.join(' or '), calls: parameter.seen })
    if (known.required && parameter.in !== 'path' && taught > parameter.seen)
      out.push({ kind: 'parameter', where, declared: 'required', seen: 'left out', calls: taught - parameter.seen })
  }
  return out
}

/** `filter[name]` and `filter` are one parameter when the style is deepObject. */
function sameParameter(declared: DeclaredOperation['parameters'][number], name: string): boolean {
  if (declared.name === name) return true
  return declared.style === 'deepObject' && name.startsWith(`${declared.name}[`)
}

function requestDrift(
  seen: Pick<Operation, 'requests'>,
  declared: DeclaredBody | null,
  document: OpenApiDocument,
): Drift[] {
  return seen.requests.flatMap((body): Drift[] => {
    const what = body.mediaType === '' ? 'a body' : body.mediaType
    if (declared === null)
      return [{ kind: 'body', where: 'request', declared: 'no body', seen: what, calls: body.seen }]
    const content = contentOf(declared.content, body.mediaType)
    if (content === null)
      return [
        {
          kind: 'media-type',
          where: 'request',
          declared: declared.content.map(({ mediaType }) => mediaType).join(', '),
          seen: what,
          calls: body.seen,
        },
      ]
    return fieldDrift('request', body.schema, content.schema, body.seen, document)
  })
}

function responseDrift(
  seen: Pick<Operation, 'responses'>,
  declared: DeclaredOperation,
  document: OpenApiDocument,
): Drift[] {
  if (declared.responses.length === 0) return []
  const out: Drift[] = []
  const statuses = new Set<number>()
  for (const response of seen.responses) {
    const { status } = response
    const known =
      declared.responses.find(candidate => candidate.status === String(status)) ??
      declared.responses.find(candidate => candidate.status === `${Math.floor(status / 100)}XX`) ??
      declared.responses.find(candidate => candidate.status === 'default')
    if (known === undefined) {
      if (statuses.has(status)) continue
      statuses.add(status)
      const calls = seen.responses.filter(other => other.status === status).reduce((sum, other) => sum + other.seen, 0)
      out.push({ kind: 'status', where: `response ${status}`, declared: 'not declared', seen: String(status), calls })
      continue
    }
    if (response.mediaType === '' || known.content.length === 0) continue
    const content = contentOf(known.content, response.mediaType)
    const where = `response ${status}`
    if (content === null)
      out.push({
        kind: 'media-type',
        where,
        declared: known.content.map(({ mediaType }) => mediaType).join(', '),
        seen: response.mediaType,
        calls: response.seen,
      })
    else out.push(...fieldDrift(where, response.schema, content.schema, response.seen, document))
  }
  return out
}

/** Fields that the document does not know, and types that it does not allow. */
function fieldDrift(
  where: string,
  seen: JsonSchema | null,
  declared: JsonSchema | null,
  calls: number,
  document: OpenApiDocument,
): Drift[] {
  if (seen === null || declared === null) return []
  const known = new Map<string, Field[]>()
  for (const field of fieldsOf(declared, document.definitions)) {
    const list = known.get(field.pointer)
    if (list === undefined) known.set(field.pointer, [field])
    else list.push(field)
  }
  const out: Drift[] = []
  const said = new Set<string>()
  for (const field of fieldsOf(seen)) {
    if (said.has(field.pointer)) continue
    said.add(field.pointer)
    const fields = known.get(field.pointer)
    const place = `${where}:${field.pointer === '' ? '/' : field.pointer}`
    if (fields === undefined) {
      const parent = known.get(field.pointer.replace(/\/[^/]*$/, ''))
      // Only what is missing from a list of fields is news: below an unknown or open part everything is unknown.
      if (parent !== undefined && field.pointer !== '' && parent.every(closed))
        out.push({
          kind: 'field',
          where: place,
          declared: 'not declared',
          seen: field.types.join(' or ') || 'present',
          calls,
        })
      continue
    }
    const wanted = fields.every(({ types }) => types.length > 0)
      ? [...new Set(fields.flatMap(({ types }) => types))]
      : []
    if (differ(wanted, field.types))
      out.push({ kind: 'type', where: place, declared: wanted.join(' or '), seen: field.types.join(' or '), calls })
  }
  return out
}

/** Lists its fields and does not say that others are welcome. */
function closed({ schema }: Field): boolean {
  return schema['properties'] !== undefined && (schema['additionalProperties'] ?? false) === false
}

function authenticationDrift(
  seen: Pick<Operation, 'authentication'>,
  declared: DeclaredOperation,
  document: OpenApiDocument,
): Drift[] {
  const { methods, anonymousAnswered, verdict } = seen.authentication
  const asked =
    declared.security.length > 0 && declared.security.every(alternative => Object.keys(alternative).length > 0)
  if (!asked) return []
  const words = [...new Set(declared.security.flatMap(alternative => Object.keys(alternative)))].map(name => {
    const scheme = document.securitySchemes[name]
    return scheme === undefined ? name : (scheme.scheme ?? scheme.type)
  })
  const out: Drift[] = []
  if (anonymousAnswered > 0)
    out.push({
      kind: 'authentication',
      where: 'request',
      declared: words.join(' or '),
      seen: 'none, and answered',
      calls: anonymousAnswered,
    })
  if (verdict !== 'none' && verdict !== 'mixed' && !words.some(word => accepts(word, verdict)))
    out.push({
      kind: 'authentication',
      where: 'request',
      declared: words.join(' or '),
      seen: verdict,
      calls: methods[verdict] ?? 0,
    })
  return out
}

/** May this method of proof be what the document calls so? */
function accepts(declared: string, method: string): boolean {
  const same: Readonly<Record<string, readonly string[]>> = {
    basic: ['basic'],
    bearer: ['jwt', 'bearer', 'introspection', 'oidc', 'api-key', 'paseto'],
    oauth2: ['jwt', 'bearer', 'introspection', 'oidc'],
    openIdConnect: ['jwt', 'bearer', 'introspection', 'oidc', 'session'],
    apiKey: ['api-key', 'session', 'jwt', 'bearer', 'other'],
    mutualTLS: ['mtls'],
    digest: ['digest'],
  }
  return Object.hasOwn(same, declared) ? (same[declared] ?? []).includes(method) : true
}

function contentOf(content: readonly DeclaredContent[], mediaType: string): DeclaredContent | null {
  const type = mediaType.toLowerCase()
  return (
    content.find(candidate => candidate.mediaType === type) ??
    content.find(candidate => candidate.mediaType === `${type.split('/')[0]}/*`) ??
    content.find(candidate => candidate.mediaType === '*/*') ??
    null
  )
}

function typesOf(schema: JsonSchema, document: OpenApiDocument): string[] {
  const own = fieldsOf(schema, document.definitions).filter(field => field.pointer === '')
  return own.every(field => field.types.length > 0) ? [...new Set(own.flatMap(field => field.types))] : []
}

/** Something was seen that the declared types do not cover. An integer is a number. */
function differ(wanted: readonly string[], found: readonly string[]): boolean {
  if (wanted.length === 0 || found.length === 0) return false
  return found.some(type => !wanted.includes(type) && !(type === 'integer' && wanted.includes('number')))
}

/** The same for what is written as text: every value fits `string`, and a lone value a list of one. */
function textDiffers(wanted: readonly string[], found: readonly string[]): boolean {
  return !wanted.includes('string') && !wanted.includes('array') && !wanted.includes('object') && differ(wanted, found)
}
