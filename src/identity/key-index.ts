import type { VerificationKey } from '../core/host.ts'
import { keyObjectOf, type CheckedJwk } from './check-jwks.ts'

/** Verification keys by `kid`. */
export interface KeyIndex {
  /** See KeySet.candidates. */
  candidates(kid: string | null): readonly VerificationKey[]
}

export const noKeys: readonly VerificationKey[] = Object.freeze([])

/** Makes the KeyObjects of checked keys (about 20 µs each) and sorts them by `kid`. */
export function indexKeys(checked: readonly CheckedJwk[]): KeyIndex {
  return indexVerificationKeys(
    checked.map(one => ({ kid: one.kid, alg: one.alg, kty: one.kty, crv: one.crv, key: keyObjectOf(one) })),
  )
}

/** The same for keys that are made already. */
export function indexVerificationKeys(all: readonly VerificationKey[]): KeyIndex {
  // A Map: a `kid` is whatever a stranger wrote (`__proto__`, a path, SQL) and is only ever compared.
  const byKid = new Map<string, VerificationKey[]>()
  for (const key of all) {
    if (key.kid === null) continue
    const same = byKid.get(key.kid)
    if (same === undefined) byKid.set(key.kid, [key])
    else same.push(key)
  }
  return {
    candidates(kid) {
      // A set that names none of its keys cannot be asked for one by name; `kid` is a hint (RFC 7515 §4.1.4), the signature decides.
      if (kid === null || byKid.size === 0) return all
      return byKid.get(kid) ?? noKeys
    },
  }
}
