import { JsonScanner } from '../lib/json-scan.ts'

/** The one JSON object that the bytes can mean, or in words why there is none. The words never repeat what was read. */
export type StrictReader = (bytes: Buffer) => Readonly<Record<string, unknown>> | string

/**
 * Reads what strangers and issuers write: UTF-8, JSON, an object, no member twice, bounded in depth and counts. JSON.parse
 * takes the last of two members and another reader the first, so a token could say one thing here and another behind us
 * (RFC 8725 §2.4, RFC 7515 §4). `seed`: ≥ 16 secret bytes of this process.
 */
export function createStrictReader(seed: Uint8Array): StrictReader {
  const scanner = new JsonScanner(limits, seed)
  return bytes => {
    const fault = scanner.scan(bytes)
    if (fault !== null) return fault.reason
    const value: unknown = JSON.parse(bytes.toString(scanner.ascii ? 'latin1' : 'utf8'))
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'not an object'
    return value as Readonly<Record<string, unknown>>
  }
}

const limits = {
  depthMax: 16,
  membersMax: 256,
  itemsMax: 1_000,
  valuesMax: 10_000,
  keyBytesMax: 512,
  // A certificate chain of an `x5c` member fits.
  stringBytesMax: 65_536,
  numberBytesMax: 64,
  allowNul: false,
  // An identifier of 64 bits is in use as a number; `exp` and the others are checked where they are read.
  allowLossyNumbers: true,
}
