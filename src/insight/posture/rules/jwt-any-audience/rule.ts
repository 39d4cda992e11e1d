import { establishedCredentials } from '../../access.ts'
import type { RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, has, settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** A token made for a harmless API then opens this one (RFC 8725 §3.9, RFC 9700 §2.3). */
export const jwtAnyAudience: Rule = {
  id: 'jwt-any-audience',
  heading: 'access',
  title: 'Tokens for any audience',
  severity: 'medium',
  references: ['API2:2023', 'CWE-287', 'RFC 8725', 'RFC 9700'],
  *judge({ endpoints, routes }) {
    for (const { entry, views } of entriesOf(routes, 'jwt')) {
      if (settings(entry)['anyAudience'] !== true) continue
      yield {
        subject: entrySubject(entry, views[0] as RouteView),
        message: 'Tokens that were made for other APIs are accepted.',
        evidence: [`jwt of ${String(settings(entry)['issuer'])}: anyAudience: true, on ${views.length} routes`],
        confidence: 1,
        advice: 'Name this API in `audience`, and have the issuer put it into `aud`.',
      }
    }
    for (const { subject, operation, routes: through } of endpoints) {
      if (operation === null || through.some(view => has(view, 'jwt'))) continue
      const open = establishedCredentials(operation).filter(({ credential: { jwt } }) => jwt?.audience === false)
      if (open.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with tokens that are for no particular API.`,
        evidence: open.map(
          ({ seen, credential }) => `no aud in tokens of ${credential.jwt?.issuer ?? 'no issuer'} (${seen} calls)`,
        ),
        confidence: sureness(open[0]?.seen ?? 0) * 0.9,
        advice: 'Have the issuer put this API into `aud`, and let `jwt` on the route insist on it.',
      }
    }
  },
}
