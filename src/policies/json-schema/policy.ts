// Hot path.

import { createHash } from 'node:crypto'
import { ConfigError } from '../../core/config-error.ts'
import type { Host } from '../../core/host.ts'
import type { Policy } from '../../core/policy.ts'
import { problemsOf, type Problem } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'
import { JsonScanner, type JsonLimits } from '../../lib/json-scan.ts'
import { compileJsonSchema, type Validate } from '../../lib/json-schema/json-schema.ts'
import { pointerSegment, SchemaError } from '../../lib/json-schema/schema-error.ts'
import type { Dialect } from '../../lib/json-schema/dialects.ts'
import { compileMediaTypes } from './media-type.ts'
import { compilePattern } from './pattern.ts'

export interface JsonSchemaConfig {
  /** The schema of the request's body. */
  readonly request: unknown
  /** Other documents that it refers to, by absolute URI. */
  readonly documents: Readonly<Record<string, unknown>>
  readonly dialect: Dialect
  readonly formats: 'assert' | 'annotate'
  readonly contentTypes: readonly string[]
  /** Methods (upper case) that may come without a body. */
  readonly emptyBody: readonly string[]
  readonly limits: JsonLimits
}

const problems = {
  'body-malformed': [400, 'The body is not acceptable JSON'],
  'unsupported-media-type': [415, 'The body has a type or coding that is not accepted'],
  'body-invalid': [422, 'The body does not fit the schema'],
} as const
const problem = problemsOf(problems)

// Evaluations of schemas that one body may cost: a schema with nested anyOf can need exponentially many (DoS).
const fuelBase = 100_000
const fuelPerByte = 16

/** Lets through only bodies that are strict JSON and fit a schema. The bytes checked are the bytes forwarded. */
export const jsonSchema: Policy<JsonSchemaConfig> = {
  name: 'json-schema',
  phase: 'inspect',
  schema: async () => (await import('./schema.ts')).schema,
  problems,
  warnings({ formats, limits }) {
    return [
      ...(formats === 'annotate' ? ['json-schema: `format` decides nothing (formats: annotate)'] : []),
      ...(limits.allowNul ? ['json-schema: strings may hold U+0000, where some services end them (allowNul)'] : []),
      ...(limits.allowLossyNumbers
        ? ['json-schema: numbers are judged as the nearest double, services may read them exactly (allowLossyNumbers)']
        : []),
    ]
  },
  sharesForm: true,
  compile(config, host) {
    const validate = keptSchema(config, host)
    const scanner = keptScanner(config.limits, host)
    const mayBeEmpty = new Set(config.emptyBody)
    const typeFault = compileMediaTypes(config.contentTypes)
    const empty = problem('body-malformed', { detail: 'a body is required', reason: 'empty body' })
    const unsupported = (reason: string): Problem =>
      problem('unsupported-media-type', {
        detail: reason,
        reason,
        // RFC 9110 §15.5.16: say what would have been accepted.
        headers: [
          ['Accept', config.contentTypes.join(', ')],
          ['Accept-Encoding', 'identity'],
        ],
      })
    return {
      request(x) {
        if (x.contentLength === 0) return mayBeEmpty.has(x.method) ? PASS : empty
        const fault = typeFault(x.headers)
        return fault === null ? PASS : unsupported(fault)
      },
      body(x, bytes) {
        if (bytes.length === 0) return mayBeEmpty.has(x.method) ? PASS : empty
        const fault = scanner.scan(bytes)
        if (fault !== null) {
          const words = `${fault.reason} (byte ${fault.offset})`
          return problem('body-malformed', { detail: words, reason: `${fault.code}: ${words}` })
        }
        const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        const text = buffer.toString(scanner.ascii ? 'latin1' : 'utf8')
        let value: unknown
        try {
          value = JSON.parse(text)
        } catch {
          // The scanner accepts nothing that JSON.parse refuses; if that were wrong, this is the safe side.
          return problem('body-malformed', { reason: 'accepted by the scanner, refused by the parser' })
        }
        const failure = validate(value, fuelBase + fuelPerByte * bytes.length)
        if (failure === null) return PASS
        const words = `${failure.pointer === '' ? 'the whole body' : failure.pointer}: ${failure.rule}`
        return problem('body-invalid', { detail: words, reason: words })
      },
    }
  },
}

/** One scanner per set of limits: its tables are memory that 1,000 routes can share. */
function keptScanner(limits: JsonLimits, host: Host): JsonScanner {
  const key = `json-scanner ${Object.entries(limits).sort().join(' ')}`
  return host.keep(key, () => new JsonScanner(limits, host.counters.hashKey))
}

/** Compiled once per content: a reload that changes nothing here, or a schema on many routes, costs a hash. */
function keptSchema(config: JsonSchemaConfig, host: Host): Validate {
  const { request, documents, dialect, formats } = config
  const content = JSON.stringify([request, Object.entries(documents), dialect, formats])
  const key = `json-schema ${createHash('sha256').update(content).digest('base64url')}`
  return host.keep(key, () => compile(config))
}

function compile({ request, documents, dialect, formats }: JsonSchemaConfig): Validate {
  try {
    return compileJsonSchema({
      schema: request,
      documents,
      dialect,
      assertFormats: formats === 'assert',
      pattern: compilePattern,
    })
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new ConfigError(
      error.issues.map(({ document, pointer, reason, hint }) => ({
        pointer: `${document === '' ? '/request' : `/documents/${pointerSegment(document)}`}${pointer}`,
        reason,
        ...(hint === undefined ? {} : { hint }),
      })),
    )
  }
}
