// Hot path: one key per limited request; a key that was seen lately is one Map look-up.

import type { Exchange } from '../../core/exchange.ts'
import { addressKey, joinKeyParts } from '../../lib/limiter-key.ts'
import { createKeyMaker } from '../../state/counter-key.ts'
import type { CounterKey } from '../../state/counter-key.ts'

/** One part of a limiter's key. */
export type KeyPart =
  | { readonly kind: 'address' | 'principal' | 'api-key' | 'route' | 'method' }
  | { readonly kind: 'header' | 'claim'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string }

/** A limiter's key for one exchange. */
export interface LimiterKey extends CounterKey {
  /** The text behind the tag, for stores that are shared by several gateways. */
  readonly text: string
}

const generation = 4096
// A longer key (a header of kilobytes) is hashed each time: the cache must not hold what a client can make large.
const cachedLengthMax = 256

/**
 * Exchange → key. What an exchange does not have (no such header, nobody proven) counts under one key for all who lack it: a client cannot
 * escape a limit by leaving something out. `identity` keeps two limiters apart and stays the same over reloads.
 */
export function compileKeys(
  by: readonly KeyPart[],
  identity: string,
  hashKey: Uint8Array,
): (x: Exchange) => LimiterKey {
  const parts = by.map(readerOf)
  const makeKey = createKeyMaker(hashKey)
  const scope = joinKeyParts([identity, ...by.map(part => JSON.stringify(part))])
  const first = parts[0]
  const textOf =
    parts.length === 1 && first !== undefined
      ? (x: Exchange) => mark(first(x))
      : (x: Exchange) => joinKeyParts(parts.map(part => part(x)))
  // Addresses are cached as they came, so that an IPv6 prefix is not worked out for every request.
  const addresses = by.map((part, index) => (part.kind === 'address' ? index : -1)).filter(index => index !== -1)
  let young = new Map<string, LimiterKey>()
  let old = new Map<string, LimiterKey>()

  function make(x: Exchange): LimiterKey {
    const values = parts.map((part, index) => {
      const value = part(x)
      return value !== null && addresses.includes(index) ? addressKey(value) : value
    })
    const text = scope + joinKeyParts(values)
    return Object.assign(makeKey(text), { text })
  }

  return x => {
    const cacheKey = textOf(x)
    const known = young.get(cacheKey)
    if (known !== undefined) return known
    const key = old.get(cacheKey) ?? make(x)
    if (cacheKey.length > cachedLengthMax) return key
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(cacheKey, key)
    return key
  }
}

// A value that is there is told from one that is not without a copy of every address: no value begins with U+0000.
function mark(value: string | null): string {
  return value ?? '\u0000'
}

function readerOf(part: KeyPart): (x: Exchange) => string | null {
  switch (part.kind) {
    case 'address':
      return x => x.client.address
    case 'principal':
      return x => (x.principal === null ? null : principalText(x.principal))
    case 'api-key':
      return x => (x.principal?.method === 'api-key' ? principalText(x.principal) : null)
    case 'route':
      return x => x.route?.name ?? null
    case 'method':
      return x => x.method
    case 'header':
      return x => x.headers.get(part.name) ?? null
    case 'claim':
      return x =>
        x.principal !== null && Object.hasOwn(x.principal.claims, part.name)
          ? claimText(x.principal.claims[part.name])
          : null
    case 'constant':
      return () => part.value
  }
}

// (method, issuer, subject): the subject alone would let one issuer's users spend the budget of another's.
function principalText({ method, issuer, subject }: { method: string; issuer: string; subject: string }): string {
  return `${method.length}:${method}${issuer.length}:${issuer}${subject}`
}

function claimText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? `s${value}` : JSON.stringify(value)
}
