import { bundleSchemas } from './bundle.ts'
import type { Check, Run } from './check.ts'
import { compileBundle, type Formats, type PatternCompiler } from './compile-schema.ts'
import { dialectOf, metaSchemaUri, type Dialect } from './dialects.ts'
import { jsonFormats } from './formats.ts'
import metaSchemas from './meta-schemas.json' with { type: 'json' }
import { pointerSegment, SchemaError, type SchemaIssue } from './schema-error.ts'

export interface JsonSchemaInput {
  readonly schema: unknown
  /** Other documents that it may refer to, by absolute URI. Nothing else is ever looked up. */
  readonly documents?: Readonly<Record<string, unknown>>
  /** When the schema has no `$schema`. */
  readonly dialect: Dialect
  readonly assertFormats: boolean
  /** Engine for `pattern`: must be linear in the length of the text, or one string holds the gateway. */
  readonly pattern: PatternCompiler
  readonly formats?: Formats
}

/** Where and why a value does not fit: a JSON pointer into the value, and the keyword. Never the value. */
export interface SchemaFailure {
  readonly pointer: string
  readonly rule: string
}

/** Null when the value fits. Work is bounded by `fuel` schema evaluations; with none left the rule is `effort`. */
export type Validate = (value: unknown, fuel: number) => SchemaFailure | null

/**
 * JSON Schema draft-07, 2019-09 or 2020-12 → a validator. Throws a SchemaError with every issue: it must fit the meta-schema of
 * its dialect and hold no keyword, format, dialect or reference that is not known, so that nothing in it is silently ignored.
 */
export function compileJsonSchema(input: JsonSchemaInput): Validate {
  const issues: SchemaIssue[] = []
  for (const [name, document] of [['', input.schema] as const, ...Object.entries(input.documents ?? {})]) {
    const failure = checkAgainstMeta(document, input.dialect)
    if (failure !== null) issues.push({ document: name, ...failure })
  }
  if (issues.length > 0) throw new SchemaError(issues)
  const bundle = bundleSchemas({ schema: input.schema, documents: { ...input.documents }, dialect: input.dialect })
  for (const { root, dialect } of bundle.resources) {
    // A part with `$id` and `$schema` may be of another dialect than what is around it.
    const { document, pointer } = bundle.place(root)
    const failure = pointer === '' ? null : checkAgainstMeta(root, dialect)
    if (failure !== null) bundle.issues.push({ document, ...failure, pointer: pointer + failure.pointer })
  }
  const check = compileBundle(bundle, {
    pattern: input.pattern,
    formats: input.formats ?? jsonFormats,
    assertFormats: input.assertFormats,
  })
  return validator(check)
}

function validator(check: Check): Validate {
  return (value, fuel) => {
    const run: Run = { fuel, rule: '', path: [] }
    const fits = check(value, run, null)
    // `not` turns a failure for lack of fuel into a pass, so the fuel is asked, not the answer.
    if (run.fuel < 0) return { pointer: '', rule: 'effort' }
    return fits ? null : { pointer: pointerOf(run.path), rule: run.rule }
  }
}

/** The pointer from a way that was noted innermost first. Long keys and deep ways are cut: the client chose them. */
function pointerOf(path: ReadonlyArray<string | number>): string {
  let pointer = ''
  for (const key of path.toReversed()) {
    pointer += `/${pointerSegment(key)}`
    if (pointer.length > 200) return `${pointer.slice(0, 200)}…`
  }
  return pointer
}

function checkAgainstMeta(
  schema: unknown,
  fallback: Dialect,
): { pointer: string; reason: string; hint?: string } | null {
  if (typeof schema === 'boolean') return null
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema))
    return { pointer: '', reason: 'a schema is an object, true or false' }
  const named = (schema as Record<string, unknown>)['$schema']
  const dialect = named === undefined ? fallback : typeof named === 'string' ? dialectOf(named) : null
  if (dialect === null)
    return {
      pointer: '/$schema',
      reason: 'this dialect of JSON Schema is not known',
      hint: `known: ${Object.values(metaSchemaUri).join(', ')}`,
    }
  const failure = metaValidator(dialect)(schema, 10_000_000)
  if (failure === null) return null
  return { pointer: failure.pointer, reason: `does not fit the meta-schema of ${dialect} (${failure.rule})` }
}

/** Compiled once: they are constants, and 1,000 routes must not compile them 1,000 times. */
const metaValidators = new Map<Dialect, Validate>()

function metaValidator(dialect: Dialect): Validate {
  const known = metaValidators.get(dialect)
  if (known !== undefined) return known
  const documents: Readonly<Record<string, unknown>> = metaSchemas
  const uri = metaSchemaUri[dialect]
  const bundle = bundleSchemas({ schema: { $ref: uri }, documents, dialect: '2020-12', trusted: true })
  const check = compileBundle(bundle, {
    // The patterns of the meta-schemas are short and anchored.
    pattern: source => {
      const pattern = new RegExp(source, 'u')
      return text => pattern.test(text)
    },
    formats: jsonFormats,
    assertFormats: false,
  })
  const made = validator(check)
  metaValidators.set(dialect, made)
  return made
}
