import type { Rule } from '../../rule.ts'
import { classesIn, classWords } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** Masked, a number is no card any more and is not counted (PCI DSS 3.4.1). */
export const cardNumbersInResponses: Rule = {
  id: 'card-numbers-in-responses',
  heading: 'responses',
  title: 'Whole card numbers or national ids in answers',
  severity: 'high',
  references: ['API3:2023', 'CWE-359', 'PCI DSS 4.0.1 3.4.1', 'NIST SP 800-228 REC-API-25'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const classes = classesIn(operation, 'response', one => one === 'payment-card' || one === 'national-id')
      if (classes.length === 0) continue
      yield {
        subject,
        message: `${subject} answers with whole ${[...new Set(classes.map(one => (one.class === 'payment-card' ? 'card numbers' : 'national ids')))].join(' and ')}.`,
        evidence: classes.map(classWords),
        confidence: sureness(classes[0]?.seen ?? 0) * 0.95,
        advice:
          'Mask them in the service (first six and last four digits at the most), or answer with a token in their place.',
      }
    }
  },
}
