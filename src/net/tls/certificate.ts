import {
  BOOLEAN,
  type DerElement,
  derChild,
  derChildren,
  derContent,
  derElement,
  derOid,
  derTime,
  derWhole,
  INTEGER,
  OCTET_STRING,
  SEQUENCE,
} from './der.ts'
import { commonNames, distinguishedName } from './distinguished-name.ts'

/** What a certificate says of itself (RFC 5280 §4.1). Names in RFC 4514 form, times in ms since the epoch. */
export interface CertificateContent {
  readonly subject: string
  readonly issuer: string
  readonly commonNames: readonly string[]
  /** Lower-case hex without leading zeros. */
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
  /** null when the certificate has no subjectAltName at all. */
  readonly names: AlternativeNames | null
}

export interface AlternativeNames {
  /** Lower case. */
  readonly dns: readonly string[]
  readonly uris: readonly string[]
  /** Canonical text: `10.0.0.1`, `2001:db8::1`. */
  readonly ips: readonly string[]
  readonly emails: readonly string[]
}

const SUBJECT_ALT_NAME = '2.5.29.17'

/**
 * Reads a certificate from its DER form. We read the bytes and not the text that TLS libraries print for subjectAltName:
 * a name with a comma or a quote in it has been taken for two names there (CVE-2021-44532). Throws an Error on anything malformed.
 */
export function readCertificate(der: Uint8Array): CertificateContent {
  const tbs = derChild(derChildren(der, derWhole(der, SEQUENCE)), 0, SEQUENCE)
  const fields = derChildren(der, tbs)
  // Version 1 leaves the explicit version [0] out.
  const at = fields[0]?.tag === 0xa0 ? 1 : 0
  const serial = derChild(fields, at, INTEGER)
  const issuer = derChild(fields, at + 2, SEQUENCE)
  const validity = derChildren(der, derChild(fields, at + 3, SEQUENCE))
  const subject = derChild(fields, at + 4, SEQUENCE)
  const [notBefore, notAfter] = validity
  if (notBefore === undefined || notAfter === undefined) throw new Error('malformed validity')
  const extensions = fields.slice(at + 6).find(field => field.tag === 0xa3)
  const names = extensions === undefined ? null : extensionValue(der, extensions, SUBJECT_ALT_NAME)
  return {
    subject: distinguishedName(der, subject),
    issuer: distinguishedName(der, issuer),
    commonNames: commonNames(der, subject),
    serial: Buffer.from(derContent(der, serial))
      .toString('hex')
      .replace(/^0+(?=.)/, ''),
    notBefore: derTime(der, notBefore),
    notAfter: derTime(der, notAfter),
    names: names === null ? null : alternativeNames(names),
  }
}

/** The content of one extension. RFC 5280 §4.2: a certificate must not hold the same one twice; two would be two opinions. */
function extensionValue(der: Uint8Array, extensions: DerElement, wanted: string): Uint8Array | null {
  let found: Uint8Array | null = null
  const list = derElement(der, extensions.contentStart, extensions.end)
  for (const extension of derChildren(der, list)) {
    const parts = derChildren(der, extension)
    const id = parts[0]
    if (id === undefined || derOid(der, id) !== wanted) continue
    if (found !== null) throw new Error('an extension stands twice')
    found = derContent(der, derChild(parts, parts[1]?.tag === BOOLEAN ? 2 : 1, OCTET_STRING))
  }
  return found
}

/** GeneralNames of RFC 5280 §4.2.1.6; kinds that we do not use are passed over. */
function alternativeNames(der: Uint8Array): AlternativeNames {
  const names = { dns: [] as string[], uris: [] as string[], ips: [] as string[], emails: [] as string[] }
  for (const name of derChildren(der, derWhole(der, SEQUENCE))) {
    const bytes = derContent(der, name)
    if (name.tag === 0x82) names.dns.push(printable(bytes).toLowerCase())
    else if (name.tag === 0x86) names.uris.push(printable(bytes))
    else if (name.tag === 0x81) names.emails.push(printable(bytes))
    else if (name.tag === 0x87) names.ips.push(addressText(bytes))
  }
  return names
}

/** IA5String without control characters: a NUL or line break in a name is an attack on whoever reads it later. */
function printable(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new Error('empty name in subjectAltName')
  for (const byte of bytes) if (byte < 0x21 || byte > 0x7e) throw new Error('forbidden character in subjectAltName')
  return Buffer.from(bytes).toString('latin1')
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) throw new Error('malformed address in subjectAltName')
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
