// Hot path: once per identifier of every exchange.
import { hash as digest } from 'node:crypto'

/** Text → 16 hex digits: HMAC-SHA-256 cut to 64 bits, the same as masked segments of event paths carry (events/redaction), so both correlate. */
export type KeyedHash = (text: string) => string

const cachedMax = 4096
const blockBytes = 64
const digestBytes = 32
const textMax = 1024

/**
 * `key`: 16 to 64 bytes that stay in this deployment; of a longer text the first 1,024 UTF-16 units count. The last few thousand texts are
 * remembered (in memory only), since an id comes in the path, in the answer and in the next call.
 *
 * HMAC by its definition (RFC 2104 §2) over two one-shot digests of Node: the objects behind `createHmac` cost more than twice as much as all
 * of this, and they were a third of an observation. A test holds it equal to `createHmac`.
 */
export function createKeyedHash(key: Uint8Array): KeyedHash {
  if (key.length < 16 || key.length > blockBytes)
    throw new RangeError('the key of the hashes of identifiers has 16 to 64 bytes')
  // A UTF-16 unit takes at most three bytes.
  const inner = Buffer.alloc(blockBytes + 3 * textMax, 0x36)
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c)
  for (const [i, byte] of key.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  function hashed(text: string): string {
    const bytes = inner.write(text.length > textMax ? text.slice(0, textMax) : text, blockBytes, 'utf8')
    outer.write(digest('sha256', inner.subarray(0, blockBytes + bytes), 'binary'), blockBytes, 'latin1')
    // Eight bytes as a text of their own: a slice of the whole would keep the whole alive in every model.
    return digest('sha256', outer, 'buffer').toString('hex', 0, 8)
  }

  let young = new Map<string, string>()
  let old = young
  return text => {
    let known = young.get(text)
    if (known !== undefined) return known
    known = old.get(text) ?? hashed(text)
    if (text.length <= 256) {
      if (young.size >= cachedMax) {
        old = young
        young = new Map()
      }
      young.set(text, known)
    }
    return known
  }
}
