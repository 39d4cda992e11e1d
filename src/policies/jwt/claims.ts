import { principal, type Principal } from '../../core/principal.ts'
import { decodeBase64url } from '../../lib/base64url.ts'
import type { JwtConfig } from './config.ts'

/** What a token says, after its signature held. Facts alone: whether they suffice is asked on every request. */
export interface Facts {
  /** '' when absent; see ParsedToken. */
  readonly typ: string
  readonly audience: readonly string[]
  /** ms since the epoch. */
  readonly expMs: number
  /** ms since the epoch; -Infinity when absent. */
  readonly nbfMs: number
  /** ms since the epoch; null when absent. */
  readonly iatMs: number | null
  /** SHA-256 of the client certificate it is bound to (RFC 8705 §3), lower-case hex; '' when not bound; null when bound in a way that cannot be checked. */
  readonly certificate: string | null
  readonly principal: Principal
}

/** Which claims make the principal; part of what tokens are cached under. */
export type ClaimMapping = Pick<JwtConfig, 'issuer' | 'rolesClaim' | 'groupsClaim' | 'tenantClaim'>

/** Reads verified claims into facts and makes the one Principal of the token; or says in private words what is wrong. */
export function readFacts(
  raw: Readonly<Record<string, unknown>>,
  typ: string | null,
  mapping: ClaimMapping,
): Facts | string {
  // Without a prototype: `require` and limiter keys look claims up by names that an operator writes.
  const claims = Object.assign(Object.create(null) as Record<string, unknown>, raw)
  if (claims['iss'] !== mapping.issuer) return 'issued by another issuer'
  const exp = claims['exp'] === undefined ? 'missing' : dateOf(claims['exp'])
  if (typeof exp === 'string') return `exp is ${exp}`
  const nbf = claims['nbf'] === undefined ? Number.NEGATIVE_INFINITY : dateOf(claims['nbf'])
  if (typeof nbf === 'string') return `nbf is ${nbf}`
  const iat = claims['iat'] === undefined ? null : dateOf(claims['iat'])
  if (typeof iat === 'string') return `iat is ${iat}`
  const subject = claims['sub'] ?? ''
  if (typeof subject !== 'string') return 'sub is no string'
  const audience = textsOf(claims['aud'] ?? [])
  if (audience === null) return 'aud is neither a string nor a list of strings'
  const scopes = scopesOf(claims['scope'] ?? claims['scp'] ?? [])
  const roles = textsOf(claimAt(claims, mapping.rolesClaim) ?? [])
  const groups = textsOf(claimAt(claims, mapping.groupsClaim) ?? [])
  if (scopes === null || roles === null || groups === null) return 'scope, roles or groups are no strings'
  const tenant = mapping.tenantClaim === undefined ? null : (claimAt(claims, mapping.tenantClaim) ?? null)
  if (tenant !== null && typeof tenant !== 'string') return 'the tenant claim is no string'
  freezeDeep(claims)
  return {
    typ: typ ?? 'absent',
    audience,
    expMs: exp,
    nbfMs: nbf,
    iatMs: iat,
    certificate: boundCertificate(claims['cnf']),
    principal: Object.freeze(
      principal({ method: 'jwt', issuer: mapping.issuer, subject, scopes, roles, groups, claims, tenant }),
    ),
  }
}

/** The claim of that name, or at that JSON pointer when it begins with `/`; undefined when it is not there. */
export function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!name.startsWith('/')) return claims[name]
  let value: unknown = claims
  for (const step of name.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

const lastSecond = 253_402_300_799

/** NumericDate (RFC 7519 §2, a fraction is allowed) → ms; words when it is no date: text, 1e400, milliseconds. */
function dateOf(value: unknown): number | string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'no number'
  // Beyond the year 9999 it is no date but a token that never ends, mostly one in milliseconds.
  return Math.abs(value) > lastSecond ? 'beyond the year 9999; NumericDate is in seconds' : value * 1_000
}

function textsOf(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return Object.freeze([value])
  if (!Array.isArray(value) || !value.every(one => typeof one === 'string')) return null
  return value as readonly string[]
}

/** RFC 8693 §4.2: one text with spaces; some issuers write a list. */
function scopesOf(value: unknown): readonly string[] | null {
  return typeof value === 'string' ? Object.freeze(value.split(' ').filter(scope => scope !== '')) : textsOf(value)
}

/** A bound token without its proof is a stolen one (RFC 8705 §3, RFC 9449 §7.1): what cannot be checked is never ignored. */
function boundCertificate(cnf: unknown): string | null {
  if (cnf === undefined) return ''
  if (cnf === null || typeof cnf !== 'object') return null
  const members = Object.entries(cnf)
  const [name, value] = members[0] ?? []
  if (members.length !== 1 || name !== 'x5t#S256' || typeof value !== 'string') return null
  const thumbprint = decodeBase64url(value)
  return thumbprint?.length === 32 ? thumbprint.toString('hex') : null
}

function freezeDeep(value: unknown): void {
  if (value === null || typeof value !== 'object') return
  Object.freeze(value)
  for (const inner of Object.values(value)) freezeDeep(inner)
}
