import { X509Certificate } from 'node:crypto'
import type { Rule } from '../../rule.ts'

const dayMs = 86_400_000

/** Days before the end when a renewal that runs by itself would long have happened (Let's Encrypt renews at 30). */
const soonDays = 21
const lateDays = 7

/** An expired certificate is an outage, or teaches clients to look away. */
export const certificateExpiring: Rule = {
  id: 'certificate-expiring',
  heading: 'connection',
  title: 'Certificate ends soon',
  severity: 'medium',
  references: ['CWE-298', 'API8:2023'],
  *judge({ config, now }) {
    for (const { name, tls } of config?.listeners ?? []) {
      for (const [i, { certificate }] of (tls?.certificates ?? []).entries()) {
        const leaf = read(certificate)
        if (leaf === null) continue
        const days = Math.floor((Date.parse(leaf.validTo) - now) / dayMs)
        if (days >= soonDays) continue
        yield {
          subject: `listener ${name}`,
          message:
            days < 0
              ? `A certificate of listener ${name} has expired.`
              : `A certificate of listener ${name} ends in ${days} days.`,
          evidence: [`certificates[${i}] ${leaf.subject.replaceAll('\n', ', ')} is valid to ${leaf.validTo}`],
          confidence: 1,
          severity: days < lateDays ? 'high' : 'medium',
          advice: 'Renew the certificate; the gateway takes a changed file without a restart.',
        }
      }
    }
  },
}

function read(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}
