import * as z from 'zod'
import type { DocumentPath } from './pointer.ts'

/** A JSON Schema as data; only what zod emits is looked at. */
export type JsonSchema = { readonly [key: string]: unknown }

/** The JSON Schema (2020-12) of what may be written for a zod schema; a loose one when a part has no such form. */
export function inputJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** The schemas that apply to a place inside a document: several where alternatives exist, none where nothing is known. */
export function schemasAt(root: JsonSchema, path: DocumentPath): JsonSchema[] {
  let here = expand(root, root)
  for (const step of path) {
    here = here.flatMap(schema => descend(root, schema, step))
    if (here.length === 0) break
  }
  return here
}

/** Key names that may stand in the map at a place. */
export function keysAt(root: JsonSchema, path: DocumentPath): string[] {
  const keys = schemasAt(root, path).flatMap(schema => Object.keys((schema['properties'] as object | undefined) ?? {}))
  return [...new Set(keys)]
}

function descend(root: JsonSchema, schema: JsonSchema, step: string | number): JsonSchema[] {
  const found: unknown[] = []
  const properties = schema['properties'] as Record<string, unknown> | undefined
  if (properties !== undefined && Object.hasOwn(properties, step)) found.push(properties[step])
  else if (typeof schema['additionalProperties'] === 'object') found.push(schema['additionalProperties'])
  const prefix = schema['prefixItems']
  if (Array.isArray(prefix) && prefix[Number(step)] !== undefined) found.push(prefix[Number(step)])
  else if (typeof schema['items'] === 'object') found.push(schema['items'])
  return found.flatMap(one => expand(root, one))
}

/** A schema with its alternatives and references opened. */
function expand(root: JsonSchema, schema: unknown, depth = 0): JsonSchema[] {
  if (schema === null || typeof schema !== 'object' || depth > 16) return []
  const one = schema as JsonSchema
  const reference = one['$ref']
  if (typeof reference === 'string') {
    const target =
      reference === '#'
        ? root
        : (root['$defs'] as Record<string, unknown> | undefined)?.[reference.replace('#/$defs/', '')]
    return expand(root, target, depth + 1)
  }
  const branches = [one['anyOf'], one['oneOf'], one['allOf']].flatMap(list =>
    Array.isArray(list) ? (list as unknown[]) : [],
  )
  return [one, ...branches.flatMap(branch => expand(root, branch, depth + 1))]
}
