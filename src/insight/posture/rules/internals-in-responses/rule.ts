import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const marks: Readonly<Record<string, string>> = {
  'internal-address': 'addresses of the inner network',
  'internal-path': 'paths of the machine',
  'directory-listing': 'listings of folders',
}

/** Addresses in so few answers may be data. */
const answersMin = 3

/** A map of what lies behind, for the next step of an attack. */
export const internalsInResponses: Rule = {
  id: 'internals-in-responses',
  heading: 'responses',
  title: 'Inner addresses and paths in answers',
  severity: 'low',
  references: ['API8:2023', 'CWE-200', 'CWE-497', 'NIST SP 800-228 REC-API-23'],
  *judge({ endpoints }) {
    for (const { subject, operation, purpose } of endpoints) {
      if (operation === null || purpose.admin) continue
      const found = Object.entries(marks).filter(([mark]) => (operation.marks[mark] ?? 0) >= answersMin)
      if (found.length === 0) continue
      const most = Math.max(...found.map(([mark]) => operation.marks[mark] ?? 0))
      yield {
        subject,
        message: `${subject} gives away ${found.map(([, words]) => words).join(', ')}.`,
        evidence: found.map(
          ([mark, words]) => `${words} in ${operation.marks[mark]} of ${operation.traffic.calls} answers`,
        ),
        confidence: sureness(most) * 0.85,
        severity: found.some(([mark]) => mark === 'directory-listing') ? 'medium' : 'low',
        advice: 'Answer with public names only, and errors without their cause.',
      }
    }
  },
}
