import type * as z from 'zod'
import type { ConfigIssue } from '../core/config-error.ts'
import { inputJsonSchema } from './json-schema.ts'
import type { Locator } from './locate.ts'
import { valueAt, type DocumentPath } from './pointer.ts'
import { schemaIssues } from './schema-issues.ts'

export type ParsedValue<T> = { readonly value: T } | { readonly issues: readonly ConfigIssue[] }

/** Checks a value that stands at `base` of the merged document against a schema. Never throws. */
export function parseValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
  base: DocumentPath,
  locator: Locator,
): ParsedValue<T> {
  try {
    let checked = value
    let result = schema.safeParse(checked)
    if (!result.success) {
      const typed = typedReferences(value, result.error.issues, base, locator)
      if (typed !== null) {
        checked = typed
        result = schema.safeParse(checked)
      }
    }
    if (result.success) return { value: result.data }
    const context = { base, value: checked, locator, schema: () => inputJsonSchema(schema) }
    return { issues: schemaIssues(result.error.issues, context) }
  } catch (error) {
    // A schema that throws is a bug of ours; the configuration is refused all the same.
    const place = locator.place(base, 'value')
    const reason = `cannot be checked: ${(error as Error).message}`
    return { issues: [{ pointer: '', reason, ...(place === undefined ? {} : { place }) }] }
  }
}

const number = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/

/** The environment knows only texts: where a number or a truth value is wanted, the text of a reference is read as one. Null when nothing changes. */
function typedReferences(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  base: DocumentPath,
  locator: Locator,
): unknown {
  let copy: unknown = null
  for (const { path, expected } of wantedTypes(issues, [])) {
    const text = valueAt(value, path)
    if (typeof text !== 'string' || locator.reference([...base, ...path])?.kind !== 'env') continue
    const typed =
      (expected === 'number' || expected === 'int') && number.test(text)
        ? Number(text)
        : expected === 'boolean' && (text === 'true' || text === 'false')
          ? text === 'true'
          : null
    if (typed === null || path.length === 0) continue
    copy ??= structuredClone(value)
    const holder = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>
    holder[path.at(-1) as string | number] = typed
  }
  return copy
}

function wantedTypes(
  issues: readonly z.core.$ZodIssue[],
  base: DocumentPath,
): Array<{ path: DocumentPath; expected: string }> {
  return issues.flatMap(issue => {
    const path = [...base, ...(issue.path as (string | number)[])]
    if (issue.code === 'invalid_type') return [{ path, expected: issue.expected }]
    return issue.code === 'invalid_union' ? issue.errors.flatMap(branch => wantedTypes(branch, path)) : []
  })
}
