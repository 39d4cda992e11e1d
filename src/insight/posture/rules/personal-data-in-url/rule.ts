import { isSecret } from '../../../model/data-class.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords, isPersonal } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** URLs are logged by everybody on the way, kept by browsers and sent on as Referer. */
export const personalDataInUrl: Rule = {
  id: 'personal-data-in-url',
  heading: 'parameters',
  title: 'Personal data in the URL',
  severity: 'medium',
  references: ['API3:2023', 'CWE-598', 'CWE-359'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const is = (one: Parameters<typeof isPersonal>[0]) => isPersonal(one) && !isSecret(one)
      const classes = [...classesIn(operation, 'path', is), ...classesIn(operation, 'query', is)]
      if (classes.length === 0) continue
      yield {
        subject,
        message: `${subject} takes personal data in the URL.`,
        evidence: classes.map(classWords),
        confidence: sureness(classes[0]?.seen ?? 0) * 0.95,
        severity: classes.some(one => /^(?:payment-card|national-id|iban)$/.test(one.class)) ? 'high' : 'medium',
        advice: 'Name people by random ids, and send what a search needs in a body.',
      }
    }
  },
}
