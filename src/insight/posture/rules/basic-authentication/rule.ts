import { establishedCredentials } from '../../access.ts'
import type { Estate, RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, has } from '../../guards.ts'
import type { Weakness } from '../../input.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const advice =
  'Move callers to tokens with an end (`jwt`) or to client certificates (`mtls`): a password goes with every request and never ends.'

/** A long-lived password in every request (Spectral no-http-basic). */
export const basicAuthentication: Rule = {
  id: 'basic-authentication',
  heading: 'access',
  title: 'Basic authentication',
  severity: 'medium',
  references: ['API2:2023', 'CWE-522', 'NIST SP 800-204 MS-SS-1'],
  *judge(estate) {
    for (const { entry, views } of entriesOf(estate.routes, 'basic')) {
      const view = views[0] as RouteView
      yield {
        subject: entrySubject(entry, view),
        message: `${views.length === 1 ? `Route ${view.route.name} takes` : `${views.length} routes take`} user name and password with every request.`,
        evidence: [
          `basic on ${views
            .slice(0, 5)
            .map(({ route }) => route.name)
            .join(', ')}`,
        ],
        confidence: 1,
        advice,
      }
    }
    yield* seen(estate)
  },
}

function* seen({ endpoints, documents, config }: Estate): Iterable<Weakness> {
  for (const { subject, operation, routes } of endpoints) {
    if (operation === null || routes.some(view => has(view, 'basic'))) continue
    const found = establishedCredentials(operation).find(({ credential }) => credential.scheme === 'basic')
    if (found === undefined) continue
    yield {
      subject,
      message: `${subject} is called with user name and password.`,
      evidence: [`Basic in ${found.seen} of ${operation.traffic.calls} calls`],
      confidence: sureness(found.seen),
      advice,
    }
  }
  if (config !== null) return
  for (const { service, document } of documents) {
    const basic = Object.entries(document.securitySchemes).filter(
      ([, { type, scheme }]) => type === 'http' && scheme === 'basic',
    )
    const used = basic.filter(([name]) =>
      document.operations.some(({ security }) => security.some(one => Object.hasOwn(one, name))),
    )
    if (used.length === 0) continue
    yield {
      subject: `service ${service}`,
      message: `The document of ${service} asks for user name and password.`,
      evidence: used.map(([name]) => `${document.source}: security scheme ${name} is http basic`),
      confidence: 1,
      advice,
    }
  }
}
