import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { decodeBase64url } from '../lib/base64url.ts'
import { algorithmOf, fits } from './algorithms.ts'

/** A public key that may verify, reduced to the members that are used: plain data, fit for a message to a worker. */
export interface CheckedJwk {
  readonly kid: string | null
  readonly alg: string | null
  readonly kty: string
  readonly crv: string | null
  /** `n`, `e` or `x`, `y` with kty and crv, and nothing else of what the issuer wrote. */
  readonly material: Readonly<Record<string, string>>
}

export interface CheckedJwks {
  readonly keys: readonly CheckedJwk[]
  /** One line per key that does not count, with the reason; never with key material. */
  readonly dropped: readonly string[]
}

const keysMax = 100
const kidCharsMax = 256
// Above it one verification costs a client nothing and us milliseconds.
const modulusBits = { min: 2048, max: 8192 }
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const materialMembers: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
])
const curves: ReadonlyMap<string, readonly string[]> = new Map([
  ['EC', ['P-256', 'P-384', 'P-521']],
  ['OKP', ['Ed25519', 'Ed448']],
])

/**
 * Reads a JWK Set (RFC 7517 §5) and keeps the keys that may verify signatures. A key that cannot be trusted is dropped with
 * a reason; a document that is no JWK Set throws an Error that says why.
 */
export function checkJwks(document: unknown): CheckedJwks {
  const listed = isRecord(document) ? document['keys'] : undefined
  if (!Array.isArray(listed)) throw new Error('not a JWK Set: no array `keys`')
  if (listed.length > keysMax) throw new Error(`${listed.length} keys in one set, at most ${keysMax} are read`)
  const dropped: string[] = []
  const keys: CheckedJwk[] = []
  for (const [index, jwk] of listed.entries()) {
    const checked = checkJwk(jwk)
    if (typeof checked === 'string') dropped.push(`key ${index}${kidLabel(jwk)}: ${checked}`)
    else keys.push(checked)
  }
  return { keys: withoutAmbiguousKids(keys, dropped), dropped }
}

/** The verification key of a checked JWK. */
export function keyObjectOf(checked: CheckedJwk): KeyObject {
  return createPublicKey({ key: checked.material as JsonWebKeyInput['key'], format: 'jwk' })
}

function checkJwk(jwk: unknown): CheckedJwk | string {
  if (!isRecord(jwk)) return 'not an object'
  const { kty, kid = null, alg = null, use, crv = null } = jwk
  if (typeof kty !== 'string') return 'no `kty`'
  if (kty === 'oct') return 'a symmetric secret in a public set'
  const members = materialMembers.get(kty)
  if (members === undefined) return 'unknown `kty`'
  // Whoever can read the set could sign: such a key proves nothing.
  const leaked = privateMembers.find(name => Object.hasOwn(jwk, name))
  if (leaked !== undefined) return `holds the private member \`${leaked}\``
  if (kid !== null && (typeof kid !== 'string' || kid.length > kidCharsMax)) return '`kid` is no short string'
  if (use !== undefined && use !== 'sig') return '`use` is not `sig`'
  const operations = jwk['key_ops']
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return '`key_ops` does not include `verify`'
  }
  if (crv !== null && typeof crv !== 'string') return '`crv` is no string'
  const known = curves.get(kty)
  if (known !== undefined && (crv === null || !known.includes(crv))) return 'unknown `crv`'
  const curve = known === undefined ? null : crv
  if (alg !== null) {
    const algorithm = typeof alg === 'string' ? algorithmOf(alg) : undefined
    if (algorithm === undefined || !fits(algorithm, { kty, crv: curve, alg: null })) {
      return '`alg` is no signature algorithm of this kind of key'
    }
  }
  const material: Record<string, string> = { kty }
  for (const name of members) {
    const value = jwk[name]
    if (typeof value !== 'string') return `no \`${name}\``
    if (name !== 'crv' && decodeBase64url(value) === null) return `\`${name}\` is not canonical base64url`
    material[name] = value
  }
  const checked: CheckedJwk = { kid, alg: alg as string | null, kty, crv: curve, material }
  return weakness(checked) ?? checked
}

/** Why the key material itself is refused; null when it is sound. OpenSSL checks that a point lies on its curve. */
function weakness(checked: CheckedJwk): string | null {
  let details: KeyObject['asymmetricKeyDetails']
  try {
    details = keyObjectOf(checked).asymmetricKeyDetails
  } catch {
    return 'not a valid key'
  }
  if (checked.kty !== 'RSA') return null
  const bits = details?.modulusLength ?? 0
  const exponent = details?.publicExponent ?? 0n
  if (bits < modulusBits.min || bits > modulusBits.max) {
    return `RSA of ${bits} bits, ${modulusBits.min} to ${modulusBits.max} are accepted`
  }
  // With e = 1 the signature is the message: anyone can write one.
  if (exponent < 3n || exponent % 2n === 0n || exponent >= 1n << 64n)
    return 'RSA exponent is even, below 3 or above 64 bits'
  return null
}

/**
 * RFC 7517 §4.5 lets two keys share a `kid` only when their types differ: else nobody knows which was meant, and neither
 * counts. One key written twice, or once per algorithm, is still one key.
 */
function withoutAmbiguousKids(keys: readonly CheckedJwk[], dropped: string[]): readonly CheckedJwk[] {
  const nameOf = (key: CheckedJwk): string => JSON.stringify([key.kty, key.kid])
  const first = new Map<string, CheckedJwk>()
  const ambiguous = new Set<string>()
  for (const key of keys) {
    if (key.kid === null) continue
    const before = first.get(nameOf(key))
    if (before === undefined) first.set(nameOf(key), key)
    else if (JSON.stringify(before.material) !== JSON.stringify(key.material)) ambiguous.add(nameOf(key))
  }
  for (const name of ambiguous) dropped.push(`all keys ${name}: one \`kid\` for different keys`)
  const unique = new Map(keys.map(key => [JSON.stringify(key), key]))
  return [...unique.values()].filter(key => !ambiguous.has(nameOf(key)))
}

function kidLabel(jwk: unknown): string {
  const kid = isRecord(jwk) ? jwk['kid'] : undefined
  return typeof kid === 'string' ? ` (kid ${JSON.stringify(kid.slice(0, 64))})` : ''
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
