import { decidesWhoMay } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords, isPersonal, placeOf } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** One call that gives the data of many people to whoever is known. */
export const personalDataInLists: Rule = {
  id: 'personal-data-in-lists',
  heading: 'responses',
  title: 'Personal data of many, and nobody decides who may',
  severity: 'medium',
  references: ['API3:2023', 'API1:2023', 'CWE-359', 'NIST SP 800-228 REC-API-20'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, operation } = endpoint
      if (operation === null || decidesWhoMay(endpoint)) continue
      // One's own addresses, orders and the like lie below one's own object.
      if (/\{[^}]*\}\/|\/(?:me|self|my|account|profile)(?:\/|$)/.test(endpoint.template)) continue
      const classes = classesIn(operation, 'response', isPersonal).filter(({ where }) =>
        placeOf(where).at.includes('/[]'),
      )
      if (classes.length === 0) continue
      yield {
        subject,
        message: `${subject} answers with personal data of many people.`,
        evidence: [
          ...classes.map(classWords),
          endpoint.routes.length > 0 ? 'no policy of its route decides who may' : 'no answer was 403',
        ],
        confidence: sureness(classes[0]?.seen ?? 0) * 0.7,
        advice: 'Show lists without it, ask for a scope or role (`require`), and give the whole only for one object.',
      }
    }
  },
}
