import { establishedCredentials } from '../../access.ts'
import { isSecret } from '../../../model/data-class.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** A token's claims are readable by everybody who ever holds it. An e-mail address there is usual and says who it is. */
const grave: ReadonlySet<string> = new Set(['payment-card', 'iban', 'national-id', 'birth-date', 'postal-address'])

export const personalDataInTokens: Rule = {
  id: 'personal-data-in-tokens',
  heading: 'access',
  title: 'Personal or secret data in tokens',
  severity: 'medium',
  references: ['API3:2023', 'CWE-312', 'RFC 8725'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const found = establishedCredentials(operation).flatMap(({ seen, credential: { jwt } }) =>
        (jwt?.classes ?? []).filter(one => grave.has(one) || isSecret(one)).map(one => ({ seen, class: one })),
      )
      if (found.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with tokens that carry ${[...new Set(found.map(one => one.class))].join(', ')}.`,
        evidence: found.map(one => `${one.class} in claims (${one.seen} calls)`),
        confidence: sureness(found[0]?.seen ?? 0) * 0.9,
        advice: 'Keep claims to who and what for; let services look the rest up, or encrypt the token.',
      }
    }
  },
}
