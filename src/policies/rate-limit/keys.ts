// Hot path: one key per limited request; a key that was seen lately is one Map look-up.

import type { Exchange } from '../../core/exchange.ts'
import type { Principal } from '../../core/principal.ts'
import { addressKey, joinKeyParts } from '../../lib/limiter-key.ts'
import type { CounterKey } from '../../state/counter-key.ts'
import type { RemoteKey } from '../../state/remote-limiter.ts'

/** One part of a limiter's key. */
export type KeyPart =
  | { readonly kind: 'address' | 'principal' | 'api-key' | 'route' | 'method' }
  | { readonly kind: 'header' | 'claim'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string }

/** A limiter's key for one exchange: for the memory of this process, and for stores that several gateways share. */
export interface LimiterKey extends CounterKey, RemoteKey {}

const generation = 4096
// A longer key (a header of kilobytes) is hashed each time: the cache must not hold what a client can make large.
const cachedLengthMax = 256
// Issuers are configured, so there are few; were it otherwise, the cache would begin anew.
const issuersMax = 64

/**
 * Exchange → key. What an exchange does not have (no such header, nobody proven) counts under one key for all who lack it: a client cannot
 * escape a limit by leaving something out. `identity` keeps two limiters apart and stays the same over reloads.
 */
export function compileKeys(
  by: readonly KeyPart[],
  identity: string,
  makeKey: (text: string) => CounterKey,
): (x: Exchange) => LimiterKey {
  const parts = by.map(readerOf)
  const scope = joinKeyParts([identity, ...by.map(part => JSON.stringify(part))])
  // Addresses are cached as they came, so that an IPv6 prefix is not worked out for every request.
  const finish = by.map(part => (part.kind === 'address' ? addressKey : (value: string) => value))
  const make = (x: Exchange): LimiterKey => {
    const text = copyOf(scope + joinKeyParts(parts.map((part, index) => mapPart(part(x), finish[index]))))
    return Object.assign(makeKey(text), { text, remote: null })
  }
  const [first] = parts
  if (parts.length > 1 || first === undefined) {
    const cached = createCache(make)
    return x => cached(joinKeyParts(parts.map(part => part(x))), x)
  }
  if (by[0]?.kind === 'principal') return byPrincipal(make)
  const cached = createCache(make)
  return x => cached(first(x) ?? MISSING, x)
}

// A header's value is a slice that keeps the whole request head alive: 8,000 keys would hold 8,000 heads of up to 32 KiB.
function copyOf(text: string): string {
  return ` ${text}`.slice(1)
}

function mapPart(value: string | null, finish: ((value: string) => string) | undefined): string | null {
  return value === null || finish === undefined ? value : finish(value)
}

// No value begins with U+0000: what is missing is told from what is there without a copy of every address.
const MISSING = '\u0000'

const empty: ReadonlyMap<string, LimiterKey> = new Map()

/** Keys by cache text: two generations, so that the texts of a flood go and those in use stay. */
function createCache(make: (x: Exchange) => LimiterKey): (cacheKey: string, x: Exchange) => LimiterKey {
  // Made for each of a thousand routes at a reload, and used by few of them: what is empty is one for all.
  let young: Map<string, LimiterKey> | null = null
  let old: ReadonlyMap<string, LimiterKey> = empty
  return (cacheKey, x) => {
    const known = young?.get(cacheKey)
    if (known !== undefined) return known
    const key = old.get(cacheKey) ?? make(x)
    if (cacheKey.length > cachedLengthMax) return key
    if (young !== null && young.size >= generation) {
      old = young
      young = null
    }
    young ??= new Map()
    young.set(copyOf(cacheKey), key)
    return key
  }
}

/** The one part of most limiters: a cache per (method, issuer), so that no text is put together per request (0.25 µs). */
function byPrincipal(make: (x: Exchange) => LimiterKey): (x: Exchange) => LimiterKey {
  type Cached = ReturnType<typeof createCache>
  const caches = new Map<string, Cached>()
  let lastMethod = ''
  let lastIssuer = ''
  let last: Cached = createCache(make)
  let missing: LimiterKey | null = null
  return x => {
    if (x.principal === null) return (missing ??= make(x))
    const { method, issuer, subject } = x.principal
    if (method === lastMethod && issuer === lastIssuer) return last(subject, x)
    const pair = joinKeyParts([method, issuer])
    const cached = caches.get(pair) ?? createCache(make)
    if (caches.size >= issuersMax) caches.clear()
    caches.set(pair, cached)
    lastMethod = method
    lastIssuer = issuer
    last = cached
    return cached(subject, x)
  }
}

function readerOf(part: KeyPart): (x: Exchange) => string | null {
  switch (part.kind) {
    case 'address':
      return x => x.client.address
    case 'principal':
      return x => (x.principal === null ? null : principalText(x.principal))
    case 'api-key':
      return x => (x.principal?.method === 'api-key' ? apiKeyText(x.principal) : null)
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
function principalText({ method, issuer, subject }: Principal): string {
  return joinKeyParts([method, issuer, subject])
}

// The key itself: one subject may hold several.
function apiKeyText({ claims, subject }: Principal): string {
  const id = Object.hasOwn(claims, 'keyId') ? claims['keyId'] : undefined
  return typeof id === 'string' ? `k${id}` : `s${subject}`
}

function claimText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? `s${value}` : JSON.stringify(value)
}
