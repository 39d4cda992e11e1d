import { compileJsonSchema, type Validate } from '../../src/lib/json-schema/json-schema.ts'
import { compilePattern } from '../../src/policies/json-schema/pattern.ts'
import type { SentCall } from './calls.ts'

type Judged = Pick<SentCall, 'method' | 'path' | 'query' | 'headers' | 'contentType' | 'body'>

/** Says why a call does not fit an OpenAPI document, in a few words; null: it fits. */
export type Contract = (call: Judged) => string | null

interface Named {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: unknown
}

interface DocumentOperation {
  readonly parameters?: readonly Named[]
  readonly requestBody?: {
    readonly required?: boolean
    readonly content: Readonly<Record<string, { readonly schema?: unknown }>>
  }
}

interface Operation {
  readonly segments: readonly string[]
  readonly path: ReadonlyMap<string, TextCheck>
  readonly named: Readonly<Record<'query' | 'header', ReadonlyMap<string, TextCheck>>>
  readonly required: ReadonlyArray<readonly [place: 'query' | 'header', name: string]>
  readonly bodies: ReadonlyMap<string, Validate | null>
  readonly bodyRequired: boolean
}

type TextCheck = (text: string) => string | null

const fuel = 1_000_000

/**
 * An OpenAPI document as a judge of calls: nothing passes that it does not name. Schemas are compiled as the policy `json-schema` does; a
 * parameter is read as the type that its schema has.
 */
export function contractOf(document: unknown): Contract {
  const { paths } = document as { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
  const byMethod = new Map<string, Operation[]>()
  for (const [path, item] of Object.entries(paths))
    for (const [method, written] of Object.entries(item)) {
      const list = byMethod.get(method.toUpperCase()) ?? []
      list.push(operationOf(path, written as DocumentOperation))
      byMethod.set(method.toUpperCase(), list)
    }
  // A word before a variable, segment by segment.
  const rank = ({ segments }: Operation): string => segments.map(one => (one.startsWith('{') ? 'b' : 'a')).join('')
  for (const list of byMethod.values()) list.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))

  return call => {
    const segments = call.path.split('/')
    const operation = byMethod.get(call.method)?.find(one => fits(one.segments, segments))
    if (operation === undefined) return 'no such operation'
    for (const [i, segment] of operation.segments.entries()) {
      const check = operation.path.get(segment)
      const why = check?.(decoded(segments[i] ?? '')) ?? null
      if (why !== null) return `path ${segment}: ${why}`
    }
    for (const [place, name] of operation.required)
      if (!(place === 'query' ? call.query : call.headers).some(([sent]) => sent === name))
        return `${place} ${name}: missing`
    for (const [name, value] of call.query) {
      const check = operation.named.query.get(name)
      if (check === undefined) return `query ${name}: not named`
      const why = check(value)
      if (why !== null) return `query ${name}: ${why}`
    }
    for (const [name, value] of call.headers) {
      const why = operation.named.header.get(name)?.(value) ?? null
      if (why !== null) return `header ${name}: ${why}`
    }
    return bodyFault(operation, call)
  }
}

function operationOf(path: string, { parameters = [], requestBody }: DocumentOperation): Operation {
  const of = (place: string): ReadonlyMap<string, TextCheck> =>
    new Map(parameters.filter(one => one.in === place).map(one => [one.name, textCheck(one.schema)]))
  return {
    segments: path.split('/'),
    path: new Map([...of('path')].map(([name, check]) => [`{${name}}`, check])),
    named: { query: of('query'), header: of('header') },
    required: parameters.flatMap(one =>
      one.required === true && (one.in === 'query' || one.in === 'header') ? [[one.in, one.name] as const] : [],
    ),
    bodies: new Map(
      Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [
        type,
        schema === undefined ? null : compiled(schema),
      ]),
    ),
    bodyRequired: requestBody?.required === true,
  }
}

function bodyFault({ bodies, bodyRequired }: Operation, { body, contentType }: Judged): string | null {
  if (body === undefined) return bodyRequired ? 'body: missing' : null
  const validate = bodies.get(contentType ?? '')
  if (validate === undefined) return `body of ${contentType}: not named`
  const failure = validate?.(body, fuel) ?? null
  return failure === null ? null : `body ${failure.pointer}: ${failure.rule}`
}

function textCheck(schema: unknown): TextCheck {
  const validate = compiled(schema)
  const types = typesOf(schema)
  const spells = (kind: string): boolean => types.includes(kind)
  return text => {
    const value =
      (spells('integer') || spells('number')) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)
        ? Number(text)
        : spells('boolean') && (text === 'true' || text === 'false')
          ? text === 'true'
          : text
    return validate(value, fuel)?.rule ?? null
  }
}

function typesOf(schema: unknown): readonly string[] {
  const type = (schema as { readonly type?: unknown } | null)?.type
  return typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : []
}

function compiled(schema: unknown): Validate {
  return compileJsonSchema({ schema, dialect: '2020-12', assertFormats: true, pattern: compilePattern })
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((segment, i) => (segment.startsWith('{') ? segments[i] !== '' : segment === segments[i]))
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
