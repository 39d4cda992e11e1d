import { establishedCredentials } from '../../access.ts'
import { has } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** A stolen token without an end is a key for ever. */
export const jwtWithoutExpiry: Rule = {
  id: 'jwt-without-expiry',
  heading: 'access',
  title: 'Tokens without an end',
  severity: 'high',
  references: ['API2:2023', 'CWE-613', 'RFC 8725'],
  *judge({ endpoints }) {
    for (const { subject, operation, routes } of endpoints) {
      // `jwt` refuses tokens without `exp`.
      if (operation === null || routes.some(view => has(view, 'jwt'))) continue
      const endless = establishedCredentials(operation).filter(
        ({ credential: { jwt } }) => jwt !== undefined && jwt.lifetimeS === null,
      )
      if (endless.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with tokens that never end.`,
        evidence: endless.map(
          ({ seen, credential }) =>
            `no exp in tokens of ${credential.jwt?.issuer ?? 'no issuer'} (${seen} of ${operation.traffic.calls} calls)`,
        ),
        confidence: sureness(endless[0]?.seen ?? 0),
        advice: 'Let the issuer set `exp`, minutes to an hour ahead, and put `jwt` on the route: it insists on it.',
      }
    }
  },
}
