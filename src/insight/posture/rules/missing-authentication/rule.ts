import { provenCalls, reasonsForProof } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** One answer could be a health check that strayed. */
const answeredMin = 3

/** Nobody ever proved anything, and everybody was answered. */
export const missingAuthentication: Rule = {
  id: 'missing-authentication',
  heading: 'access',
  title: 'Answers callers that nobody knows',
  severity: 'critical',
  references: ['API2:2023', 'CWE-306', 'NIST SP 800-204 MS-SS-1', 'NIST SP 800-228 REC-API-11'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, operation } = endpoint
      if (operation === null) continue
      const { anonymousAnswered } = operation.authentication
      if (anonymousAnswered < answeredMin || provenCalls(operation) > 0) continue
      const reasons = reasonsForProof(endpoint)
      if (reasons.length === 0) continue
      const onlyWrites = reasons.length === 1 && (reasons[0] as string).endsWith('changes something')
      yield {
        subject,
        message: `${subject} answers callers who prove nothing.`,
        evidence: [
          `${anonymousAnswered} calls without any credential were answered 2xx, and none was asked for one`,
          ...reasons,
        ],
        confidence: onlyWrites ? sureness(anonymousAnswered) * 0.7 : sureness(anonymousAnswered),
        severity: onlyWrites ? 'high' : 'critical',
        advice:
          'Put an identify policy (`jwt`, `mtls`, `api-key`) on its route in place of `anonymous`, and `require` for who may.',
      }
    }
  },
}
