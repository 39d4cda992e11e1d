import { randomBytes, X509Certificate } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import type { TlsConfig } from '../config/types.ts'

/** Options of node:https for the control listener: TLS 1.3, the first certificate, client certificates as configured. */
export function tlsOptions(tls: TlsConfig): ServerOptions {
  const [first] = tls.certificates
  if (first === undefined) throw new Error('control.tls has no certificate')
  return {
    cert: first.certificate,
    key: first.key.reveal(),
    ...(first.passphrase === null ? {} : { passphrase: first.passphrase.reveal() }),
    minVersion: 'TLSv1.3',
    // New keys at every renewal: a resumed session would not show its certificate again.
    ticketKeys: randomBytes(48),
    requestCert: tls.clientAuth !== 'none',
    // Optional client certificates have no use here: whoever shows a bad one is refused.
    rejectUnauthorized: tls.clientAuth !== 'none',
    ...(tls.clientCa === null ? {} : { ca: certificatesIn(tls.clientCa) }),
    ...(tls.crls.length === 0 ? {} : { crl: tls.crls.map(pemOfCrl) }),
  }
}

/** Each certificate of a bundle on its own: Node reads only the first of a text. */
function certificatesIn(pem: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return found.map(text => new X509Certificate(text).toString())
}

function pemOfCrl(crl: string): string {
  return crl.includes('-----BEGIN') ? crl : `-----BEGIN X509 CRL-----\n${crl.trim()}\n-----END X509 CRL-----\n`
}
