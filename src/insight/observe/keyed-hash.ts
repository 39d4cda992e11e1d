// Hot path: once per identifier of every exchange.
import { createHmac } from 'node:crypto'

/** Text → 16 hex digits: HMAC-SHA-256 cut to 64 bits, the same as masked segments of event paths carry (events/redaction), so both correlate. */
export type KeyedHash = (text: string) => string

const cachedMax = 4096

/**
 * `key`: at least 16 bytes that stay in this deployment. The last few thousand texts are remembered (in memory only): an id comes in the path,
 * in the answer and in the next call, and a hash costs 3 µs.
 */
export function createKeyedHash(key: Uint8Array): KeyedHash {
  if (key.length < 16) throw new RangeError('the key of the hashes of identifiers needs at least 16 bytes')
  let young = new Map<string, string>()
  let old = young
  return text => {
    let hash = young.get(text)
    if (hash !== undefined) return hash
    hash = old.get(text) ?? createHmac('sha256', key).update(text).digest('hex').slice(0, 16)
    if (text.length <= 256) {
      if (young.size >= cachedMax) {
        old = young
        young = new Map()
      }
      young.set(text, hash)
    }
    return hash
  }
}
