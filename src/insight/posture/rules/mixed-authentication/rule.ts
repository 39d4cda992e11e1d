import { provenCalls, reasonsForProof } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Fewer may be one caller's test. */
const answeredMin = 3

/** Most calls prove who they are, and those that do not are answered all the same: the proof is not asked for. */
export const mixedAuthentication: Rule = {
  id: 'mixed-authentication',
  heading: 'access',
  title: 'Answers with and without proof',
  severity: 'high',
  references: ['API2:2023', 'CWE-306', 'CWE-288', 'NIST SP 800-228 REC-API-11'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, operation } = endpoint
      if (operation === null) continue
      const proven = provenCalls(operation)
      const { anonymousAnswered } = operation.authentication
      if (proven === 0 || anonymousAnswered < answeredMin) continue
      const reasons = reasonsForProof(endpoint)
      if (reasons.length === 0) continue
      yield {
        subject,
        message: `${subject} answers some callers who prove nothing, though others do.`,
        evidence: [
          `${anonymousAnswered} calls answered 2xx without any credential, beside ${proven} with one`,
          ...reasons,
        ],
        confidence: sureness(anonymousAnswered) * 0.9,
        advice:
          'Ask for proof on every route to it; take `anonymous` off, or split what is public into an operation of its own.',
      }
    }
  },
}
