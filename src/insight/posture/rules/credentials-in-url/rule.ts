import { establishedCredentials } from '../../access.ts'
import type { Estate, RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, settings } from '../../guards.ts'
import type { Weakness } from '../../input.ts'
import { kebab } from '../../purpose.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const advice =
  'Send credentials in the Authorization header or the body; replace those that were in URLs, since logs and histories keep them.'

const names: ReadonlySet<string> = new Set(
  'access-token api-key apikey auth-token bearer client-secret id-token jwt passwd password pwd refresh-token secret session-id sessionid token'.split(
    ' ',
  ),
)

/** URLs end up in logs, histories and Referer fields. */
export const credentialsInUrl: Rule = {
  id: 'credentials-in-url',
  heading: 'access',
  title: 'Credentials in the URL',
  severity: 'high',
  references: ['API2:2023', 'CWE-598', 'CWE-522'],
  *judge(estate) {
    yield* configured(estate)
    for (const { subject, operation, declared, purpose } of estate.endpoints) {
      const seen =
        operation === null
          ? []
          : establishedCredentials(operation).filter(({ credential }) => credential.place === 'query')
      // Links in mails carry a token that works once: to confirm an address, to set a new password.
      const byName = purpose.open
        ? []
        : [
            ...(operation?.parameters ?? [])
              .filter(one => one.in === 'query' && names.has(kebab(one.name)) && one.seen >= 3)
              .map(({ name, seen: calls }) => `query parameter ${name} in ${calls} calls`),
            ...(declared?.operation.parameters ?? [])
              .filter(one => one.in === 'query' && names.has(kebab(one.name)))
              .map(({ name }) => `query parameter ${name} in ${declared?.document.source}`),
          ]
      if (seen.length === 0 && byName.length === 0) continue
      yield {
        subject,
        message: `${subject} takes credentials in the URL.`,
        evidence: [
          ...seen.map(
            ({ seen: calls, credential }) => `${credential.scheme} in query ${credential.name} (${calls} calls)`,
          ),
          ...byName,
        ],
        confidence: seen.length > 0 ? sureness(seen[0]?.seen ?? 0) : 0.8,
        advice,
      }
    }
  },
}

function* configured({ routes, documents }: Estate): Iterable<Weakness> {
  for (const { entry, views } of entriesOf(routes, 'api-key')) {
    const { query } = settings(entry)
    if (typeof query !== 'string') continue
    yield {
      subject: entrySubject(entry, views[0] as RouteView),
      message: `${views.length === 1 ? 'A route takes' : `${views.length} routes take`} API keys in the URL.`,
      evidence: [`api-key reads the query parameter ${query}`],
      confidence: 1,
      advice: 'Take `query:` off: the header carries the key.',
    }
  }
  for (const { service, document } of documents) {
    const inQuery = Object.entries(document.securitySchemes).filter(
      ([, scheme]) => scheme.type === 'apiKey' && scheme.in === 'query',
    )
    if (inQuery.length === 0) continue
    yield {
      subject: `service ${service}`,
      message: `The document of ${service} puts API keys in the URL.`,
      evidence: inQuery.map(
        ([name, scheme]) => `${document.source}: security scheme ${name} is in query ${scheme.name}`,
      ),
      confidence: 1,
      advice,
    }
  }
}
