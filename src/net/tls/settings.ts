import { constants, hash } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import { type ClientTrust, type ClientTrustInput, readClientTrust } from './client-trust.ts'
import {
  type CertificateInput,
  opensslWords,
  readServerCertificate,
  type ServerCertificate,
} from './server-certificate.ts'
import { nameTable } from './server-names.ts'

/** What the configuration says of a listener's TLS; every text is already resolved. */
export interface TlsInput extends ClientTrustInput {
  /** PEM texts; the first is the default when SNI matches none. */
  readonly certificates: readonly CertificateInput[]
  readonly minVersion: 'TLSv1.3' | 'TLSv1.2'
}

/** A listener's TLS, read and checked. Immutable; holds no secret in the clear besides the keys' own `Secret`. */
export interface TlsSettings {
  readonly minVersion: 'TLSv1.3' | 'TLSv1.2'
  /** Also the facts for metrics: subject, names, notAfter. */
  readonly certificates: readonly [ServerCertificate, ...ServerCertificate[]]
  readonly trust: ClientTrust
  /** Position of the certificate for an SNI name (lower case); undefined = the default, 0. */
  readonly certificateFor: (serverName: string) => number | undefined
  /** Digest of everything above: equal revisions behave the same. */
  readonly revision: string
}

/**
 * Checks and prepares the TLS settings of one listener. Synchronous, no I/O, no clock.
 * Throws a ConfigError with all that is wrong; its pointers start with `at`, the pointer of the `tls` object.
 */
export function compileTls(tls: TlsInput, at = ''): TlsSettings {
  const issues: ConfigIssue[] = []
  const certificates = tls.certificates.flatMap(
    (input, index) => readServerCertificate(input, `/certificates/${index}`, issues) ?? [],
  )
  if (tls.certificates.length === 0)
    issues.push({ pointer: '/certificates', reason: 'a TLS listener needs a certificate' })
  const trust = readClientTrust(tls, issues)
  const [first, ...rest] = certificates
  if (issues.length > 0 || first === undefined) throw new ConfigError(issuesAt(at, issues))
  refuseSharedNames(certificates, issues)
  const settings: TlsSettings = {
    minVersion: tls.minVersion,
    certificates: [first, ...rest],
    trust,
    certificateFor: nameTable(certificates.map(certificate => certificate.names)),
    // A certificate binds its key, so the chains say it all.
    revision: hash(
      'sha256',
      JSON.stringify([tls.minVersion, trust.revision, certificates.map(({ chain }) => chain)]),
      'hex',
    ),
  }
  certificates.forEach((_, index) => {
    refuseUnusable(settings, index, issues)
  })
  if (issues.length > 0) throw new ConfigError(issuesAt(at, issues))
  return settings
}

/** The same issues, their pointers below `at`. */
export function issuesAt(at: string, issues: readonly ConfigIssue[]): ConfigIssue[] {
  return issues.map(issue => ({ ...issue, pointer: at + issue.pointer }))
}

/** OpenSSL has the last word: a key too small or a digest too weak for its security level shows only here. */
function refuseUnusable(settings: TlsSettings, index: number, issues: ConfigIssue[]): void {
  try {
    createSecureContext(contextOptions(settings, index))
  } catch (error) {
    issues.push({
      pointer: `/certificates/${index}`,
      reason: `OpenSSL refuses certificate and key: ${opensslWords(error)}`,
      hint: 'RSA needs 2048 bits and a SHA-2 signature; P-256 is the better choice',
    })
  }
}

/** Two certificates for one name: which of them a client gets would depend on their order, and one would never be used. */
function refuseSharedNames(certificates: readonly ServerCertificate[], issues: ConfigIssue[]): void {
  const owner = new Map<string, number>()
  certificates.forEach(({ names }, index) => {
    for (const name of [...names.exact, ...[...names.wildcardParents].map(parent => `*.${parent}`)]) {
      const other = owner.get(name)
      if (other === undefined) owner.set(name, index)
      else
        issues.push({
          pointer: `/certificates/${index}`,
          reason: `${name} is a name of certificate ${other + 1} too`,
          hint: 'each name may have one certificate; remove the older one',
        })
    }
  })
}

/** Digest of CA, CRL, clientAuth and requireEku. A connection remembers the one that it was authenticated under. */
export function trustRevision(settings: TlsSettings): string {
  return settings.trust.revision
}

/**
 * Does the change from `before` to `after` take trust from anybody? Then the ticket keys rotate in the same commit,
 * and connections of the older revision are closed within 5 s.
 */
export function trustChanged(before: TlsSettings, after: TlsSettings): boolean {
  return trustRevision(before) !== trustRevision(after)
}

/** Options of the SecureContext for one certificate. */
export function contextOptions(settings: TlsSettings, index: number, ticketKeys?: Buffer): SecureContextOptions {
  const certificate = settings.certificates[index] as ServerCertificate
  const { trust } = settings
  return {
    cert: certificate.chain,
    key: certificate.key.reveal(),
    ...(certificate.passphrase === null ? {} : { passphrase: certificate.passphrase.reveal() }),
    // Never left out: without `ca` Node loads the public roots, and whoever holds any public certificate could log in.
    ca: trust.authorities.map(authority => authority.certificate.toString()),
    ...(trust.crls.length === 0 ? {} : { crl: trust.crls.map(list => list.pem) }),
    minVersion: settings.minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: settings.minVersion === 'TLSv1.3' ? ciphers13 : `${ciphers13}:${ciphers12}`,
    // Hybrid post-quantum first; a client that offers only classical shares costs no extra round trip.
    ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
    honorCipherOrder: true,
    // Our order, but a phone without AES instructions that puts ChaCha20 first gets it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
    // OpenSSL resumes a session only under the context name that it was made in. With the trust revision as that name, a session that
    // was verified against another CA or CRL set is never resumed, not even on a listener that shares the ticket keys (CVE-2025-23419).
    sessionIdContext: trust.revision,
    sessionTimeout: 3600,
    ...(ticketKeys === undefined ? {} : { ticketKeys }),
  }
}

/** AES-128 first: as strong as anybody needs, and its SHA-256 key schedule is cheaper than the SHA-384 of AES-256. */
const ciphers13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** Forward secrecy and AEAD only. */
const ciphers12 =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305'
