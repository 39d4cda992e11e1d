import { algorithmOf, type Algorithm } from '../../identity/algorithms.ts'
import type { StrictReader } from '../../identity/strict-json.ts'
import { decodeBase64url } from '../../lib/base64url.ts'

/** A token taken apart; nothing of it is believed yet. */
export interface ParsedToken {
  readonly algorithm: Algorithm
  readonly kid: string | null
  /** Lower case, without `application/` (RFC 7515 §4.1.9); null when absent. */
  readonly typ: string | null
  /** What the signature covers: both parts and the dot, as they came. */
  readonly signed: Buffer
  readonly payload: Buffer
  readonly signature: Buffer
}

/** Longer tokens are refused unread; the head of a request is limited before that. */
export const tokenCharsMax = 16_384
const kidCharsMax = 256

/** Takes a compact JWS apart (RFC 7515 §7.1), or says in private words why it is none. `algorithms`: the names that are accepted. */
export function parseToken(token: string, algorithms: ReadonlySet<string>, read: StrictReader): ParsedToken | string {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first <= 0 || second <= first + 1 || second === token.length - 1) return 'not three parts with dots between them'
  if (token.includes('.', second + 1)) return 'more than three parts: encrypted tokens are not accepted'
  const head = decodeBase64url(token.slice(0, first))
  const payload = decodeBase64url(token.slice(first + 1, second))
  const signature = decodeBase64url(token.slice(second + 1))
  if (head === null || payload === null || signature === null) return 'a part is not canonical base64url'
  const header = read(head)
  if (typeof header === 'string') return `header: ${header}`
  const { alg, kid = null, typ = null } = header

  // The list decides, not the token (RFC 8725 §3.1): `none` in any casing is in no list.
  const algorithm = typeof alg === 'string' && algorithms.has(alg) ? algorithmOf(alg) : undefined
  if (algorithm === undefined) return `the algorithm ${shown(alg)} is not one of those that are accepted`
  // No extension is understood, so none may be critical (RFC 7515 §4.1.11); `b64` changes what is signed (RFC 7797 §6).
  for (const name of ['crit', 'b64', 'zip', 'enc'])
    if (Object.hasOwn(header, name)) return `the header holds \`${name}\``
  if (header['cty'] !== undefined) return 'the header holds `cty`: nested tokens are not accepted'
  if (kid !== null && (typeof kid !== 'string' || kid.length > kidCharsMax)) return '`kid` is no short string'
  if (typ !== null && typeof typ !== 'string') return '`typ` is no string'
  // `jwk`, `jku`, `x5u`, `x5c`, `x5t` are never looked at: a token cannot bring its own key (RFC 8725 §3.10).
  return {
    algorithm,
    kid,
    typ: typ === null ? null : typ.toLowerCase().replace(/^application\//, ''),
    signed: Buffer.from(token.slice(0, second), 'latin1'),
    payload,
    signature,
  }
}

/** `iss` as the token claims it, unverified: good for choosing a policy, for nothing else. */
export function claimedIssuer(token: string, read: StrictReader): string | null {
  const [, part] = token.split('.', 2)
  const payload = part === undefined ? null : decodeBase64url(part)
  const claims = payload === null ? '' : read(payload)
  const issuer = typeof claims === 'string' ? null : claims['iss']
  return typeof issuer === 'string' ? issuer : null
}

/** A stranger's word for the private reason: short, quoted, or its type. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value
}
