import { isToken } from '../../lib/secret-shape.ts'
import { knownToken } from '../../lib/known-token.ts'
import type { CredentialSeen } from '../model/observation.ts'
import type { ReadJwt } from './jwt-facts.ts'
import type { NameHint } from './field-name.ts'
import { weakPassword } from './weak-password.ts'

/** What a credential's reading depends on. */
export interface CredentialContext {
  hint(name: string): NameHint
  readonly jwt: ReadJwt
  /** Unix time of the exchange, seconds. */
  readonly nowS: number
}

const sessionNames =
  /^(?:.*sess(?:ion)?(?:[-_.]?id)?|.*[-_.]sid|sid|connect\.sid|jsessionid|phpsessid|asp\.net_sessionid|.*auth(?:[-_.]?(?:token|cookie))?|remember(?:[-_]?me)?(?:[-_]token)?|.*access[-_]?token|.*id[-_]?token|jwt|token)$/i
const antiForgery = /csrf|xsrf|forgery/i
const keyFields =
  /^(?:x-)?(?:[a-z]+-)?(?:api|access|subscription|client|functions|goog-api|app|auth|service|application)-?(?:key|token|secret)$|^x-(?:auth|access|session|user|service|vault|gitlab|shopify-access|goog-iam|amz-security)-?(?:token|key)$|^(?:private|job|deploy)-token$|^apikey$|^token$|^x-token$|^x-api-secret$/

/** Credentials in `Authorization` and `Proxy-Authorization` (RFC 9110 §11.6.2); '' holds none. */
export function authorizationCredential(
  field: string,
  value: string,
  context: CredentialContext,
): CredentialSeen | null {
  const parts = /^\s*([!#$%&'*+.^_`|~\w-]{1,64})(?:\s+([^]*))?$/.exec(value)
  if (parts === null) return value.trim() === '' ? null : { place: 'header', name: field, scheme: 'other' }
  const scheme = (parts[1] as string).toLowerCase()
  const rest = (parts[2] ?? '').trim()
  if (scheme === 'basic') {
    const weak = weakBasic(rest)
    return { place: 'header', name: field, scheme: 'basic', ...(weak === null ? {} : { weak }) }
  }
  if (scheme === 'bearer' || scheme === 'dpop' || scheme === 'jwt')
    return token('header', field, rest, 'bearer', context)
  if (scheme === 'digest') return { place: 'header', name: field, scheme: 'digest' }
  if (/^(?:api-?key|key|token|x-api-key|secret|genie-?key|klaviyo-api-key)$/.test(scheme))
    return token('header', field, rest.replace(/^token=/, ''), 'api-key', context)
  // A token without its scheme: some services take it.
  if (rest === '') return token('header', field, value.trim(), 'other', context)
  return { place: 'header', name: field, scheme: 'other' }
}

/** A request field that carries a key or token; null for other fields. `name` in lower case. */
export function fieldCredential(name: string, value: string, context: CredentialContext): CredentialSeen | null {
  if (antiForgery.test(name)) return null
  if (keyFields.test(name) || isSecretName(name, context)) return token('header', name, value, 'api-key', context)
  return null
}

export function queryCredential(name: string, value: string, context: CredentialContext): CredentialSeen | null {
  if (value === '' || antiForgery.test(name)) return null
  const lower = name.toLowerCase()
  if (lower === 'access_token' || lower === 'id_token' || lower === 'bearer')
    return token('query', lower, value, 'bearer', context)
  if (
    isSecretName(name, context) ||
    keyFields.test(lower.replaceAll('_', '-')) ||
    (/^(?:key|sig|signature)$/.test(lower) && isSecretText(value))
  )
    return token('query', lower, value, 'api-key', context)
  const known = value.length >= 16 ? knownToken(value) : null
  return known === null ? null : token('query', lower, value, 'api-key', context)
}

export function cookieCredential(name: string, value: string, context: CredentialContext): CredentialSeen | null {
  if (value === '' || antiForgery.test(name)) return null
  const jwt = context.jwt(value, context.nowS)
  if (jwt !== null) return { place: 'cookie', name: name.toLowerCase(), scheme: 'jwt', jwt }
  if (!sessionNames.test(name)) return null
  return { place: 'cookie', name: name.toLowerCase(), scheme: 'session', ...weakKey(value) }
}

/** Keys and tokens among the top fields of a body; passwords of a log-in are data, not proof of who calls. */
export function bodyCredential(name: string, value: unknown, context: CredentialContext): CredentialSeen | null {
  if (typeof value !== 'string' || value === '') return null
  const hint = context.hint(name).class
  if (hint === 'api-key' || (hint === 'secret' && /secret/i.test(name) && /client|api|app/i.test(name)))
    return token('body', name.toLowerCase(), value, 'api-key', context)
  if (hint === 'token' && !antiForgery.test(name) && /^(?:access|auth|id|bearer)?[-_]?(?:token|jwt)$/i.test(name))
    return token('body', name.toLowerCase(), value, 'bearer', context)
  return null
}

function token(
  place: CredentialSeen['place'],
  name: string,
  value: string,
  scheme: CredentialSeen['scheme'],
  context: CredentialContext,
): CredentialSeen | null {
  const jwt = context.jwt(value, context.nowS)
  if (jwt !== null) return { place, name, scheme: 'jwt', jwt }
  return { place, name, scheme, ...weakKey(value) }
}

function weakKey(value: string): { readonly weak?: string } {
  if (value === '') return { weak: 'empty' }
  if (weakPassword(value) === 'well-known') return { weak: 'well-known' }
  if (value.length < 16) return { weak: 'short' }
  return /^(.)\1+$/.test(value)
    ? { weak: 'one character repeated' }
    : /^\d+$/.test(value)
      ? { weak: 'digits alone' }
      : {}
}

function weakBasic(encoded: string): string | null {
  const text = Buffer.from(encoded.slice(0, 1024), 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return 'not user:password'
  const [user, password] = [text.slice(0, colon), text.slice(colon + 1)]
  if (password !== '' && password.toLowerCase() === user.toLowerCase()) return 'password equals user name'
  const weak = weakPassword(password)
  return weak === null ? null : `${weak} password`
}

function isSecretName(name: string, context: CredentialContext): boolean {
  const dataClass = context.hint(name).class
  return (
    dataClass === 'api-key' || dataClass === 'token' || (dataClass === 'secret' && !/pin|otp|cv[vc]|code/i.test(name))
  )
}

function isSecretText(value: string): boolean {
  return knownToken(value) !== null || isToken(value) || value.length >= 20
}
