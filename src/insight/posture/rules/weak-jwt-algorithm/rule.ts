import { establishedCredentials } from '../../access.ts'
import type { RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, has, settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const sound = /^(?:RS|PS|ES)(?:256|384|512)$|^(?:EdDSA|Ed25519|Ed448|ES256K)$/

/** `none` proves nothing; with HS* everybody who can check a token can make one (RFC 8725 §2.1, §3.2). */
export const weakJwtAlgorithm: Rule = {
  id: 'weak-jwt-algorithm',
  heading: 'access',
  title: 'Weak JWT algorithm',
  severity: 'medium',
  references: ['API2:2023', 'CWE-327', 'CWE-347', 'RFC 8725'],
  *judge({ endpoints, routes }) {
    for (const { entry, views } of entriesOf(routes, 'jwt')) {
      const weak =
        (settings(entry)['algorithms'] as readonly string[] | undefined)?.filter(name => !sound.test(name)) ?? []
      if (weak.length === 0) continue
      yield {
        subject: entrySubject(entry, views[0] as RouteView),
        message: `Tokens are signed with a shared secret: whoever can check one can make one.`,
        evidence: [`algorithms: ${weak.join(', ')}`],
        confidence: 1,
        advice: 'Let the issuer sign with ES256, RS256 or EdDSA, and give the gateway its public keys (`jwks`).',
      }
    }
    for (const { subject, operation, routes: through } of endpoints) {
      // There the policy's own list decides what counts, whatever callers send.
      if (operation === null || through.some(view => has(view, 'jwt'))) continue
      const weak = establishedCredentials(operation).filter(
        ({ credential: { jwt } }) => jwt !== undefined && !sound.test(jwt.alg),
      )
      if (weak.length === 0) continue
      const none = weak.some(({ credential }) => /^(?:none)?$/i.test(credential.jwt?.alg ?? ''))
      yield {
        subject,
        message: `${subject} is called with tokens of a weak algorithm.`,
        evidence: weak.map(
          ({ seen, credential }) =>
            `alg ${credential.jwt?.alg === '' ? 'missing' : credential.jwt?.alg} in ${seen} of ${operation.traffic.calls} calls`,
        ),
        confidence: sureness(weak[0]?.seen ?? 0),
        severity: none ? 'critical' : 'medium',
        advice: 'Accept a fixed list of asymmetric algorithms only: put `jwt` on its route.',
      }
    }
  },
}
