import { hash, X509Certificate } from 'node:crypto'
import type { ConfigIssue } from '../../core/config-error.ts'
import { readCertificate } from './certificate.ts'
import { certificateLabels, pemBlocks } from './pem.ts'
import { type RevocationList, readRevocationLists } from './revocation-list.ts'
import { opensslWords, whatInstead } from './server-certificate.ts'

export interface ClientTrustInput {
  readonly clientAuth: 'none' | 'optional' | 'required'
  readonly clientCa: string | null
  readonly crls: readonly string[]
  readonly requireEku: boolean
}

/** Whom a listener believes about its clients. */
export interface ClientTrust {
  readonly clientAuth: 'none' | 'optional' | 'required'
  readonly requireEku: boolean
  readonly authorities: readonly Authority[]
  readonly crls: readonly RevocationList[]
  /** Digest of all of the above: two listeners with one revision believe the same. 32 hex digits. */
  readonly revision: string
}

export interface Authority {
  readonly certificate: X509Certificate
  /** RFC 4514. */
  readonly subject: string
  readonly notAfter: number
}

/** Reads CA bundle and CRLs; problems go to `issues` with pointers into the TLS settings. */
export function readClientTrust(input: ClientTrustInput, issues: ConfigIssue[]): ClientTrust {
  const authorities = clientAuthorities(input, issues)
  const crls = input.crls.flatMap((text, index) => readCrls(text, `/crls/${index}`, authorities, issues))
  if (input.crls.length > 0 && input.clientAuth === 'none') {
    issues.push({
      pointer: '/crls',
      reason: 'a CRL is given, but no client certificate is asked for',
      hint: 'set clientAuth: required or optional with a clientCa, or remove crls',
    })
  }
  const { clientAuth, requireEku } = input
  return { clientAuth, requireEku, authorities, crls, revision: revisionOf(clientAuth, requireEku, authorities, crls) }
}

function clientAuthorities(input: ClientTrustInput, issues: ConfigIssue[]): Authority[] {
  const pointer = '/clientCa'
  if (input.clientAuth === 'none') {
    // Silence here would leave a listener open that its writer believes to be closed.
    if (input.clientCa !== null)
      issues.push({
        pointer,
        reason: 'a client CA is given, but clientAuth is none: nobody would be asked for a certificate',
        hint: 'set clientAuth: required or optional, or remove clientCa',
      })
    return []
  }
  if (input.clientCa === null) {
    issues.push({
      pointer,
      reason: `clientAuth: ${input.clientAuth} needs the CAs that client certificates must come from`,
      hint: 'add clientCa: file:PATH with the PEM of your CA',
    })
    return []
  }
  return readAuthorities(input.clientCa, pointer, issues)
}

/** The CA certificates of a PEM bundle; problems go to `issues` under `pointer`. An empty bundle is a problem: it would trust nobody. */
export function readAuthorities(bundle: string, pointer: string, issues: ConfigIssue[]): Authority[] {
  const blocks = pemBlocks(bundle, ...certificateLabels)
  if (blocks.length === 0) {
    issues.push({
      pointer,
      reason: `no CA certificate in PEM form was found${whatInstead(bundle)}`,
      hint: 'a file with -----BEGIN CERTIFICATE----- is needed',
    })
  }
  return blocks.flatMap((block, index) => {
    try {
      const certificate = new X509Certificate(block)
      const content = readCertificate(new Uint8Array(certificate.raw))
      return [{ certificate, subject: content.subject, notAfter: content.notAfter }]
    } catch (error) {
      issues.push({
        pointer,
        reason: `CA certificate ${index + 1} of the bundle does not parse: ${opensslWords(error)}`,
        hint: 'is the file cut off? Look at it with: openssl x509 -noout -text',
      })
      return []
    }
  })
}

function readCrls(
  text: string,
  pointer: string,
  authorities: readonly Authority[],
  issues: ConfigIssue[],
): RevocationList[] {
  let lists: RevocationList[]
  try {
    lists = readRevocationLists(text)
  } catch (error) {
    issues.push({
      pointer,
      reason: `the CRL does not parse: ${(error as Error).message}`,
      hint: 'look at it with: openssl crl -noout -text',
    })
    return []
  }
  for (const list of lists) {
    const named = authorities.filter(authority => sameName(authority.subject, list.issuer))
    if (named.length === 0)
      issues.push({
        pointer,
        reason: `the CRL is issued by ${list.issuer}, which is no CA of clientCa`,
        hint: 'add that CA to clientCa, or give the CRL of your own CA',
      })
    else if (!named.some(authority => list.signedBy(authority.certificate)))
      issues.push({
        pointer,
        reason: `the CRL names ${list.issuer} as its issuer, but that CA did not sign it`,
        hint: 'was the CA renewed with a new key? Fetch the CRL again',
      })
  }
  return lists
}

/** Names are compared as RFC 5280 §7.1 does it for the common cases: case and runs of spaces do not count. */
function sameName(a: string, b: string): boolean {
  const folded = (name: string) => name.toLowerCase().replace(/\s+/g, ' ')
  return folded(a) === folded(b)
}

function revisionOf(
  clientAuth: string,
  requireEku: boolean,
  authorities: readonly Authority[],
  crls: readonly RevocationList[],
): string {
  const facts = [
    clientAuth,
    requireEku,
    authorities.map(authority => authority.certificate.fingerprint256).sort(),
    crls.map(list => list.pem).sort(),
  ]
  return hash('sha256', JSON.stringify(facts), 'hex').slice(0, 32)
}
