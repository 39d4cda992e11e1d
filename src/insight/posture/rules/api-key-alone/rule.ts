import { provenCalls } from '../../access.ts'
import { letsKeyAloneIn } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { classWords, sensitiveClasses } from '../../sensitive.ts'

/** A key tells an application, not a person, and never ends by itself. */
export const apiKeyAlone: Rule = {
  id: 'api-key-alone',
  heading: 'access',
  title: 'API key alone on personal data',
  severity: 'medium',
  references: ['API2:2023', 'CWE-308', 'NIST SP 800-204 MS-SS-1'],
  *judge({ endpoints }) {
    for (const { subject, operation, routes } of endpoints) {
      if (operation === null) continue
      const classes = sensitiveClasses(operation)
      if (classes.length === 0) continue
      const byKey = operation.authentication.methods['api-key'] ?? 0
      const alone =
        routes.length > 0 ? routes.filter(letsKeyAloneIn).length > 0 : byKey > 0 && byKey === provenCalls(operation)
      if (!alone) continue
      const grave = classes.some(one => /^(?:payment-card|national-id|iban)$/.test(one.class))
      yield {
        subject,
        message: `${subject} shows or takes personal data for an API key alone.`,
        evidence: [
          routes.length > 0
            ? `api-key suffices on ${routes.map(({ route }) => route.name).join(', ')}`
            : `${byKey} calls, all by api-key`,
          ...classes.map(classWords),
        ],
        confidence: 0.9,
        severity: grave ? 'high' : 'medium',
        advice:
          'Ask for a second proof on another level (`mtls` at the service and `api-key` on the route), or for tokens of persons (`jwt`).',
      }
    }
  },
}
