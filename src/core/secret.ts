import { inspect } from 'node:util'

const REDACTED = '[redacted]'

/** A value that prints as `[redacted]` in every dump, log and error; only `reveal` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

/** How a secret travels in a message between threads, where classes do not survive. */
interface PackedSecret {
  readonly $secret: string
}

/**
 * Plain data with every Secret packed, for a message to a thread of this process. Never log the result. What holds no secret is
 * given back as it is, not copied: most of a configuration of a thousand routes. `packed` remembers what was packed before: parts that
 * several calls share are looked through once and stay shared.
 */
export function packSecrets(value: unknown, packed: Map<object, unknown> = new Map()): unknown {
  if (value instanceof Secret) return { $secret: value.reveal() } satisfies PackedSecret
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  const known = packed.get(value)
  if (known !== undefined) return known
  const result = Array.isArray(value) ? packItems(value, packed) : packMembers(value, packed)
  packed.set(value, result)
  return result
}

function packItems(list: readonly unknown[], packed: Map<object, unknown>): unknown {
  let copy: unknown[] | null = null
  for (const [index, inner] of list.entries()) {
    const result = packSecrets(inner, packed)
    if (result !== inner) (copy ??= [...list])[index] = result
  }
  return copy ?? list
}

function packMembers(value: object, packed: Map<object, unknown>): unknown {
  let copy: Record<string, unknown> | null = null
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    const result = packSecrets(inner, packed)
    if (result !== inner) (copy ??= { ...value })[key] = result
  }
  return copy ?? value
}

/** Undoes packSecrets in place, in data that came by a message, and freezes everything on the way: what a worker got cannot change under it. */
export function unpackSecrets(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  // Shared parts are met again, done already.
  if (Object.isFrozen(value)) return value
  const packed = (value as Partial<PackedSecret>).$secret
  if (typeof packed === 'string') return new Secret(packed)
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner === null || typeof inner !== 'object') continue
    const unpacked = unpackSecrets(inner)
    if (unpacked !== inner) (value as Record<string, unknown>)[key] = unpacked
  }
  return Object.freeze(value)
}
