import { isLoopback } from '../../../../config/address.ts'
import type { Rule } from '../../rule.ts'
import { classWords, sensitiveClasses } from '../../sensitive.ts'

/** The network behind the gateway is not trusted either (NIST SP 800-204 MS-SS-4). */
export const plaintextUpstream: Rule = {
  id: 'plaintext-upstream',
  heading: 'connection',
  title: 'Service reached without TLS',
  severity: 'medium',
  references: ['API8:2023', 'CWE-319', 'NIST SP 800-204 MS-SS-4'],
  *judge({ config, endpoints }) {
    for (const { name, targets } of config?.services ?? []) {
      const plain = targets.filter(
        ({ tls, address }) => !tls && !isLoopback(address) && !(address.kind === 'tcp' && address.host === 'localhost'),
      )
      if (plain.length === 0) continue
      const carried = endpoints
        .filter(({ service }) => service === name)
        .flatMap(({ subject, operation }) =>
          operation === null ? [] : sensitiveClasses(operation).map(one => `${subject}: ${classWords(one)}`),
        )
      yield {
        subject: `service ${name}`,
        message: `Requests to service ${name} leave this machine in plain text.`,
        evidence: [...plain.map(({ url }) => `target ${url}`), ...carried],
        confidence: 1,
        severity: carried.length > 0 ? 'high' : 'medium',
        advice:
          'Use `https://` targets: the gateway verifies their certificates, against `tls.ca` if they have their own CA.',
      }
    }
  },
}
