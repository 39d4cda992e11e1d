// Hot path: once per member name, from a cache.
import { knownToken } from '../../lib/known-token.ts'
import { secretShape } from '../../lib/secret-shape.ts'
import { segmentShape } from '../../lib/segment-shape.ts'

const nameMax = 64
const cacheMax = 4096
const ordinary = /^[A-Za-z_$@#][\w$@.:#/[\]-]*$/
const manyDigits = /\d{4}|\d.*\d.*\d.*\d.*\d/
/** Forms that leave no doubt that a name is a value. */
const kinds: ReadonlySet<string> = new Set([
  'integer',
  'number',
  'uuid',
  'ulid',
  'object-id',
  'hash',
  'date',
  'date-time',
  'email',
])
/** Mixed as a random generator mixes; names of fields count at their end, if at all. */
const random = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d.*\d).{16,}$/
const listIndex = /\[\d+\]/g

/**
 * A name that may be written down: the name itself, or its kind in braces when it is a value (`{uuid}`, `{integer}`, `{email}`, `{text}`): in
 * `{"jane@example.com": {…}}` the name is the personal value. `__proto__` is `{reserved}`, so no object is ever keyed by it.
 */
export function createSafeNames(): (name: string) => string {
  let cache = new Map<string, string>()
  return name => {
    const known = cache.get(name)
    if (known !== undefined) return known
    const safe = safeName(name)
    if (name.length <= nameMax) {
      if (cache.size >= cacheMax) cache = new Map()
      cache.set(name, safe)
    }
    return safe
  }
}

/** True for a name that stands for many. */
export function isKindOfName(name: string): boolean {
  return name.startsWith('{') && name.endsWith('}')
}

export function safeName(name: string): string {
  if (name === '') return '{empty}'
  if (name === '__proto__') return '{reserved}'
  if (name.length > nameMax) return '{text}'
  const shape = segmentShape(name)
  if (shape !== null && kinds.has(shape)) return `{${shape}}`
  if (knownToken(name) !== null) return '{text}'
  const secret = secretShape(name)
  if (secret !== null) return secret === 'email' ? '{email}' : '{text}'
  // Form fields of lists: `items[0][name]`.
  const plain = name.replace(listIndex, '[]')
  if (!ordinary.test(plain) || manyDigits.test(plain) || random.test(plain)) return '{text}'
  return plain
}
