import { characterMask } from '../../lib/character-mask.ts'
import { Lru } from '../../lib/lru.ts'
import { textFormat } from '../../lib/text-format.ts'
import { dataClasses, type DataClass } from '../model/data-class.ts'
import type { CredentialSeen } from '../model/observation.ts'
import { classOfNumber, classOfText } from './data-classes.ts'
import type { NameHint } from './field-name.ts'

export type JwtFacts = NonNullable<CredentialSeen['jwt']>

const tokenMax = 16_384
const claimsMax = 64
/** RFC 7518 §3.1, RFC 8037, RFC 8812, RFC 9864: any other name is no algorithm, and may be anything. */
const algorithms = /^(?:none|(?:HS|RS|ES|PS)(?:256|384|512)|ES256K|EdDSA|Ed25519|Ed448)$/
const form = /^eyJ[\w-]{4,}\.(?:[\w-]*)\.(?:[\w-]*)$/
const issuerForm =
  /^(?:https?:\/\/[\w.-]{1,253}|(?:[a-z\d-]{1,63}\.){1,6}[a-z]{2,24})(?::\d{1,5})?(?:\/[\w./-]{0,200})?$/

/** What a JWT says of itself, its signature unread (RFC 7519); null for what is none. `nowS`: Unix time of the exchange. */
export type ReadJwt = (text: string, nowS: number) => JwtFacts | null

/**
 * The same token comes with every call of a session, so what it says is remembered: bounded, in memory only. The facts hold no claim but the
 * issuer's name.
 */
export function createJwtReader(hintOf: (name: string) => NameHint): ReadJwt {
  const known = new Lru<string, JwtFacts>(1024, 2_000_000)
  return (text, nowS) => {
    if (!text.startsWith('eyJ') || text.length > tokenMax) return null
    const before = known.get(text)
    if (before !== undefined) return before
    const facts = readJwt(text, nowS, hintOf)
    if (facts !== null) known.set(text, facts, text.length)
    return facts
  }
}

function readJwt(text: string, nowS: number, hintOf: (name: string) => NameHint): JwtFacts | null {
  if (!form.test(text)) return null
  const [head = '', body = ''] = text.split('.')
  const header = objectOf(head)
  const claims = objectOf(body)
  if (header === null || claims === null || typeof header['alg'] !== 'string') return null
  const { exp, iat, iss, aud } = claims
  const start = typeof iat === 'number' && Number.isFinite(iat) ? iat : nowS
  return {
    alg: algorithms.test(header['alg']) ? header['alg'] : header['alg'].toLowerCase() === 'none' ? 'none' : 'other',
    issuer: typeof iss === 'string' ? issuerName(iss) : null,
    audience: aud !== undefined && aud !== null && aud !== '' && !(Array.isArray(aud) && aud.length === 0),
    lifetimeS: typeof exp === 'number' && Number.isFinite(exp) ? Math.round(exp - start) : null,
    classes: claimClasses(claims, hintOf),
  }
}

/** Where tokens come from, when it is spelled as an address of a service; an issuer that names a person or a key is not written down. */
function issuerName(issuer: string): string {
  return issuerForm.test(issuer) && !/\d{6}/.test(issuer) && !/[\w-]{28}/.test(issuer) ? issuer : '{other}'
}

function claimClasses(claims: Record<string, unknown>, hintOf: (name: string) => NameHint): DataClass[] {
  const found = new Set<DataClass>()
  const look = (object: Record<string, unknown>, depth: number): void => {
    for (const name of Object.keys(object).slice(0, claimsMax)) {
      const value = object[name]
      const hint = hintOf(name)
      if (typeof value === 'string' && value !== '') {
        const mask = characterMask(value)
        // OpenID Connect's `name` claim is a person's.
        const dataClass = classOfText(value.slice(0, 2048), textFormat(value, mask), mask, hint, true)
        if (dataClass !== null) found.add(dataClass)
      } else if (typeof value === 'number') {
        const dataClass = classOfNumber(value, hint)
        if (dataClass !== null) found.add(dataClass)
      } else if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth > 0)
        look(value as Record<string, unknown>, depth - 1)
    }
  }
  look(claims, 2)
  return dataClasses.filter(dataClass => found.has(dataClass))
}

function objectOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
