import { X509Certificate } from 'node:crypto'
import type { Rule } from '../../rule.ts'

/** Short keys can be computed, and SHA-1 signatures forged (NIST SP 800-131A). */
export const weakCertificate: Rule = {
  id: 'weak-certificate',
  heading: 'connection',
  title: 'Certificate with a short key or SHA-1',
  severity: 'high',
  references: ['CWE-326', 'CWE-328', 'API8:2023'],
  *judge({ config }) {
    for (const { name, tls } of config?.listeners ?? []) {
      for (const [i, { certificate }] of (tls?.certificates ?? []).entries()) {
        const why = weakness(certificate)
        if (why === null) continue
        yield {
          subject: `listener ${name}`,
          message: `A certificate of listener ${name} is weak: ${why}.`,
          evidence: [`certificates[${i}]: ${why}`],
          confidence: 1,
          advice: 'Issue a new one: EC P-256, or RSA of at least 2048 bits, signed with SHA-256.',
        }
      }
    }
  },
}

function weakness(pem: string): string | null {
  try {
    const leaf = new X509Certificate(pem)
    const { modulusLength } = leaf.publicKey.asymmetricKeyDetails ?? {}
    if (leaf.publicKey.asymmetricKeyType === 'rsa' && modulusLength !== undefined && modulusLength < 2048)
      return `RSA key of ${modulusLength} bits`
    const algorithm = leaf.signatureAlgorithm ?? ''
    return /sha1|md5/i.test(algorithm) ? `signed with ${algorithm}` : null
  } catch {
    return null
  }
}
