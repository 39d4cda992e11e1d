import { bodyContracts, enforcesBody, isJson } from '../../contracts.ts'
import type { Endpoint } from '../../estate.ts'
import { fieldsOf } from '../../fields.ts'
import { hasPhase } from '../../guards.ts'
import { kebab } from '../../purpose.ts'
import type { Rule } from '../../rule.ts'

/** What a caller must not say of itself or of its own things. */
const privileged: ReadonlySet<string> = new Set(
  (
    'role roles is-admin admin is-staff is-superuser superuser permissions permission scopes privileges groups is-verified verified email-verified ' +
    'approved is-approved account-balance balance credit credit-limit owner-id tenant-id account-type user-type is-internal is-premium discount-rate ' +
    'password-hash created-by updated-by'
  ).split(' '),
)

/** A field like `role` in what everybody may send is how a user makes himself an administrator. */
export const massAssignment: Rule = {
  id: 'mass-assignment',
  heading: 'parameters',
  title: 'Callers may set what is not theirs to set',
  severity: 'high',
  references: ['API3:2023', 'CWE-915', 'NIST SP 800-228 REC-API-13'],
  *judge(estate) {
    for (const contract of bodyContracts(estate)) {
      const guarded =
        contract.enforced === null
          ? estate.endpoints.some(one => one.subject === contract.subject && isGuarded(one))
          : hasPhase(contract.enforced.view, 'authorize') || contract.enforced.view.purpose.admin
      if (guarded) continue
      const names = contract.fields.filter(
        ({ name, schema }) => privileged.has(kebab(name)) && schema['readOnly'] !== true,
      )
      if (names.length === 0) continue
      yield {
        subject: contract.subject,
        message: `Callers may set ${[...new Set(names.map(({ name }) => name))].join(', ')}.`,
        evidence: names.map(({ pointer }) => `${contract.place}${pointer} is accepted (${contract.source})`),
        confidence: 0.8,
        advice:
          'Take the field out of what everybody may send, mark it `readOnly`, or let only a role set it (`require`).',
      }
    }
    for (const endpoint of estate.endpoints) {
      if (isGuarded(endpoint) || enforcesBody(endpoint)) continue
      const evidence = seen(endpoint)
      if (evidence.length === 0) continue
      yield {
        subject: endpoint.subject,
        message: `${endpoint.subject} takes members that callers should not set.`,
        evidence,
        confidence: evidence.some(words => words.startsWith('sent')) ? 0.7 : 0.5,
        severity: evidence.some(words => words.startsWith('sent')) ? 'high' : 'medium',
        advice: 'Enforce a closed schema of the body (`json-schema`) without these members.',
      }
    }
  },
}

function isGuarded({ purpose, routes }: Endpoint): boolean {
  return purpose.admin || (routes.length > 0 && routes.every(view => hasPhase(view, 'authorize')))
}

/** Sent by callers; or shown by answers to a change whose body nobody checks. */
function seen({ operation, declared, method }: Endpoint): string[] {
  if (operation === null || declared !== null || !/^(?:POST|PUT|PATCH)$/.test(method)) return []
  const named = (schema: unknown) => fieldsOf(schema).filter(({ name }) => privileged.has(kebab(name)))
  const bodies = operation.requests.filter(({ mediaType }) => isJson(mediaType))
  const sent = bodies.flatMap(({ schema, seen: calls }) =>
    named(schema).map(({ pointer }) => `sent: request:${pointer} (in bodies of ${calls} calls)`),
  )
  if (sent.length > 0 || bodies.length === 0) return sent
  return operation.responses
    .filter(({ status }) => status < 300)
    .flatMap(({ schema, status }) =>
      named(schema).map(({ pointer }) => `response ${status}:${pointer} is shown, and the request may carry anything`),
    )
}
