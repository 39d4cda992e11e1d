import { establishedCredentials } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Longer than a working day with its night is longer than anybody notices a theft. */
const lifetimeMaxS = 86_400

/** How long a stolen token is good, since nobody can call it back. */
export const jwtLongLife: Rule = {
  id: 'jwt-long-life',
  heading: 'access',
  title: 'Tokens that live too long',
  severity: 'medium',
  references: ['API2:2023', 'CWE-613'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const long = establishedCredentials(operation).filter(
        ({ credential: { jwt } }) => (jwt?.lifetimeS ?? 0) > lifetimeMaxS,
      )
      if (long.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with tokens that live longer than a day.`,
        evidence: long.map(
          ({ seen, credential }) =>
            `${Math.round((credential.jwt?.lifetimeS ?? 0) / 3600)} h in ${seen} of ${operation.traffic.calls} calls`,
        ),
        confidence: sureness(long[0]?.seen ?? 0),
        advice: 'Let the issuer make access tokens of at most an hour, renewed by refresh tokens.',
      }
    }
  },
}
