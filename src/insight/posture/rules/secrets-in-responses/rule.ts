import { isSecret } from '../../../model/data-class.ts'
import type { DataClass } from '../../../model/data-class.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords } from '../../sensitive.ts'
import { sureness } from '../../sureness.ts'

/** A login hands out tokens; nothing else is for handing out. */
const handedOut: ReadonlySet<DataClass> = new Set(['token'])
const handsOut = /(?:^|\/)(?:api-?keys?|keys|secrets?|credentials|tokens?|sessions?|clients)(?:\/|$)/i

/** What a caller was given is out of anybody's hands (NIST SP 800-204 MS-SS-10). */
export const secretsInResponses: Rule = {
  id: 'secrets-in-responses',
  heading: 'responses',
  title: 'Secrets in answers',
  severity: 'high',
  references: ['API3:2023', 'CWE-200', 'CWE-522', 'NIST SP 800-204 MS-SS-10', 'NIST SP 800-228 REC-API-22'],
  *judge({ endpoints }) {
    for (const { subject, template, method, operation, purpose } of endpoints) {
      if (operation === null) continue
      const gives = purpose.open || (method === 'POST' && handsOut.test(template))
      const classes = classesIn(
        operation,
        'response',
        one => isSecret(one) && !(gives && (handedOut.has(one) || one === 'api-key' || one === 'secret')),
      )
      const keys = operation.marks['private-key'] ?? 0
      if (classes.length === 0 && keys === 0) continue
      const grave = keys > 0 || classes.some(one => one.class === 'password' || one.class === 'private-key')
      yield {
        subject,
        message: `${subject} answers with ${[...new Set([...classes.map(one => one.class), ...(keys > 0 ? ['private-key'] : [])])].join(', ')}.`,
        evidence: [...classes.map(classWords), ...(keys > 0 ? [`a private key in ${keys} answers`] : [])],
        confidence: sureness(Math.max(keys, ...classes.map(({ seen }) => seen))) * 0.95,
        severity: grave ? 'critical' : 'high',
        advice: 'Take it out of the answer, and replace what was given out.',
      }
    }
  },
}
