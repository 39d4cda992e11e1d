import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { TlsConfig, UpstreamTlsConfig } from './types.ts'

/** Something wrong with the PEM of a TLS section; `path` is relative to that section. */
export interface CertificateFault {
  readonly path: readonly (string | number)[]
  readonly reason: string
  readonly hint?: string
}

/** Are the certificates, keys and CAs of a listener what they claim to be, and does each key belong to its certificate? */
export function tlsFaults(tls: TlsConfig): CertificateFault[] {
  const faults: CertificateFault[] = tls.certificates.flatMap(({ certificate, key, passphrase }, i) =>
    pairFaults(certificate, key.reveal(), passphrase?.reveal() ?? null).map(fault => ({
      ...fault,
      path: ['certificates', i, ...fault.path],
    })),
  )
  if (tls.clientCa !== null) faults.push(...bundleFaults(tls.clientCa, 'clientCa'))
  return faults
}

/** The same for the TLS toward a service. */
export function upstreamTlsFaults(tls: UpstreamTlsConfig): CertificateFault[] {
  const faults = tls.ca === null ? [] : bundleFaults(tls.ca, 'ca')
  if (tls.certificate !== null && tls.key !== null) faults.push(...pairFaults(tls.certificate, tls.key.reveal(), null))
  return faults
}

function pairFaults(certificate: string, key: string, passphrase: string | null): CertificateFault[] {
  const leaf = certificateOf(certificate)
  if (leaf === null)
    return [
      { path: ['certificate'], reason: 'is no PEM certificate', hint: 'it begins with -----BEGIN CERTIFICATE-----' },
    ]
  let privateKey
  try {
    privateKey = createPrivateKey(passphrase === null ? key : { key, passphrase })
  } catch {
    const encrypted = /ENCRYPTED/.test(key)
    const hint = encrypted
      ? 'the key is encrypted: is the passphrase given, and right?'
      : 'it begins with -----BEGIN PRIVATE KEY-----'
    return [{ path: ['key'], reason: 'is no PEM private key that can be read', hint }]
  }
  if (leaf.checkPrivateKey(privateKey)) return []
  return [
    {
      path: ['key'],
      reason: 'does not belong to the certificate',
      hint: 'is one of the two files still being written, or is the leaf not the first certificate of its file?',
    },
  ]
}

function bundleFaults(pem: string, key: string): CertificateFault[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 0 && blocks.every(block => certificateOf(block) !== null)) return []
  return [
    {
      path: [key],
      reason: 'holds no PEM certificate that can be read',
      hint: 'it begins with -----BEGIN CERTIFICATE-----',
    },
  ]
}

/** Things about a certificate that an operator should know, at this moment (ms since the epoch). */
export function certificateWarning(pem: string, now: number): string | null {
  const leaf = certificateOf(pem)
  if (leaf === null) return null
  const days = Math.floor((Date.parse(leaf.validTo) - now) / 86_400_000)
  if (days < 0) return `the certificate ended on ${leaf.validTo}`
  if (Date.parse(leaf.validFrom) > now) return `the certificate begins only on ${leaf.validFrom}`
  return days < 14 ? `the certificate ends in ${days} days` : null
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}
