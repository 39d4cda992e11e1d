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

/** Plain data with every Secret packed, for a message to a thread of this process. Never log the result. */
export function packSecrets(value: unknown): unknown {
  if (value instanceof Secret) return { $secret: value.reveal() } satisfies PackedSecret
  if (Array.isArray(value)) return value.map(packSecrets)
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, packSecrets(inner)]))
}

/** Undoes packSecrets and freezes everything on the way: what a worker got cannot change under it. */
export function unpackSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(unpackSecrets))
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  const packed = (value as Partial<PackedSecret>).$secret
  if (typeof packed === 'string') return new Secret(packed)
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpackSecrets(inner)])))
}
