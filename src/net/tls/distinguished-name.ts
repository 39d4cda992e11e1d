import { type DerElement, derChild, derChildren, derContent, derOid, OBJECT_IDENTIFIER, SEQUENCE, SET } from './der.ts'

/** A Name of X.501 in RFC 4514 order and escaping: `CN=client,O=Example`; '' when empty. Throws on malformed DER. */
export function distinguishedName(der: Uint8Array, name: DerElement): string {
  if (name.tag !== SEQUENCE) throw new Error('malformed name')
  return derChildren(der, name)
    .map(set => relativeName(der, set))
    .toReversed()
    .join(',')
}

/** The values of the commonName attributes, in the order of the certificate. */
export function commonNames(der: Uint8Array, name: DerElement): string[] {
  return derChildren(der, name).flatMap(set =>
    derChildren(der, set).flatMap(pair => {
      const [type, value] = typeAndValue(der, pair)
      const text = type === '2.5.4.3' ? attributeText(der, value) : null
      return text === null ? [] : [text]
    }),
  )
}

function relativeName(der: Uint8Array, set: DerElement): string {
  if (set.tag !== SET) throw new Error('malformed name')
  const pairs = derChildren(der, set)
  if (pairs.length === 0) throw new Error('malformed name')
  // The order inside is free; this is the one that `openssl x509 -nameopt RFC2253` prints, so that people can copy it.
  return pairs
    .map(pair => attribute(der, pair))
    .toReversed()
    .join('+')
}

function typeAndValue(der: Uint8Array, pair: DerElement): [type: string, value: DerElement] {
  const parts = derChildren(der, pair)
  const value = parts[1]
  if (pair.tag !== SEQUENCE || parts.length !== 2 || value === undefined) throw new Error('malformed name')
  return [derOid(der, derChild(parts, 0, OBJECT_IDENTIFIER)), value]
}

function attribute(der: Uint8Array, pair: DerElement): string {
  const [type, value] = typeAndValue(der, pair)
  const short = shortNames[type]
  const text = short === undefined ? null : attributeText(der, value)
  // RFC 4514 §2.4: what has no known short name or no string form is written as the hex of its encoding.
  if (text === null) return `${short ?? type}=#${Buffer.from(der.subarray(value.start, value.end)).toString('hex')}`
  return `${short}=${escapeValue(text)}`
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function attributeText(der: Uint8Array, value: DerElement): string | null {
  const bytes = Buffer.from(derContent(der, value))
  switch (value.tag) {
    case 0x0c: // UTF8String
      return utf8.decode(bytes)
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x16: // IA5String
    case 0x1a: // VisibleString
    case 0x14: // TeletexString, read as latin-1 as everybody does
      return bytes.toString('latin1')
    case 0x1e: // BMPString
      return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : null
    default:
      return null
  }
}

/** RFC 4514 §2.4; control characters too, so that a name can never break a log line. */
function escapeValue(text: string): string {
  return text.replace(/^[ #]|[ ]$|["+,;<>\\]|[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, found =>
    /["+,;<>\\ #]/.test(found)
      ? `\\${found}`
      : [...Buffer.from(found, 'utf8')].map(byte => `\\${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  )
}

/** RFC 4514 §3 and RFC 4519; null prototype, because the key comes from a certificate. */
const shortNames: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
})
