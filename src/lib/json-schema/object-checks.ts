// Hot path.
import { fail, forget, never, pass, type Check, type Run } from './check.ts'
import type { SchemaCompiler } from './compile-schema.ts'
import { compilePattern } from './value-checks.ts'

interface Member {
  /** Null = named by `required` alone. */
  readonly check: Check | null
  readonly required: boolean
}

export function objectChecks(compiler: SchemaCompiler): Check[] {
  const checks: Check[] = []
  const members = memberCheck(compiler)
  if (members !== null) checks.push(members)
  if ('propertyNames' in compiler.schema) checks.push(namesCheck(compiler.child(compiler.schema['propertyNames'])))
  checks.push(...dependentChecks(compiler))
  return checks
}

/**
 * properties, required, patternProperties, additionalProperties, minProperties and maxProperties in one walk over the
 * members. Only own members are ever looked at: `required: [toString]` is not met by what every object inherits.
 */
function memberCheck(compiler: SchemaCompiler): Check | null {
  const { schema } = compiler
  const names = [
    'properties',
    'required',
    'patternProperties',
    'additionalProperties',
    'minProperties',
    'maxProperties',
  ]
  if (!names.some(name => name in schema)) return null
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : [])
  const members = new Map<string, Member>()
  for (const name of required) members.set(name, { check: null, required: true })
  for (const [name, inner] of Object.entries((schema['properties'] ?? {}) as object))
    members.set(name, { check: compiler.child(inner), required: required.has(name) })
  const patterns = Object.entries((schema['patternProperties'] ?? {}) as object).map(([source, inner]) => ({
    test: compilePattern(compiler, source, ['patternProperties', source]),
    check: compiler.child(inner),
  }))
  const additional = 'additionalProperties' in schema ? compiler.child(schema['additionalProperties']) : null
  const minimum = typeof schema['minProperties'] === 'number' ? schema['minProperties'] : 0
  const maximum = typeof schema['maxProperties'] === 'number' ? schema['maxProperties'] : Number.POSITIVE_INFINITY
  const requiredCount = required.size

  return (value, run, seen) => {
    const object = value as Record<string, unknown>
    let count = 0
    let present = 0
    for (const name in object) {
      count++
      let evaluated = false
      const member = members.get(name)
      if (member !== undefined) {
        if (member.required) present++
        if (member.check !== null) {
          evaluated = true
          if (!member.check(object[name], run, null)) return failAt(run, name)
        }
      }
      for (const pattern of patterns) {
        if (!pattern.test(name)) continue
        evaluated = true
        if (!pattern.check(object[name], run, null)) return failAt(run, name)
      }
      if (!evaluated && additional !== null) {
        evaluated = true
        if (additional === never) {
          run.rule = 'additionalProperties'
          return failAt(run, name)
        }
        if (additional !== pass && !additional(object[name], run, null)) return failAt(run, name)
      }
      if (evaluated && seen !== null) seen.keys.add(name)
    }
    if (present !== requiredCount) return missing(object, required, run)
    if (count > maximum) return fail(run, 'maxProperties')
    return count >= minimum || fail(run, 'minProperties')
  }
}

function failAt(run: Run, key: string | number): false {
  run.path.push(key)
  return false
}

function missing(object: Record<string, unknown>, required: ReadonlySet<string>, run: Run): false {
  for (const name of required) {
    if (Object.hasOwn(object, name)) continue
    run.path.push(name)
    break
  }
  return fail(run, 'required')
}

function namesCheck(check: Check): Check {
  return (value, run) => {
    for (const name in value as object) {
      if (check(name, run, null)) continue
      forget(run)
      run.rule = 'propertyNames'
      return failAt(run, name)
    }
    return true
  }
}

function dependentChecks(compiler: SchemaCompiler): Check[] {
  const { schema } = compiler
  const checks: Check[] = []
  const keyword = 'dependencies' in schema ? 'dependencies' : 'dependentRequired'
  for (const [name, needs] of Object.entries((schema[keyword] ?? {}) as object)) {
    if (!Array.isArray(needs)) continue
    checks.push((value, run) => {
      if (!Object.hasOwn(value as object, name)) return true
      for (const need of needs as string[]) {
        if (Object.hasOwn(value as object, need)) continue
        run.path.push(need)
        return fail(run, keyword)
      }
      return true
    })
  }
  const schemas = 'dependencies' in schema ? schema['dependencies'] : schema['dependentSchemas']
  for (const [name, inner] of Object.entries((schemas ?? {}) as object)) {
    if (Array.isArray(inner)) continue
    const check = compiler.inPlace(inner)
    checks.push((value, run, seen) => !Object.hasOwn(value as object, name) || check(value, run, seen))
  }
  return checks
}
