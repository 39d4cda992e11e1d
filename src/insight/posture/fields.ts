import type { JsonSchema } from '../model/operation.ts'

/** One place of a body or parameter, with all that its schema says of it. */
export interface Field {
  /** `/items/[]/sku`; '' is the value itself. */
  readonly pointer: string
  /** Name of the property; '' for the value itself and for items. */
  readonly name: string
  /** References followed, `allOf` merged; of `anyOf` and `oneOf` each alternative is a field of its own. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly types: readonly string[]
}

type Map_ = Readonly<Record<string, unknown>>

/** Documents come from strangers: what lies deeper, or beyond so many places, is not judged. */
const DEPTH_MAX = 24
const FIELDS_MAX = 2_000
const ALTERNATIVES_MAX = 16
/** Nested alternatives multiply: 24 levels of four would be 2⁴⁸. */
const STEPS_MAX = 50_000

/** Every place that a schema describes. `definitions`: what `#/$defs/NAME` means beside the schema's own. Bounded, circles end. */
export function fieldsOf(schema: JsonSchema | unknown, definitions: Map_ = {}): Field[] {
  const fields: Field[] = []
  const own = isMap(schema) ? { ...mapOf(schema['$defs']), ...mapOf(schema['definitions']) } : {}
  const walk: Walk = { steps: 0, fields, definitions: { ...definitions, ...own } }
  visit(schema, '', '', 0, walk, [])
  return fields
}

interface Walk {
  steps: number
  readonly fields: Field[]
  readonly definitions: Map_
}

function visit(
  schema: unknown,
  pointer: string,
  name: string,
  depth: number,
  walk: Walk,
  open: readonly unknown[],
): void {
  if (depth > DEPTH_MAX || open.includes(schema)) return
  for (const flat of alternatives(schema, walk, 0)) {
    if (walk.fields.length >= FIELDS_MAX) return
    walk.fields.push({ pointer, name, schema: flat, types: typesOf(flat) })
    const inside = [...open, schema]
    for (const [key, inner] of Object.entries(mapOf(flat['properties'])))
      visit(inner, `${pointer}/${key}`, key, depth + 1, walk, inside)
    for (const inner of Array.isArray(flat['prefixItems']) ? flat['prefixItems'] : [])
      visit(inner, `${pointer}/[]`, '', depth + 1, walk, inside)
    for (const [key, place] of [
      ['items', '[]'],
      ['additionalProperties', '*'],
    ] as const) {
      if (isMap(flat[key])) visit(flat[key], `${pointer}/${place}`, '', depth + 1, walk, inside)
    }
    for (const inner of Object.values(mapOf(flat['patternProperties'])))
      visit(inner, `${pointer}/*`, '', depth + 1, walk, inside)
  }
}

/** The schema with its references and `allOf` in one, once for each alternative. */
function alternatives(schema: unknown, walk: Walk, hops: number): Map_[] {
  if (!isMap(schema) || hops > DEPTH_MAX || ++walk.steps > STEPS_MAX) return []
  const { $ref: reference, allOf, anyOf, oneOf, ...rest } = schema
  let found: Map_[] = [rest]
  const both = [
    ...(typeof reference === 'string' ? [walk.definitions[nameIn(reference)]] : []),
    ...(Array.isArray(allOf) ? (allOf as unknown[]) : []),
  ]
  for (const one of both) {
    const others = alternatives(one, walk, hops + 1)
    if (others.length > 0) found = pairs(found, others)
  }
  const choices = [...(Array.isArray(anyOf) ? anyOf : []), ...(Array.isArray(oneOf) ? oneOf : [])] as unknown[]
  if (choices.length === 0) return found
  const others = choices
    .slice(0, ALTERNATIVES_MAX)
    .flatMap(one => alternatives(one, walk, hops + 1))
    .filter(one => one['type'] !== 'null')
  return others.length === 0 ? found : pairs(found, others)
}

function pairs(some: readonly Map_[], others: readonly Map_[]): Map_[] {
  return some.flatMap(a => others.map(b => ({ ...a, ...b, ...joined(a, b) }))).slice(0, ALTERNATIVES_MAX)
}

function joined(a: Map_, b: Map_): Map_ {
  return 'properties' in a && 'properties' in b
    ? { properties: { ...mapOf(a['properties']), ...mapOf(b['properties']) } }
    : {}
}

function typesOf(schema: Map_): string[] {
  const { type } = schema
  const written =
    typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter(one => typeof one === 'string') : []
  if (written.length > 0) return written
  if ('properties' in schema || 'additionalProperties' in schema) return ['object']
  if ('items' in schema || 'prefixItems' in schema) return ['array']
  return []
}

function nameIn(reference: string): string {
  return /^#\/(?:\$defs|definitions)\/(.+)$/.exec(reference)?.[1] ?? ''
}

function mapOf(value: unknown): Map_ {
  return isMap(value) ? value : {}
}

function isMap(value: unknown): value is Map_ {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
