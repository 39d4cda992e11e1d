import { formatAddress } from '../../../../config/address.ts'
import type { Rule } from '../../rule.ts'

/** Anybody on the way reads and changes what crosses such a listener. */
export const plaintextListener: Rule = {
  id: 'plaintext-listener',
  heading: 'connection',
  title: 'Listener without TLS',
  severity: 'high',
  references: ['API8:2023', 'CWE-319', 'NIST SP 800-204 MS-SS-4'],
  *judge({ exposed }) {
    for (const { name, address, tls } of exposed) {
      if (tls !== null) continue
      yield {
        subject: `listener ${name}`,
        message: `Listener ${name} carries credentials and data in plain text beyond this machine.`,
        evidence: [`${formatAddress(address)} has no tls`],
        confidence: 1,
        advice: 'Give the listener `tls` with a certificate, or bind it to loopback behind something that ends TLS.',
      }
    }
  },
}
