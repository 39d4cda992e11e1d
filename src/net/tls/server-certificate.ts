import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { ConfigIssue } from '../../core/config-error.ts'
import type { Secret } from '../../core/secret.ts'
import { type CertificateContent, readCertificate } from './certificate.ts'
import { certificateLabels, pemBlocks } from './pem.ts'
import { type ServerNames, serverNames } from './server-names.ts'

export interface CertificateInput {
  readonly certificate: string
  readonly key: Secret
  readonly passphrase: Secret | null
}

/** A server certificate with its key, both read and found to belong together. */
export interface ServerCertificate {
  /** RFC 4514. */
  readonly subject: string
  readonly issuer: string
  /** DNS names and addresses as SNI and Host may name them. */
  readonly names: ServerNames
  /** ms since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 of the DER form, lower-case hex. */
  readonly fingerprint: string
  /** PEM of the certificate and the chain behind it. */
  readonly chain: string
  readonly key: Secret
  readonly passphrase: Secret | null
  /** Oddities that do not stop it from working, in words for the operator. */
  readonly oddities: readonly string[]
}

/** Reads one certificate entry; problems go to `issues` under `pointer` and the answer is null. */
export function readServerCertificate(
  input: CertificateInput,
  pointer: string,
  issues: ConfigIssue[],
): ServerCertificate | null {
  const chain = readChain(input.certificate, `${pointer}/certificate`, issues)
  const key = readKey(input, pointer, issues)
  if (chain === null || key === null) return null
  const [leaf, ...rest] = chain
  const content = readContent(leaf as X509Certificate, `${pointer}/certificate`, issues)
  if (leaf === undefined || content === null) return null
  if (!leaf.checkPrivateKey(key)) {
    const elsewhere = rest.some(certificate => certificate.checkPrivateKey(key))
    issues.push({
      pointer: `${pointer}/key`,
      reason: `the private key does not belong to the certificate of ${content.subject || 'an unnamed subject'}`,
      hint: elsewhere
        ? 'the key belongs to a later certificate of the file: the server certificate must stand first, the CAs behind it'
        : 'was only one of the two files replaced? Give the key that the certificate was requested with',
    })
    return null
  }
  return {
    subject: content.subject,
    issuer: content.issuer,
    names: serverNames(content),
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    chain: chain.map(certificate => certificate.toString()).join(''),
    key: input.key,
    passphrase: input.passphrase,
    oddities: oddities(leaf, rest, content),
  }
}

function readChain(text: string, pointer: string, issues: ConfigIssue[]): X509Certificate[] | null {
  const blocks = pemBlocks(text, ...certificateLabels)
  if (blocks.length === 0) {
    issues.push({
      pointer,
      reason: `no certificate in PEM form was found${whatInstead(text)}`,
      hint: 'a file with -----BEGIN CERTIFICATE----- is needed; DER is turned into PEM by: openssl x509 -inform der',
    })
    return null
  }
  try {
    return blocks.map(block => new X509Certificate(block))
  } catch (error) {
    issues.push({
      pointer,
      reason: `the certificate does not parse: ${opensslWords(error)}`,
      hint: 'is the file cut off? Look at it with: openssl x509 -noout -text',
    })
    return null
  }
}

function readContent(leaf: X509Certificate, pointer: string, issues: ConfigIssue[]): CertificateContent | null {
  try {
    return readCertificate(new Uint8Array(leaf.raw))
  } catch (error) {
    issues.push({
      pointer,
      reason: `the names of the certificate cannot be read: ${(error as Error).message}`,
      hint: 'have it issued again with plain names',
    })
    return null
  }
}

function readKey(input: CertificateInput, pointer: string, issues: ConfigIssue[]): KeyObject | null {
  const pem = input.key.reveal()
  const passphrase = input.passphrase?.reveal()
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch (error) {
    issues.push({ pointer: `${pointer}/key`, ...keyFault(error as NodeJS.ErrnoException, pem, passphrase) })
    return null
  }
}

/** Never a byte of the key in the words: only what kind of thing was found. */
function keyFault(
  error: NodeJS.ErrnoException,
  pem: string,
  passphrase: string | undefined,
): { reason: string; hint: string } {
  const encrypted = pem.includes('ENCRYPTED')
  if (encrypted && passphrase === undefined)
    return {
      reason: 'the private key is encrypted and there is no passphrase',
      hint: 'add passphrase: env:NAME or file:PATH, or give a key that is not encrypted',
    }
  if (encrypted)
    return {
      reason: 'the passphrase does not open the private key',
      hint: 'look for a line break at the end of the passphrase, or for another key',
    }
  if (!pem.includes('PRIVATE KEY'))
    return {
      reason: `no private key in PEM form was found${whatInstead(pem)}`,
      hint: 'a file with -----BEGIN PRIVATE KEY----- is needed',
    }
  return {
    reason: `the private key does not parse: ${opensslWords(error)}`,
    hint: 'is the file cut off? Look at it with: openssl pkey -noout -text',
  }
}

function oddities(leaf: X509Certificate, rest: readonly X509Certificate[], content: CertificateContent): string[] {
  const found: string[] = []
  let previous = leaf
  for (const certificate of rest) {
    if (!previous.checkIssued(certificate))
      found.push(`the chain is not in order: ${nameOf(certificate)} did not issue the certificate before it`)
    previous = certificate
  }
  if (content.names === null) found.push("has no subjectAltName: today's clients refuse it")
  else if (content.names.dns.length + content.names.ips.length === 0)
    found.push('names no DNS name and no address: no client can verify it')
  const eku = leaf.keyUsage as string[] | undefined
  if (eku !== undefined && !eku.includes('1.3.6.1.5.5.7.3.1'))
    found.push('its extendedKeyUsage lacks serverAuth: clients refuse it')
  return found
}

function nameOf(certificate: X509Certificate): string {
  return certificate.subject?.replaceAll('\n', ', ') ?? 'a certificate'
}

/** What a text holds instead of what was looked for; never any of its bytes. */
export function whatInstead(text: string): string {
  if (text.trim() === '') return ': the text is empty'
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1]
  if (label === undefined) return ''
  return text.includes(`-----END ${label}-----`) ? `, but a ${label}` : ': it is cut off, its END line is missing'
}

/** The short words of OpenSSL behind an error, without its numbers. */
export function opensslWords(error: unknown): string {
  const { reason, message } = error as { reason?: string; message: string }
  return reason ?? message.replace(/^error:[0-9A-F]+:/, '')
}
