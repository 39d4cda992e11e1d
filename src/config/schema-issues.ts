import type * as z from 'zod'
import type { ConfigIssue, SourcePlace } from '../core/config-error.ts'
import { alternatives } from './hints.ts'
import { keysAt, type JsonSchema } from './json-schema.ts'
import type { Locator } from './locate.ts'
import { parseYaml } from '../core/yaml.ts'
import { toPointer, valueAt, type DocumentPath } from './pointer.ts'

type Issue = z.core.$ZodIssue

/** What is needed to say where an issue of a schema stands and what was meant. */
export interface IssueContext {
  /** Where the checked value stands in the merged document. */
  readonly base: DocumentPath
  /** The checked value. */
  readonly value: unknown
  readonly locator: Locator
  /** Made only when an issue needs it. */
  readonly schema: () => JsonSchema
}

/** Issues of a zod schema as issues of the configuration: one each, placed, with a hint where there is one. Never quotes a value. */
export function schemaIssues(issues: readonly Issue[], context: IssueContext): ConfigIssue[] {
  return issues.flatMap(issue => one(issue, issue.path as (string | number)[], context))
}

function one(issue: Issue, path: DocumentPath, context: IssueContext): ConfigIssue[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(key, path, context))
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors)
    if (branch !== null)
      return branch.flatMap(inner => one(inner, [...path, ...(inner.path as (string | number)[])], context))
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    return issue.issues.flatMap(inner => placed(path, 'key', `the key ${messageOf(inner, undefined)}`, null, context))
  }
  const value = writtenAt(context.value, path)
  const params = issue.code === 'custom' ? issue.params : undefined
  const hint = typeof params?.['hint'] === 'string' ? params['hint'] : hintFor(issue, value, path, context)
  return placed(path, 'value', messageOf(issue, value), hint, context, params)
}

function unknownKey(key: string, path: DocumentPath, context: IssueContext): ConfigIssue {
  const hint = alternatives(key, keysAt(context.schema(), path), 'known keys')
  const issue = placed([...path, key], 'key', 'unknown key', hint, context)[0] as ConfigIssue
  // What does not look like a key may be a value that slipped into its place: a secret, even.
  return /^[\w$.-]{1,40}$/.test(key) ? issue : { ...issue, pointer: toPointer([...context.base, ...path]) }
}

/** The value at a path, also inside a text that stands for a document. */
function writtenAt(value: unknown, path: DocumentPath): unknown {
  for (let length = 0; length < path.length; length++) {
    const text = valueAt(value, path.slice(0, length))
    if (typeof text !== 'string') continue
    const parsed = parseYaml(text)
    return 'value' in parsed ? valueAt(parsed.value, path.slice(length)) : undefined
  }
  return valueAt(value, path)
}

function messageOf(issue: Issue, value: unknown): string {
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) return 'is missing'
  // The words of our own schemas need no ceremony; zod's begin with a fixed one.
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input') ? `must be ${article(issue.expected)}` : issue.message
    case 'invalid_value':
      return issue.message.startsWith('Invalid')
        ? `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
        : issue.message
    case 'too_small':
      return issue.message.startsWith('Too small')
        ? `must be at least ${issue.minimum}${unitOf(issue.origin)}`
        : issue.message
    case 'too_big':
      return issue.message.startsWith('Too big')
        ? `must be at most ${issue.maximum}${unitOf(issue.origin)}`
        : issue.message
    case 'invalid_union':
      return issue.message.startsWith('Invalid input') ? 'has none of the forms that are possible here' : issue.message
    default:
      return issue.message.replace(/^Invalid input: /, '')
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' || origin === 'set'
    ? ' items'
    : origin === 'object' || origin === 'map' || origin === 'record'
      ? ' keys'
      : ''
}

function article(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
    null: 'empty',
  }
  return names[expected] ?? `of type ${expected}`
}

function hintFor(issue: Issue, value: unknown, path: DocumentPath, context: IssueContext): string | null {
  const fromReference = context.locator.reference([...context.base, ...path]) !== undefined
  if (issue.code === 'invalid_value' && typeof value === 'string' && !fromReference) {
    const known = issue.values.map(String)
    return (
      alternatives(value, known, 'known')
        ?.replace(/ known: .*$/, '')
        .replace(/^known: .*$/, '') || null
    )
  }
  if (
    issue.code === 'invalid_type' &&
    issue.expected === 'string' &&
    // A schema with words of its own wants a form (a rate, a duration), and quotes do not give 600 one.
    issue.message.startsWith('Invalid input') &&
    (typeof value === 'number' || typeof value === 'boolean')
  ) {
    return 'put quotes around it'
  }
  if (issue.code === 'invalid_type' && issue.expected === 'array' && value !== undefined)
    return 'write it as a list: [ … ]'
  return null
}

/** Of several alternatives the one that was probably meant: the one that failed deepest, or null when all failed at once. */
function bestBranch(errors: readonly (readonly Issue[])[]): readonly Issue[] | null {
  let best: readonly Issue[] | null = null
  for (const branch of errors) {
    if (
      branch.length === 0 ||
      branch.some(issue => issue.path.length === 0 && issue.code !== 'unrecognized_keys' && issue.code !== 'custom')
    )
      continue
    if (best === null || branch.length < best.length) best = branch
  }
  return best
}

function placed(
  path: DocumentPath,
  part: 'key' | 'value',
  reason: string,
  hint: string | null,
  context: IssueContext,
  params?: Readonly<Record<string, unknown>>,
): ConfigIssue[] {
  const whole = [...context.base, ...path]
  const place = insideText(whole, context, params) ?? context.locator.place(whole, part)
  return [
    {
      pointer: toPointer(whole),
      reason,
      ...(hint === null ? {} : { hint }),
      ...(place === undefined ? {} : { place }),
    },
  ]
}

/** A text that could not be parsed as a document says itself where; it stands in the file that a reference names. */
function insideText(
  path: DocumentPath,
  context: IssueContext,
  params: Readonly<Record<string, unknown>> | undefined,
): SourcePlace | undefined {
  const { line, column } = params ?? {}
  const file = context.locator.reference(path)?.file
  if (typeof line !== 'number' || typeof column !== 'number' || file === undefined || file === null) return undefined
  return { file, line, column }
}
