import type { JsonSchema } from '../insight/model/operation.ts'

type Map_ = Readonly<Record<string, unknown>>

const fieldsMax = 60
const depthMax = 6

/** A schema in a few words: `integer 1–500`, `uuid`, `string ≤ 40`, `a | b | c`, `list of integer`. */
export function schemaWords(schema: JsonSchema | undefined): string {
  if (schema === undefined || typeof schema === 'boolean') return schema === false ? 'nothing' : 'anything'
  const { type, format, enum: values, anyOf, items, $ref: reference } = schema
  if (Array.isArray(values)) return values.slice(0, 8).map(String).join(' | ') + (values.length > 8 ? ' | …' : '')
  if (typeof reference === 'string') return reference.split('/').at(-1) ?? reference
  if (Array.isArray(anyOf))
    return anyOf
      .slice(0, 4)
      .map(one => schemaWords(one as JsonSchema))
      .join(' or ')
  const types = Array.isArray(type) ? type : typeof type === 'string' ? [type] : []
  if (types.length === 0) return 'anything'
  return types.map(one => typeWords(String(one), schema, format, items)).join(' or ')
}

function typeWords(type: string, schema: Map_, format: unknown, items: unknown): string {
  switch (type) {
    case 'string':
      return typeof format === 'string' ? format : `string${range(schema['minLength'], schema['maxLength'])}`
    case 'integer':
    case 'number':
      return `${type}${range(schema['minimum'], schema['maximum'])}`
    case 'array':
      return `list of ${schemaWords(items as JsonSchema | undefined)}${range(schema['minItems'], schema['maxItems'])}`
    default:
      return type
  }
}

function range(min: unknown, max: unknown): string {
  if (typeof min === 'number' && typeof max === 'number') return min === max ? ` ${min}` : ` ${min}–${max}`
  if (typeof max === 'number') return ` ≤ ${max}`
  return typeof min === 'number' && min !== 0 ? ` ≥ ${min}` : ''
}

/** The fields of a body as lines: name, `?` when it may be absent, type; what lies inside is indented. */
export function schemaTree(schema: JsonSchema | null, indent: string): string[] {
  if (schema === null || typeof schema === 'boolean') return []
  const lines: string[] = []
  const visit = (part: unknown, depth: number): void => {
    if (!isMap(part) || depth > depthMax || lines.length >= fieldsMax) return
    if (isMap(part['items'])) visit(part['items'], depth)
    if (!isMap(part['properties'])) return
    const required = new Set(Array.isArray(part['required']) ? (part['required'] as unknown[]) : [])
    for (const [name, inner] of Object.entries(part['properties'])) {
      if (lines.length >= fieldsMax) {
        lines.push(`${indent}${'  '.repeat(depth)}…`)
        return
      }
      const optional = required.has(name) ? '' : '?'
      lines.push(`${indent}${'  '.repeat(depth)}${name}${optional}  ${schemaWords(inner as JsonSchema)}`)
      visit(inner, depth + 1)
    }
  }
  visit(schema, 0)
  return lines
}

function isMap(value: unknown): value is Map_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
