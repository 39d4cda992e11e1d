import type { Rule } from '../../rule.ts'
import { classWords, sensitiveClasses } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** Nobody reviewed it, and nobody watches it. */
export const shadowOperation: Rule = {
  id: 'shadow-operation',
  heading: 'surface',
  title: 'Operation that no document names',
  severity: 'medium',
  references: ['API9:2023', 'CWE-1059', 'NIST SP 800-228 REC-API-1'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null || !operation.standing.includes('shadow') || operation.traffic.status['2xx'] < 3) continue
      const classes = sensitiveClasses(operation)
      yield {
        subject,
        message: `${subject} is used, and no document names it.`,
        evidence: [
          `${operation.traffic.status['2xx']} calls were answered 2xx, the first ${operation.firstSeen}`,
          ...classes.map(classWords),
        ],
        confidence: Math.min(sureness(operation.traffic.status['2xx']), operation.confidence),
        severity: classes.length > 0 ? 'high' : 'medium',
        advice: 'Declare it, or take it away; `portcullis inventory export` prints its OpenAPI.',
      }
    }
  },
}
