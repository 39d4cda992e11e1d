/** A JWS signature algorithm (RFC 7518 §3.1, RFC 8037, RFC 9864) and the keys that may serve it. */
export interface Algorithm {
  readonly name: string
  readonly family: 'rsa' | 'rsa-pss' | 'ecdsa' | 'eddsa' | 'hmac'
  readonly kty: 'RSA' | 'EC' | 'OKP' | 'oct'
  /** Curves that fit; empty where the key type has none. */
  readonly curves: readonly string[]
  /** Digest name for node:crypto; null where the algorithm brings its own. */
  readonly hash: string | null
  /** Length of the signature in bytes; 0 = given by the key (RSA: its modulus; EdDSA: its curve). */
  readonly signatureBytes: number
  /** Salt of PSS in bytes, equal to the digest (RFC 7518 §3.5); least HMAC secret in bytes (§3.2); else 0. */
  readonly hashBytes: number
}

function algorithm(
  name: string,
  family: Algorithm['family'],
  rest: Partial<Pick<Algorithm, 'curves' | 'hash' | 'signatureBytes' | 'hashBytes'>>,
): readonly [string, Algorithm] {
  const kty = ({ rsa: 'RSA', 'rsa-pss': 'RSA', ecdsa: 'EC', eddsa: 'OKP', hmac: 'oct' } as const)[family]
  return [name, { name, family, kty, curves: [], hash: null, signatureBytes: 0, hashBytes: 0, ...rest }]
}

// A Map, so that no name a stranger writes (`constructor`, `__proto__`) finds anything. `none` is not in it.
const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  algorithm('RS256', 'rsa', { hash: 'sha256' }),
  algorithm('RS384', 'rsa', { hash: 'sha384' }),
  algorithm('RS512', 'rsa', { hash: 'sha512' }),
  algorithm('PS256', 'rsa-pss', { hash: 'sha256', hashBytes: 32 }),
  algorithm('PS384', 'rsa-pss', { hash: 'sha384', hashBytes: 48 }),
  algorithm('PS512', 'rsa-pss', { hash: 'sha512', hashBytes: 64 }),
  algorithm('ES256', 'ecdsa', { curves: ['P-256'], hash: 'sha256', signatureBytes: 64 }),
  algorithm('ES384', 'ecdsa', { curves: ['P-384'], hash: 'sha384', signatureBytes: 96 }),
  algorithm('ES512', 'ecdsa', { curves: ['P-521'], hash: 'sha512', signatureBytes: 132 }),
  algorithm('EdDSA', 'eddsa', { curves: ['Ed25519', 'Ed448'] }),
  algorithm('Ed25519', 'eddsa', { curves: ['Ed25519'] }),
  algorithm('HS256', 'hmac', { hash: 'sha256', signatureBytes: 32, hashBytes: 32 }),
  algorithm('HS384', 'hmac', { hash: 'sha384', signatureBytes: 48, hashBytes: 48 }),
  algorithm('HS512', 'hmac', { hash: 'sha512', signatureBytes: 64, hashBytes: 64 }),
])

/** Names of all signature algorithms that can be verified, asymmetric ones first. */
export const algorithmNames: readonly string[] = [...algorithms.keys()]

/** The algorithm of that exact name, or undefined: names are case-sensitive (RFC 7515 §4.1.1). */
export function algorithmOf(name: string): Algorithm | undefined {
  return algorithms.get(name)
}

/** May a key of this type, curve and own `alg` verify signatures of that algorithm (RFC 8725 §3.1)? */
export function fits(algorithm: Algorithm, key: { kty: string; crv: string | null; alg: string | null }): boolean {
  if (key.kty !== algorithm.kty) return false
  if (algorithm.curves.length > 0 && (key.crv === null || !algorithm.curves.includes(key.crv))) return false
  if (key.alg === null || key.alg === algorithm.name) return true
  // `EdDSA` and `Ed25519` are the old and the new name (RFC 9864) of one thing on this curve.
  return algorithm.family === 'eddsa' && key.crv === 'Ed25519' && (key.alg === 'EdDSA' || key.alg === 'Ed25519')
}
