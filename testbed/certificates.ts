import 'reflect-metadata'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto as Crypto)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface DemoCertificates {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/**
 * A CA, the gateway's certificate and those of the workloads, made for this run (30 days); written to `folder` for curl and the services, as PEM.
 * `hosts`: further names of the gateway; `workloads`: SPIFFE id by name, beside the payment service.
 */
export async function makeCertificates(
  folder: string,
  hosts: readonly string[],
  workloads: Readonly<Record<string, string>>,
): Promise<DemoCertificates> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const notBefore = new Date(Date.now() - 60_000)
  const notAfter = new Date(Date.now() + 30 * 24 * 3600_000)
  const caKeys = await pair()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Demo CA',
    keys: caKeys,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const issue = async (
    subject: string,
    names: x509.JsonGeneralNames,
    usage: x509.ExtendedKeyUsage,
  ): Promise<{ certificate: string; key: string }> => {
    const keys = await pair()
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      notBefore,
      notAfter,
      signingAlgorithm: algorithm,
      extensions: [new x509.SubjectAlternativeNameExtension(names), new x509.ExtendedKeyUsageExtension([usage])],
    })
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
    return { certificate: certificate.toString('pem'), key }
  }
  const server = await issue(
    'CN=localhost',
    [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      ...hosts.map((value): x509.JsonGeneralName => ({ type: 'dns', value })),
    ],
    x509.ExtendedKeyUsage.serverAuth,
  )
  writeFileSync(join(folder, 'ca.crt'), ca.toString('pem'))
  const identities = { client: 'spiffe://shop.example/payments', ...workloads }
  for (const [name, spiffe] of Object.entries(identities)) {
    const subject = `CN=${name === 'client' ? 'payments' : name}`
    const { certificate, key } = await issue(
      subject,
      [{ type: 'url', value: spiffe }],
      x509.ExtendedKeyUsage.clientAuth,
    )
    writeFileSync(join(folder, `${name}.crt`), certificate)
    writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 })
  }
  return { ca: ca.toString('pem'), ...server }
}

function pair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
}
