import type { JsonSchema } from '../../model/operation.ts'
import { isMap } from './references.ts'

/** Turns a `$ref` into the name of a definition; null: it leads nowhere that we go. */
export type NameOf = (reference: string, pointer: string) => string | null

export interface Translation {
  readonly openapi: '3.0' | '3.1' | '3.2'
  readonly nameOf: NameOf
  readonly warn: (pointer: string, what: string) => void
  /** Schemas that may still be translated; a document beyond is cut, and says so. */
  readonly budget: { left: number }
}

const oneSchema = new Set([
  'not',
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
])
const schemaLists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const schemaMaps = new Set(['properties', 'patternProperties', 'dependentSchemas'])
const plain = new Set([
  'type',
  'format',
  'enum',
  'const',
  'default',
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'required',
  'dependentRequired',
  'readOnly',
  'writeOnly',
  'deprecated',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'contentEncoding',
  'contentMediaType',
])

/**
 * A schema of an OpenAPI document in JSON Schema 2020-12: `nullable`, boolean `exclusiveMinimum` and the ignored siblings of `$ref` of 3.0
 * are written the new way; references point into `#/$defs`; examples, descriptions, `xml` and extensions are left out.
 */
export function translateSchema(schema: unknown, pointer: string, how: Translation, depth = 0): JsonSchema {
  if (typeof schema === 'boolean') return schema
  if (!isMap(schema)) {
    how.warn(pointer, 'is not a schema; anything is taken to fit')
    return true
  }
  if (depth > 48 || how.budget.left-- <= 0) {
    how.warn(
      pointer,
      depth > 48 ? 'is nested too deeply; anything is taken to fit' : 'lies beyond the largest number of schemas',
    )
    return true
  }
  const out: Record<string, unknown> = {}
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const name = how.nameOf(reference, pointer)
    if (name !== null) out['$ref'] = `#/$defs/${name}`
    if (how.openapi === '3.0') return name === null ? true : out
  }
  for (const [key, value] of Object.entries(schema)) {
    const at = `${pointer}/${escapePointer(key)}`
    const sub = (part: unknown, place: string): JsonSchema => translateSchema(part, place, how, depth + 1)
    if (oneSchema.has(key)) {
      // Tuples in `items` were dropped from OpenAPI 3; some documents have them still.
      if (Array.isArray(value) && key === 'items') out['prefixItems'] = value.map((part, i) => sub(part, `${at}/${i}`))
      else out[key] = sub(value, at)
    } else if (schemaLists.has(key)) {
      if (Array.isArray(value) && value.length > 0) out[key] = value.map((part, i) => sub(part, `${at}/${i}`))
      else how.warn(at, 'is not a list of schemas')
    } else if (schemaMaps.has(key)) {
      if (isMap(value))
        out[key] = Object.fromEntries(
          Object.entries(value).map(([name, part]) => [name, sub(part, `${at}/${escapePointer(name)}`)]),
        )
      else how.warn(at, 'is not a map of schemas')
    } else if (plain.has(key)) out[key] = value
  }
  // `required: true` on a property is a habit from draft-03.
  if (out['required'] !== undefined && !isListOfText(out['required'])) delete out['required']
  oldBound(out, 'minimum', 'exclusiveMinimum')
  oldBound(out, 'maximum', 'exclusiveMaximum')
  return how.openapi === '3.0' && schema['nullable'] === true ? nullable(out) : out
}

/** A key as one segment of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Draft-04 and 3.0: `exclusiveMinimum: true` makes `minimum` exclusive. */
function oldBound(out: Record<string, unknown>, bound: string, exclusive: string): void {
  if (typeof out[exclusive] !== 'boolean') return
  if (out[exclusive] === true && typeof out[bound] === 'number') {
    out[exclusive] = out[bound]
    delete out[bound]
  } else delete out[exclusive]
}

function nullable(out: Record<string, unknown>): JsonSchema {
  const { type, enum: values } = out
  if (typeof type !== 'string') return Object.keys(out).length === 0 ? out : { anyOf: [out, { type: 'null' }] }
  return {
    ...out,
    type: [type, 'null'],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  }
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
