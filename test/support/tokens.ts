import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** A key pair of an issuer, with the JWK that its set would hold. */
export interface IssuerKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

/** Makes a key pair for a JWS algorithm. */
export function issuerKey(
  alg: string,
  kid: string,
  settings: { readonly modulusLength?: number; readonly publicExponent?: number } = {},
): IssuerKey {
  const { privateKey, publicKey } = pairFor(alg, settings)
  return { kid, alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
}

/** A token by that key, in our own hand: anything may be wrong in it. `header` members are merged over alg, kid and typ. */
export function tokenBy(key: IssuerKey, claims: unknown, header: Readonly<Record<string, unknown>> = {}): string {
  return signedText(key, JSON.stringify({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }), JSON.stringify(claims))
}

/** The same from texts, for headers and claims that no serializer would write. */
export function signedText(key: IssuerKey, header: string, claims: string): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signature(key.alg, key.privateKey, signed).toString('base64url')}`
}

/** Signature of one text; RSA and EC by their private key, HMAC by a secret KeyObject. */
export function signature(alg: string, key: KeyObject, signed: string): Buffer {
  const data = Buffer.from(signed)
  const hash = `sha${alg.slice(-3)}`
  if (alg.startsWith('HS')) return createHmac(hash, key).update(data).digest()
  if (alg.startsWith('RS')) return sign(hash, data, key)
  if (alg.startsWith('PS')) {
    return sign(hash, data, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
  }
  if (alg.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  return sign(null, data, key)
}

export function encode(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString('base64url')
}

function pairFor(
  alg: string,
  { modulusLength = 2048, publicExponent = 0x10001 }: { modulusLength?: number; publicExponent?: number },
) {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (alg === 'ES384') return generateKeyPairSync('ec', { namedCurve: 'P-384' })
  if (alg === 'ES512') return generateKeyPairSync('ec', { namedCurve: 'P-521' })
  if (alg === 'EdDSA' || alg === 'Ed25519') return generateKeyPairSync('ed25519')
  if (alg === 'Ed448') return generateKeyPairSync('ed448')
  return generateKeyPairSync('rsa', { modulusLength, publicExponent })
}
