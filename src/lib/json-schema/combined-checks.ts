// Hot path.
import { createSeen, fail, forget, mergeSeen, pass, type Check } from './check.ts'
import type { SchemaCompiler } from './compile-schema.ts'

/** allOf, anyOf, oneOf, not, if: they judge the same value. */
export function combinedChecks(compiler: SchemaCompiler): Check[] {
  const { schema } = compiler
  const list = (name: string): Check[] | null =>
    Array.isArray(schema[name]) ? (schema[name] as unknown[]).map(inner => compiler.inPlace(inner)) : null
  const checks: Check[] = [...(list('allOf') ?? [])]
  const any = list('anyOf')
  if (any !== null) checks.push(anyCheck(any))
  const one = list('oneOf')
  if (one !== null) checks.push(oneCheck(one))
  if ('not' in schema) checks.push(notCheck(compiler.inPlace(schema['not'])))
  if ('if' in schema) {
    const branch = (name: string): Check => (name in schema ? compiler.inPlace(schema[name]) : pass)
    checks.push(ifCheck(compiler.inPlace(schema['if']), branch('then'), branch('else')))
  }
  return checks
}

function anyCheck(branches: readonly Check[]): Check {
  return (value, run, seen) => {
    let fits = false
    for (const branch of branches) {
      const own = seen === null ? null : createSeen()
      if (branch(value, run, own)) {
        // Every branch that fits says what it evaluated (2020-12 §11.1), so with `unevaluated*` all have to be asked.
        if (seen === null || own === null) return true
        mergeSeen(seen, own)
        fits = true
      } else forget(run)
    }
    return fits || fail(run, 'anyOf')
  }
}

function oneCheck(branches: readonly Check[]): Check {
  return (value, run, seen) => {
    let fits = 0
    for (const branch of branches) {
      const own = seen === null ? null : createSeen()
      if (!branch(value, run, own)) {
        forget(run)
        continue
      }
      if (++fits > 1) return fail(run, 'oneOf')
      if (seen !== null && own !== null) mergeSeen(seen, own)
    }
    // Out of fuel every branch fails, and `not` around this would turn that into a pass: the caller looks at the fuel.
    return fits === 1 || fail(run, 'oneOf')
  }
}

function notCheck(check: Check): Check {
  return (value, run, seen) => {
    if (check(value, run, seen === null ? null : createSeen())) return fail(run, 'not')
    forget(run)
    return true
  }
}

function ifCheck(condition: Check, then: Check, otherwise: Check): Check {
  return (value, run, seen) => {
    const own = seen === null ? null : createSeen()
    if (!condition(value, run, own)) {
      forget(run)
      return otherwise(value, run, seen)
    }
    if (seen !== null && own !== null) mergeSeen(seen, own)
    return then(value, run, seen)
  }
}

/** Wraps all other checks of a schema by its `unevaluatedProperties` and `unevaluatedItems`, which look at what those evaluated. */
export function unevaluatedChecks(compiler: SchemaCompiler): (others: Check) => Check {
  const { schema } = compiler
  const rest = (name: string): Check | null => (name in schema ? compiler.child(schema[name]) : null)
  const properties = rest('unevaluatedProperties')
  const items = rest('unevaluatedItems')
  if (properties === null && items === null) return others => others
  return others => (value, run, seen) => {
    // Its own record: what cousins evaluated does not count here (2020-12 §11.3).
    const own = createSeen()
    if (!others(value, run, own)) return false
    if (Array.isArray(value)) {
      if (items !== null) {
        for (let i = own.items; i < value.length; i++) {
          if (own.indexes.has(i) || items(value[i], run, null)) continue
          run.rule = 'unevaluatedItems'
          run.path.push(i)
          return false
        }
        own.items = value.length
      }
    } else if (properties !== null && value !== null && typeof value === 'object' && !own.allKeys) {
      for (const name in value) {
        if (own.keys.has(name) || properties((value as Record<string, unknown>)[name], run, null)) continue
        run.rule = 'unevaluatedProperties'
        run.path.push(name)
        return false
      }
      own.allKeys = true
    }
    if (seen !== null) mergeSeen(seen, own)
    return true
  }
}
