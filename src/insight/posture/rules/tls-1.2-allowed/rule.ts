import type { Rule } from '../../rule.ts'

/** Sound suites are all that the gateway offers in TLS 1.2, but its handshake and resumption protect less than those of 1.3. */
export const tls12Allowed: Rule = {
  id: 'tls-1.2-allowed',
  heading: 'connection',
  title: 'TLS 1.2 accepted',
  severity: 'low',
  references: ['CWE-757', 'API8:2023', 'NIST SP 800-204 MS-SS-4'],
  *judge({ config }) {
    for (const { name, tls } of config?.listeners ?? []) {
      if (tls?.minVersion !== 'TLSv1.2') continue
      yield {
        subject: `listener ${name}`,
        message: `Listener ${name} still accepts TLS 1.2.`,
        evidence: ['minVersion: TLSv1.2'],
        confidence: 1,
        advice: 'Ask for TLS 1.3 once the last client that cannot is gone.',
        patch: { listeners: [{ name, tls: { minVersion: 'TLSv1.3' } }] },
      }
    }
  },
}
