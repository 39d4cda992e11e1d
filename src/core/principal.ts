/** Who calls, as verified. Its identity is (method, issuer, subject); everything else is what the proof said. */
export interface Principal {
  /** The policy that proved it: `jwt`, `api-key`, `basic`, `mtls`, `anonymous` … */
  readonly method: string
  /** Who vouches: the token issuer, the CA's subject, a realm; '' when there is none. */
  readonly issuer: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  /** Verified claims or tags by name, for `require` and limiter keys. A null-prototype object or a frozen parse result. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly tenant: string | null
  readonly spiffeId: string | null
}

const none: readonly string[] = Object.freeze([])
const noClaims: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null) as Record<string, unknown>)

/** A principal with everything that was not proven left empty. */
export function principal(known: Partial<Principal> & Pick<Principal, 'method' | 'subject'>): Principal {
  return {
    method: known.method,
    issuer: known.issuer ?? '',
    subject: known.subject,
    scopes: known.scopes ?? none,
    roles: known.roles ?? none,
    groups: known.groups ?? none,
    claims: known.claims ?? noClaims,
    tenant: known.tenant ?? null,
    spiffeId: known.spiffeId ?? null,
  }
}
