import type { Rule } from '../../rule.ts'
import { sensitiveClasses, classWords } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** What matters is what went over the wire: credentials or data of people. */
export const plaintextCalls: Rule = {
  id: 'plaintext-calls',
  heading: 'connection',
  title: 'Credentials or personal data over plain text',
  severity: 'high',
  references: ['API8:2023', 'CWE-319', 'CWE-523', 'NIST SP 800-204 MS-SS-4'],
  *judge({ config, exposed, endpoints }) {
    // Then every plain call came from this machine.
    if (config !== null && !exposed.some(({ tls }) => tls === null)) return
    for (const { subject, operation } of endpoints) {
      if (operation === null || operation.plaintextCalls === 0) continue
      const credentials = operation.authentication.credentials.filter(({ credential }) => credential.place !== 'tls')
      const classes = sensitiveClasses(operation)
      if (credentials.length === 0 && classes.length === 0) continue
      yield {
        subject,
        message: `${subject} was called without encryption and carries ${credentials.length > 0 ? 'credentials' : 'personal data'}.`,
        evidence: [
          `${operation.plaintextCalls} of ${operation.traffic.calls} calls came unencrypted`,
          ...credentials.map(
            ({ seen, credential }) => `${credential.scheme} in ${credential.place} ${credential.name} (${seen} calls)`,
          ),
          ...classes.map(classWords),
        ],
        confidence: sureness(operation.plaintextCalls),
        advice: 'Serve it over TLS only, and replace the credentials that were sent in plain text.',
      }
    }
  },
}
