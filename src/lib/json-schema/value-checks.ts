// Hot path.
import { canonicalValue, isMultiple } from './canonical-value.ts'
import { fail, type Check } from './check.ts'
import type { SchemaCompiler } from './compile-schema.ts'

/** A set of JSON types. */
export type Bits = number

const bits: Readonly<Record<string, Bits>> = Object.assign(Object.create(null), {
  string: 1,
  integer: 2,
  number: 6,
  boolean: 8,
  null: 16,
  array: 32,
  object: 64,
})

/** The one bit of a parsed JSON value: string 1, whole number 2, other number 4, boolean 8, null 16, array 32, object 64. */
export function typeBit(value: unknown): Bits {
  switch (typeof value) {
    case 'string':
      return 1
    case 'number':
      return Number.isInteger(value) ? 2 : 4
    case 'boolean':
      return 8
    default:
      return value === null ? 16 : Array.isArray(value) ? 32 : 64
  }
}

/** The types that `type` allows; all when it is absent. */
export function typeMask(type: unknown, report: (reason: string) => void): Bits {
  if (type === undefined) return 127
  let mask = 0
  for (const name of Array.isArray(type) ? (type as unknown[]) : [type]) {
    const bit = typeof name === 'string' ? bits[name] : undefined
    if (bit === undefined) report('not a JSON type')
    else mask |= bit
  }
  return mask
}

export function equalityChecks({ schema }: SchemaCompiler): Check[] {
  const checks: Check[] = []
  if ('const' in schema) checks.push(oneOfValues([schema['const']], 'const'))
  if (Array.isArray(schema['enum'])) checks.push(oneOfValues(schema['enum'] as unknown[], 'enum'))
  return checks
}

function oneOfValues(values: readonly unknown[], rule: string): Check {
  // A Set compares as JSON does here: 0 and -0 are one number, 1 and true are two values.
  const plain = new Set(values.filter(value => value === null || typeof value !== 'object'))
  const composed = new Set(values.filter(value => value !== null && typeof value === 'object').map(canonicalValue))
  return (value, run) => {
    const isComposed = value !== null && typeof value === 'object'
    if (isComposed ? composed.size > 0 && composed.has(canonicalValue(value)) : plain.has(value)) return true
    return fail(run, rule)
  }
}

export function stringChecks(compiler: SchemaCompiler): Check[] {
  const { schema } = compiler
  const checks: Check[] = []
  const maxLength = schema['maxLength']
  const minLength = schema['minLength']
  if (typeof maxLength === 'number')
    checks.push((value, run) => {
      const text = value as string
      return (
        text.length <= maxLength ||
        (text.length <= maxLength * 2 && points(text) <= maxLength) ||
        fail(run, 'maxLength')
      )
    })
  if (typeof minLength === 'number')
    checks.push((value, run) => {
      const text = value as string
      return (
        text.length >= minLength * 2 ||
        (text.length >= minLength && points(text) >= minLength) ||
        fail(run, 'minLength')
      )
    })
  const format = schema['format']
  if (typeof format === 'string') {
    const test = compiler.formats.get(format)
    if (test === undefined)
      compiler.issue(
        ['format'],
        `the format ${format} is not known`,
        `known: ${[...compiler.formats.keys()].join(', ')}`,
      )
    else if (compiler.assertFormats) checks.push((value, run) => test(value as string) || fail(run, 'format'))
  }
  const pattern = schema['pattern']
  if (typeof pattern === 'string') {
    const test = compilePattern(compiler, pattern, ['pattern'])
    checks.push((value, run) => test(value as string) || fail(run, 'pattern'))
  }
  return checks
}

/** A pattern as a test; a bad one is an issue and matches nothing. */
export function compilePattern(
  compiler: SchemaCompiler,
  source: string,
  at: readonly string[],
): (text: string) => boolean {
  try {
    return compiler.pattern(source)
  } catch (error) {
    compiler.issue(at, `the pattern cannot be used: ${(error as Error).message}`)
    return () => false
  }
}

/** Length in code points, as JSON Schema counts (RFC 8259 characters). */
function points(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

export function numberChecks({ schema }: SchemaCompiler): Check[] {
  const checks: Check[] = []
  const bound = (rule: string, holds: (value: number, limit: number) => boolean): void => {
    const limit = schema[rule]
    if (typeof limit === 'number') checks.push((value, run) => holds(value as number, limit) || fail(run, rule))
  }
  bound('minimum', (value, limit) => value >= limit)
  bound('maximum', (value, limit) => value <= limit)
  bound('exclusiveMinimum', (value, limit) => value > limit)
  bound('exclusiveMaximum', (value, limit) => value < limit)
  bound('multipleOf', isMultiple)
  return checks
}
