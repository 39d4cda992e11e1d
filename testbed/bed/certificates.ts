import 'reflect-metadata'
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Random } from './random.ts'
import { ed25519 } from './tokens.ts'

x509.cryptoProvider.set(webcrypto as Crypto)

export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

export interface BedCertificates {
  readonly ca: string
  readonly server: IssuedCertificate
  /** Ends ten days after the bed's first day. */
  readonly ending: IssuedCertificate
  client(spiffe: string): Promise<IssuedCertificate>
}

const DAY = 86_400_000

/** A CA and what it issues, the same for the same seed: Ed25519 signatures hold nothing random. */
export async function makeBedCertificates(
  random: Random,
  startMs: number,
  hosts: readonly string[],
): Promise<BedCertificates> {
  const algorithm = { name: 'Ed25519' }
  const pair = async (name: string): Promise<{ keys: webcrypto.CryptoKeyPair; pem: string }> => {
    const key: KeyObject = ed25519(random.fork(`certificate/${name}`))
    const [privateKey, publicKey] = await Promise.all([
      webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), algorithm, true, ['sign']),
      webcrypto.subtle.importKey(
        'spki',
        createPublicKey(key).export({ format: 'der', type: 'spki' }),
        algorithm,
        true,
        ['verify'],
      ),
    ])
    return { keys: { privateKey, publicKey }, pem: String(key.export({ format: 'pem', type: 'pkcs8' })) }
  }
  const authority = await pair('ca')
  const common = { notBefore: new Date(startMs - 30 * DAY), signingAlgorithm: algorithm }
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: '01',
    name: 'CN=Bed CA',
    keys: authority.keys,
    notAfter: new Date(startMs + 3_650 * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const issue = async (
    name: string,
    days: number,
    names: x509.JsonGeneralNames,
    usage: x509.ExtendedKeyUsage,
  ): Promise<IssuedCertificate> => {
    const { keys, pem } = await pair(name)
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      serialNumber: random.fork(`serial/${name}`).hex(15),
      subject: `CN=${name}`,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: authority.keys.privateKey,
      notAfter: new Date(startMs + days * DAY),
      extensions: [new x509.SubjectAlternativeNameExtension(names), new x509.ExtendedKeyUsageExtension([usage])],
    })
    return { certificate: certificate.toString('pem'), key: pem }
  }
  const dns: x509.JsonGeneralNames = hosts.map(value => ({ type: 'dns', value }))
  return {
    ca: ca.toString('pem'),
    server: await issue('gateway', 1_000, dns, x509.ExtendedKeyUsage.serverAuth),
    ending: await issue('partners', 10, dns, x509.ExtendedKeyUsage.serverAuth),
    client: spiffe =>
      issue(
        spiffe.slice(spiffe.lastIndexOf('/') + 1),
        1_000,
        [{ type: 'url', value: spiffe }],
        x509.ExtendedKeyUsage.clientAuth,
      ),
  }
}
