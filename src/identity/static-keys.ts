import type { KeySet, KeySource, VerificationKey } from '../core/host.ts'
import { checkJwks } from './check-jwks.ts'
import { indexKeys, indexVerificationKeys, noKeys, type KeyIndex } from './key-index.ts'

/** Keys written in the configuration: ready at once, never refreshed. Throws an Error when the document is no JWK Set. */
export function staticKeySet(document: NonNullable<KeySource['keys']>): KeySet {
  return fixedSet(indexKeys(checkJwks(document).keys))
}

/** Keys that are made already, for secrets that never are a JWK. */
export function keySetOf(keys: readonly VerificationKey[]): KeySet {
  return fixedSet(indexVerificationKeys(keys))
}

/**
 * Keys without a main thread to ask, for `explain` and other work offline: those written in the configuration are there,
 * remote ones are unavailable.
 */
export function offlineKeys(source: KeySource): KeySet {
  return source.keys === undefined ? absent : staticKeySet(source.keys)
}

const absent: KeySet = {
  version: 0,
  state: 'unavailable',
  candidates: () => noKeys,
  want: async () => 'unavailable',
}

function fixedSet(index: KeyIndex): KeySet {
  return {
    version: 1,
    state: 'ready',
    candidates: kid => index.candidates(kid),
    want: async kid => (kid !== null && index.candidates(kid).length > 0 ? 'found' : 'unknown'),
  }
}
