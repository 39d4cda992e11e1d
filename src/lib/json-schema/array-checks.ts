// Hot path.
import { canonicalValue } from './canonical-value.ts'
import { fail, forget, pass, type Check } from './check.ts'
import type { SchemaCompiler } from './compile-schema.ts'

export function arrayChecks(compiler: SchemaCompiler): Check[] {
  const { schema } = compiler
  const checks: Check[] = []
  const minItems = schema['minItems']
  const maxItems = schema['maxItems']
  if (typeof maxItems === 'number')
    checks.push((value, run) => (value as unknown[]).length <= maxItems || fail(run, 'maxItems'))
  if (typeof minItems === 'number')
    checks.push((value, run) => (value as unknown[]).length >= minItems || fail(run, 'minItems'))
  const items = itemsCheck(compiler)
  if (items !== null) checks.push(items)
  if ('contains' in schema) checks.push(containsCheck(compiler))
  if (schema['uniqueItems'] === true) checks.push(uniqueCheck)
  return checks
}

/** prefixItems + items (2020-12), or items as a list + additionalItems (before): first some places, then the rest. */
function itemsCheck(compiler: SchemaCompiler): Check | null {
  const { schema, dialect } = compiler
  const listed = dialect === '2020-12' ? schema['prefixItems'] : schema['items']
  const places = Array.isArray(listed) ? (listed as unknown[]).map(inner => compiler.child(inner)) : []
  const name = dialect !== '2020-12' && Array.isArray(listed) ? 'additionalItems' : 'items'
  const rest = name in schema ? compiler.child(schema[name]) : null
  if (places.length === 0 && rest === null) return null
  const fixed = places.length
  return (value, run, seen) => {
    const array = value as unknown[]
    const length = array.length
    for (let i = 0; i < length; i++) {
      const check = i < fixed ? (places[i] as Check) : rest
      if (check === null || check === pass) continue
      if (!check(array[i], run, null)) {
        run.path.push(i)
        return false
      }
    }
    if (seen !== null) seen.items = Math.max(seen.items, rest === null ? Math.min(fixed, length) : length)
    return true
  }
}

function containsCheck(compiler: SchemaCompiler): Check {
  const { schema } = compiler
  const check = compiler.child(schema['contains'])
  const least = typeof schema['minContains'] === 'number' ? schema['minContains'] : 1
  const most = typeof schema['maxContains'] === 'number' ? schema['maxContains'] : Number.POSITIVE_INFINITY
  // Only 2020-12 (§11.2) counts contained items as evaluated.
  const marks = compiler.dialect === '2020-12'
  return (value, run, seen) => {
    const array = value as unknown[]
    let found = 0
    for (let i = 0; i < array.length; i++) {
      if (check(array[i], run, null)) {
        found++
        if (marks && seen !== null) seen.indexes.add(i)
      } else forget(run)
    }
    if (found < least) return fail(run, least === 1 ? 'contains' : 'minContains')
    return found <= most || fail(run, 'maxContains')
  }
}

/**
 * Linear: comparing each with each would let one array of 10,000 items hold the gateway for seconds. All items are kept as texts,
 * whose hash V8 seeds; that of small integers is public, and numbers can be chosen that all fall into one bucket.
 */
const uniqueCheck: Check = (value, run) => {
  // Its work is in the number of items, not in the number of schemas.
  run.fuel -= (value as unknown[]).length
  const seen = new Set<string>()
  for (const item of value as unknown[]) {
    const text = typeof item === 'number' ? `n${item}` : canonicalValue(item)
    if (seen.has(text)) return fail(run, 'uniqueItems')
    seen.add(text)
  }
  return true
}
