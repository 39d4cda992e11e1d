import { verify, type X509Certificate } from 'node:crypto'
import {
  BIT_STRING,
  type DerElement,
  derChild,
  derChildren,
  derContent,
  derOid,
  derTime,
  derWhole,
  GENERALIZED_TIME,
  INTEGER,
  SEQUENCE,
  UTC_TIME,
} from './der.ts'
import { distinguishedName } from './distinguished-name.ts'
import { pemBlocks, pemBytes, pemText } from './pem.ts'

/** A certificate revocation list (RFC 5280 §5), as far as loading it needs. */
export interface RevocationList {
  readonly pem: string
  /** RFC 4514. */
  readonly issuer: string
  /** ms since the epoch; null when the list names no next one. */
  readonly nextUpdate: number | null
  readonly signedBy: (ca: X509Certificate) => boolean
}

/** Reads one or more lists from PEM, or one from DER in base64. Throws an Error when there is none or one is malformed. */
export function readRevocationLists(text: string): RevocationList[] {
  const blocks = pemBlocks(text, 'X509 CRL')
  if (blocks.length > 0) return blocks.map(block => readList(pemBytes(block)))
  if (!/^[A-Za-z0-9+/=\s]+$/.test(text) || text.trim() === '')
    throw new Error('no CRL in PEM form and none in base64 was found')
  return [readList(new Uint8Array(Buffer.from(text, 'base64')))]
}

function readList(der: Uint8Array): RevocationList {
  const whole = derChildren(der, derWhole(der, SEQUENCE))
  const tbs = derChild(whole, 0, SEQUENCE)
  const algorithm = derChildren(der, derChild(whole, 1, SEQUENCE))[0]
  const signature = derChild(whole, 2, BIT_STRING)
  const fields = derChildren(der, tbs)
  const at = fields[0]?.tag === INTEGER ? 1 : 0
  const issuer = derChild(fields, at + 1, SEQUENCE)
  const thisUpdate = fields[at + 2]
  if (algorithm === undefined || thisUpdate === undefined) throw new Error('malformed CRL')
  derTime(der, thisUpdate)
  return {
    pem: pemText('X509 CRL', der),
    issuer: distinguishedName(der, issuer),
    nextUpdate: timeOrNull(der, fields[at + 3]),
    signedBy: ca => signatureHolds(der, tbs, derOid(der, algorithm), derContent(der, signature).subarray(1), ca),
  }
}

function timeOrNull(der: Uint8Array, element: DerElement | undefined): number | null {
  return element !== undefined && (element.tag === UTC_TIME || element.tag === GENERALIZED_TIME)
    ? derTime(der, element)
    : null
}

/** Checked at load so that a wrong list is a message and not a listener that refuses everybody; OpenSSL checks it again in each handshake. */
function signatureHolds(
  der: Uint8Array,
  tbs: DerElement,
  algorithm: string,
  signature: Uint8Array,
  ca: X509Certificate,
): boolean {
  const digest = digests[algorithm]
  // Algorithms that this table does not know (PSS, post-quantum) are left to OpenSSL, which refuses what it cannot verify.
  if (digest === undefined) return true
  try {
    return verify(digest, der.subarray(tbs.start, tbs.end), ca.publicKey, signature)
  } catch {
    return false
  }
}

const digests: Readonly<Record<string, string | null>> = Object.assign(Object.create(null), {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
})
