import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** A field that appears one day is how a release gives away what nobody reviewed. */
export const undeclaredResponseFields: Rule = {
  id: 'undeclared-response-fields',
  heading: 'responses',
  title: 'Answers with fields that no document names',
  severity: 'low',
  references: ['API3:2023', 'API9:2023', 'CWE-213', 'NIST SP 800-228 REC-API-13'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      const drift = (operation?.drift ?? []).filter(
        ({ kind, where, declared, calls }) =>
          kind === 'field' && where.startsWith('response') && calls >= 3 && declared.startsWith('not '),
      )
      if (operation === null || drift.length === 0) continue
      const sensitive = drift.filter(({ where }) => operation.classes.some(one => one.where === where))
      yield {
        subject,
        message: `${subject} answers with ${drift.length === 1 ? 'a field' : `${drift.length} fields`} that the document does not name.`,
        evidence: drift.map(({ where, calls }) => `${where} in ${calls} answers`),
        confidence: sureness(drift[0]?.calls ?? 0) * 0.9,
        severity: sensitive.length > 0 ? 'medium' : 'low',
        advice: 'Declare the fields, or take them out of the answer.',
      }
    }
  },
}
