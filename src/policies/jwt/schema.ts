import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { document, duration, list, secret, text } from '../../core/values.ts'
import { algorithmNames, algorithmOf } from '../../identity/algorithms.ts'
import { checkJwks } from '../../identity/check-jwks.ts'
import { keyUrlFault } from '../../identity/key-url.ts'
import type { JwtConfig } from './config.ts'

const claim = () =>
  z.string().regex(/^(?:[^/].*|(?:\/[^/]+)+)$/s, 'must be a claim name, or a JSON pointer such as /realm_access/roles')
const headerName = () =>
  z
    .string()
    .regex(
      /^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/,
      'must be a header field name (without `_`, which many services read as `-`)',
    )

// A claim must never frame a message, choose its host or say where it came from.
const framing =
  /^(?:client-cert.*|connection|content-length|expect|forwarded|host|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|traceparent|upgrade|via|x-forwarded-(?:for|host|port|proto)|x-portcullis-.*|x-real-ip|x-request-id)$/i

const settings = z.strictObject({
  issuer: z.string().min(1).describe('`iss` of accepted tokens, compared character by character.'),
  audience: list(z.string().min(1)).default([]).describe('This API: one of these must be in `aud`. A text or a list.'),
  anyAudience: z
    .boolean()
    .default(false)
    .describe('Accept tokens of this issuer whoever they were made for. Reported by `check`.'),
  jwks: z.string().optional().describe('URL of the JWK Set: https, or http to loopback.'),
  discovery: z.literal(true).optional().describe('Find the JWK Set by OpenID Connect Discovery at the issuer.'),
  keys: document(z.looseObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1) }))
    .optional()
    .describe('A JWK Set of public keys, inline or `file:`.'),
  ca: text()
    .optional()
    .describe(
      '`file:` with the CAs of the place of the keys, in place of the roots of the system. For `jwks` and `discovery`.',
    ),
  secret: secret()
    .optional()
    .describe('Shared secret of an issuer that signs with HS*: the bytes of a `file:`. Reported by `check`.'),
  algorithms: list(z.enum(algorithmNames as [string, ...string[]]))
    .prefault(['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'])
    .describe('The only signature algorithms that are accepted (RFC 8725 §3.1).'),
  typ: list(
    z
      .string()
      .min(1)
      .transform(typ => typ.toLowerCase().replace(/^application\//, '')),
  )
    .prefault(['absent', 'JWT', 'at+jwt'])
    .describe('Accepted `typ` headers; `absent` stands for none. `[at+jwt]` keeps ID tokens out (RFC 9068 §4).'),
  requiredClaims: list(z.string().min(1))
    .default([])
    .describe('Claims that must be there and not null. `iss` and `exp` always are.'),
  leeway: duration({ maxMs: 300_000 }).prefault('30s').describe('Tolerance for `exp` and `nbf` between two clocks.'),
  maxStale: duration({ minMs: 5_000, maxMs: 86_400_000 })
    .prefault('10m')
    .describe('How long keys serve beyond their freshness while the issuer is away; then 503.'),
  header: headerName()
    .transform(name => name.toLowerCase())
    .prefault('Authorization')
    .describe('Where the token is. `Authorization` carries `Bearer TOKEN`, any other header the token alone.'),
  otherIssuers: z
    .enum(['refuse', 'skip'])
    .default('refuse')
    .describe('`skip` leaves a token that names another issuer to the next identify policy of this level.'),
  rolesClaim: claim().default('roles').describe('Claim with the roles of the principal: a list or one text.'),
  groupsClaim: claim().default('groups').describe('Claim with the groups of the principal: a list or one text.'),
  tenantClaim: claim().optional().describe('Claim with the tenant of the principal.'),
  claimsToHeaders: z
    .record(
      claim(),
      headerName().refine(name => !framing.test(name), 'is set by the gateway itself'),
    )
    .default({})
    .describe('Claims that are sent to the service as headers; clients cannot send these.'),
})

/** Settings of `jwt`. */
export const schema: z.ZodType<JwtConfig> = settings
  .superRefine((config, context) => {
    const fault = (path: ReadonlyArray<string | number>, message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message })

    const places = (['jwks', 'discovery', 'keys', 'secret'] as const).filter(name => config[name] !== undefined)
    if (places.length !== 1) fault([], 'needs exactly one of `jwks`, `discovery`, `keys`, `secret`')
    if (config.audience.length === 0 && !config.anyAudience) {
      fault(
        ['audience'],
        'is missing: a token made for another API would open this one (write `anyAudience: true` if that is meant)',
      )
    }
    if (config.audience.length > 0 && config.anyAudience) fault(['anyAudience'], 'contradicts `audience`')

    if (config.ca !== undefined) {
      if (config.jwks === undefined && config.discovery === undefined) fault(['ca'], 'is for `jwks` and `discovery`')
      else if (!isCertificate(config.ca)) fault(['ca'], 'is no PEM certificate')
    }
    if (config.jwks !== undefined) {
      const words = keyUrlFault(config.jwks)
      if (words !== null) fault(['jwks'], words)
    }
    if (config.discovery !== undefined) {
      const words = keyUrlFault(config.issuer)
      if (words !== null) fault(['issuer'], `${words}, since its keys are found by discovery`)
    }
    if (config.keys !== undefined) {
      try {
        for (const reason of checkJwks(config.keys).dropped) fault(['keys'], reason)
      } catch (error) {
        fault(['keys'], (error as Error).message)
      }
    }
    checkFamilies(config, fault)
    const headers = Object.values(config.claimsToHeaders).map(name => name.toLowerCase())
    if (new Set(headers).size !== headers.length) fault(['claimsToHeaders'], 'two claims for one header')
  })
  .describe('Accepts requests with a JSON Web Token of one issuer (RFC 7519, 8725, 9068).')

type Fault = (path: ReadonlyArray<string | number>, message: string) => void

function checkFamilies(
  config: { secret?: { reveal(): string } | undefined; algorithms: readonly string[] },
  fault: Fault,
): void {
  for (const [index, name] of config.algorithms.entries()) {
    const algorithm = algorithmOf(name)
    // One list for both kinds is how a public key came to be used as an HMAC secret (RFC 8725 §2.1).
    if ((algorithm?.family === 'hmac') !== (config.secret !== undefined)) {
      fault(
        ['algorithms', index],
        config.secret === undefined ? 'needs `secret`' : 'cannot be verified with `secret`: list HS256, HS384 or HS512',
      )
    } else if (config.secret !== undefined && Buffer.byteLength(config.secret.reveal()) < (algorithm?.hashBytes ?? 0)) {
      fault(['secret'], `is shorter than the ${algorithm?.hashBytes} bytes that ${name} needs (RFC 7518 §3.2)`)
    }
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
