import type { KeySource } from '../../core/host.ts'
import type { Secret } from '../../core/secret.ts'

/** Checked settings of `jwt`. Exactly one of `jwks`, `discovery`, `keys`, `secret`; durations in ms. */
export interface JwtConfig {
  readonly issuer: string
  /** One of these must be in `aud`; empty only with `anyAudience`. */
  readonly audience: readonly string[]
  readonly anyAudience: boolean
  readonly jwks?: string | undefined
  readonly discovery?: true | undefined
  readonly keys?: { readonly keys: ReadonlyArray<Readonly<Record<string, unknown>>> } | undefined
  /** PEM of the CAs of the place of the keys; the system's roots when absent. */
  readonly ca?: string | undefined
  readonly secret?: Secret | undefined
  readonly algorithms: readonly string[]
  /** `absent` or media types without `application/`, lower case. */
  readonly typ: readonly string[]
  readonly requiredClaims: readonly string[]
  readonly leeway: number
  readonly maxStale: number
  /** Lower case. */
  readonly header: string
  readonly otherIssuers: 'refuse' | 'skip'
  /** Claim name, or JSON pointer when it begins with `/`. */
  readonly rolesClaim: string
  readonly groupsClaim: string
  readonly tenantClaim?: string | undefined
  /** Claim name or pointer → header name. */
  readonly claimsToHeaders: Readonly<Record<string, string>>
}

/** Where the keys of this configuration come from; null when it is a secret. */
export function keySourceOf(config: JwtConfig): KeySource | null {
  const { issuer, maxStale: maxStaleMs } = config
  const remote = { issuer, maxStaleMs, ...(config.ca === undefined ? {} : { ca: config.ca }) }
  if (config.jwks !== undefined) return { ...remote, jwks: config.jwks }
  if (config.discovery !== undefined) return { ...remote, discovery: config.discovery }
  if (config.keys !== undefined) return { issuer, keys: config.keys, maxStaleMs }
  return null
}
