import type { ZodType } from 'zod'
import type { Policy } from '../core/policy.ts'
import type { Sink } from '../core/sink.ts'
import { inputJsonSchema, type JsonSchema } from './json-schema.ts'
import { configurationSchema } from './schema/configuration.ts'

/** The JSON Schema (2020-12) of a configuration file, settings of all policies and sinks included: for editors. */
export async function editorSchema(policies: readonly Policy[], sinks: readonly Sink[]): Promise<JsonSchema> {
  const definitions: Record<string, JsonSchema> = {}
  const part = async (prefix: string, name: string, schema: Promise<ZodType>): Promise<JsonSchema> => {
    const { $schema: _, $defs, ...own } = inputJsonSchema(await schema)
    // A recursive schema brings definitions of its own, which move to the root under names of their own.
    const moved = (value: unknown): unknown => moveReferences(value, `${prefix}.${name}`)
    for (const [key, inner] of Object.entries(($defs as Record<string, JsonSchema> | undefined) ?? {})) {
      definitions[`${prefix}.${name}.${key}`] = withReferences(moved(inner)) as JsonSchema
    }
    definitions[`${prefix}.${name}`] = withReferences(moved(own)) as JsonSchema
    return { $ref: `#/$defs/${prefix}.${name}` }
  }
  const withOf = await Promise.all(
    policies.map(async policy => [policy.name, await part('policy', policy.name, policy.schema())] as const),
  )
  const sinkOf = await Promise.all(
    sinks.map(async sink => [sink.name, await part('sink', sink.name, sink.schema())] as const),
  )

  const { $schema, ...root } = withReferences(inputJsonSchema(configurationSchema)) as Record<string, unknown>
  const opened = replaceEntries(root, policyEntry(withOf), sinkEntry(sinkOf, definitions)) as JsonSchema
  return { $schema, title: 'Portcullis configuration', ...opened, $defs: definitions }
}

type Named = ReadonlyArray<readonly [name: string, schema: JsonSchema]>

function policyEntry(named: Named): (entry: JsonSchema) => JsonSchema {
  return entry => ({
    ...entry,
    properties: {
      ...(entry['properties'] as object),
      use: { enum: named.map(([name]) => name), description: 'Name of the policy.' },
    },
    allOf: named.map(([name, schema]) => ({
      if: { properties: { use: { const: name } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { properties: { with: schema } },
    })),
  })
}

function sinkEntry(named: Named, definitions: Readonly<Record<string, JsonSchema>>): () => JsonSchema {
  return () => ({
    description: 'Where events go; the other keys are settings of the sink.',
    anyOf: named.map(([name]) => {
      const schema = definitions[`sink.${name}`] ?? {}
      const required = (schema['required'] as readonly string[] | undefined) ?? []
      return {
        ...schema,
        properties: { sink: { const: name }, ...(schema['properties'] as object) },
        required: ['sink', ...required],
      }
    }),
  })
}

/** Puts the settings of policies and sinks where the schema of the whole only knows an envelope. */
function replaceEntries(
  value: unknown,
  policy: (entry: JsonSchema) => JsonSchema,
  sink: (entry: JsonSchema) => JsonSchema,
): unknown {
  if (Array.isArray(value)) return value.map(inner => replaceEntries(inner, policy, sink))
  if (value === null || typeof value !== 'object') return value
  const keys = (value as { properties?: object }).properties ?? {}
  if ('use' in keys && 'with' in keys) return policy(value as JsonSchema)
  if ('sink' in keys) return sink(value as JsonSchema)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceEntries(inner, policy, sink)]))
}

const reference = { type: 'string', pattern: '^(?:env|file|literal):' }

/** Any value may be a reference: what an editor would refuse as one gets it as an alternative. */
function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences)
  if (value === null || typeof value !== 'object') return value
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'properties' || key === '$defs'
        ? Object.fromEntries(Object.entries(one as object).map(([name, schema]) => [name, withReferences(schema)]))
        : ['items', 'anyOf', 'oneOf', 'allOf', 'additionalProperties', 'prefixItems'].includes(key)
          ? withReferences(one)
          : one,
    ]),
  )
  const { type, description, default: fallback, 'x-portcullis': kind, ...rest } = inner as Record<string, unknown>
  const scalar = type === 'number' || type === 'integer' || type === 'boolean'
  const narrowText = type === 'string' && ['pattern', 'enum', 'const', 'format'].some(key => key in rest)
  if (!scalar && !narrowText && kind !== 'document' && kind !== 'list') return inner
  const own: Record<string, unknown> = { ...(type === undefined ? {} : { type }), ...rest }
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: kind === 'list' ? [own, own['items']] : [own, reference],
  }
}

function moveReferences(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map(inner => moveReferences(inner, name))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, moveReferences(inner, name)]
      return [key, inner === '#' ? `#/$defs/${name}` : inner.replace(/^#\/\$defs\//, `#/$defs/${name}.`)]
    }),
  )
}
