import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** They name libraries, paths and queries to whoever provokes them. */
const marks: Readonly<Record<string, string>> = {
  'stack-trace': 'stack traces',
  'sql-error': 'errors of the database',
  'debug-page': 'debug pages',
}

export const stackTraces: Rule = {
  id: 'stack-traces',
  heading: 'responses',
  title: 'Errors that tell how the service is made',
  severity: 'medium',
  references: ['API8:2023', 'CWE-209', 'CWE-497', 'NIST SP 800-228 REC-API-23'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const found = Object.entries(marks).filter(([mark]) => (operation.marks[mark] ?? 0) > 0)
      if (found.length === 0) continue
      const most = Math.max(...found.map(([mark]) => operation.marks[mark] ?? 0))
      yield {
        subject,
        message: `${subject} answers with ${found.map(([, words]) => words).join(' and ')}.`,
        evidence: found.map(
          ([mark, words]) => `${words} in ${operation.marks[mark]} of ${operation.traffic.calls} answers`,
        ),
        confidence: sureness(most),
        severity: found.some(([mark]) => mark === 'sql-error') ? 'high' : 'medium',
        advice: 'Answer errors as RFC 9457 problems without their cause, log the cause, and turn debug mode off.',
      }
    }
  },
}
