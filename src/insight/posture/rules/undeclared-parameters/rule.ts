import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** The document is what was reviewed; what it does not name was not. */
export const undeclaredParameters: Rule = {
  id: 'undeclared-parameters',
  heading: 'parameters',
  title: 'Parameters that no document names',
  severity: 'low',
  references: ['API9:2023', 'CWE-1059', 'NIST SP 800-228 REC-API-3'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const { calls } = operation.traffic
      // One caller's tries are not the API's.
      const own = operation.parameters.filter(
        one => one.declared === false && one.in === 'query' && one.seen >= 10 && one.seen >= calls / 100,
      )
      if (own.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with parameters that its document does not name.`,
        evidence: own.map(({ name, seen }) => `query.${name} in ${seen} of ${calls} calls`),
        confidence: sureness(own[0]?.seen ?? 0) * 0.8,
        advice: 'Declare them with their schemas, or let the service refuse them.',
      }
    }
  },
}
