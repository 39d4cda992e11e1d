import type { JsonSchema } from '../../model/operation.ts'
import { lookUp } from './references.ts'
import { translateSchema, type Translation } from './translate-schema.ts'

/**
 * The schemas of a document that others refer to, each translated once, when it is first asked for. Circles are no trouble: a name is given
 * before what it stands for is looked at, and the queue is worked off, not recursed into.
 */
export class Definitions {
  readonly #root: unknown
  readonly #how: Translation
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #found: Record<string, JsonSchema> = Object.create(null)
  readonly #waiting: Array<readonly [name: string, value: unknown, pointer: string]> = []

  constructor(root: unknown, how: Omit<Translation, 'nameOf'>) {
    this.#root = root
    this.#how = { ...how, nameOf: (reference, pointer) => this.#nameOf(reference, pointer) }
  }

  translate(schema: unknown, pointer: string): JsonSchema {
    const translated = translateSchema(schema, pointer, this.#how)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      this.#found[next[0]] = translateSchema(next[1], next[2], this.#how)
    return translated
  }

  all(): Readonly<Record<string, JsonSchema>> {
    return this.#found
  }

  #nameOf(reference: string, pointer: string): string | null {
    const known = this.#names.get(reference)
    if (known !== undefined) return known
    const found = lookUp(this.#root, reference)
    if ('reason' in found) {
      this.#how.warn(pointer, found.reason)
      return null
    }
    const name = this.#freeName(found.pointer)
    this.#names.set(reference, name)
    this.#waiting.push([name, found.value, found.pointer])
    return name
  }

  /** The component's own name where it has one, in the characters that a name may have. */
  #freeName(pointer: string): string {
    const own = /^\/components\/schemas\/([^/]+)$/.exec(pointer)?.[1] ?? pointer.slice(1)
    const base = own.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 120) || 'document'
    let name = base
    for (let n = 2; this.#taken.has(name); n++) name = `${base}-${n}`
    this.#taken.add(name)
    return name
  }
}

/** A schema that stands alone: with those definitions that it needs, directly or through others, as `$defs`. */
export function selfContained(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  if (typeof schema === 'boolean') return schema
  const needed = new Set<string>()
  const waiting: unknown[] = [schema]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue
    for (const [key, value] of Object.entries(next)) {
      const name = key === '$ref' && typeof value === 'string' ? /^#\/\$defs\/(.+)$/.exec(value)?.[1] : undefined
      if (name === undefined) waiting.push(value)
      else if (!needed.has(name)) {
        needed.add(name)
        waiting.push(definitions[name])
      }
    }
  }
  if (needed.size === 0) return schema
  return { ...schema, $defs: Object.fromEntries([...needed].sort().map(name => [name, definitions[name] ?? true])) }
}
