import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { TokenKind } from './operation.ts'
import type { Person } from './person.ts'
import type { Random } from './random.ts'

export const issuer = 'https://id.bed.example'
export const audience = 'https://api.bed.example'

/** Signs what users carry. Ed25519 signatures hold nothing random (RFC 8032), so the same seed gives the same tokens. */
export interface TokenIssuer {
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  issue(person: Person, claims: Readonly<Record<string, unknown>>, nowMs: number, kind?: TokenKind): string
}

export function createTokenIssuer(random: Random): TokenIssuer {
  const key = ed25519(random)
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return {
    jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'bed-1', use: 'sig', alg: 'EdDSA' }] },
    issue(person, claims, nowMs, kind = 'sound') {
      const iat = Math.floor(nowMs / 1000)
      const body = {
        iss: issuer,
        sub: person.id,
        ...(kind === 'any-audience' ? {} : { aud: audience }),
        iat,
        ...(kind === 'endless' ? {} : { exp: iat + (kind === 'long' ? 30 * 86_400 : 3_600) }),
        ...(kind === 'personal' ? { birthdate: person.birthDate, iban: person.iban } : {}),
        ...claims,
      }
      const alg = kind === 'hs256' ? 'HS256' : kind === 'unsigned' ? 'none' : 'EdDSA'
      const head = { alg, typ: 'at+jwt', ...(alg === 'EdDSA' ? { kid: 'bed-1' } : {}) }
      const text = `${part(head)}.${part(body)}`
      return `${text}.${signature(alg, text, key)}`
    },
  }
}

/** A key pair from the seed: a test bed's secret is everybody's. */
export function ed25519(random: Random): KeyObject {
  const seed = Buffer.from(random.hex(64), 'hex')
  // RFC 8410 §7: the PKCS #8 wrapping of 32 bytes is constant.
  return createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
}

function signature(alg: string, text: string, key: KeyObject): string {
  if (alg === 'none') return ''
  if (alg === 'HS256') return createHmac('sha256', 'shared-with-everybody').update(text).digest('base64url')
  return sign(null, Buffer.from(text), key).toString('base64url')
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
