import { decidesWhoMay, isWriting } from '../../access.ts'
import { letsStrangersIn } from '../../guards.ts'
import { isSecret } from '../../../model/data-class.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords, isPersonal } from '../../sensitive.ts'

/** Whoever is known reaches every object by its id: nothing that the gateway sees decides whose it is. */
export const objectAccessUnbound: Rule = {
  id: 'object-access-unbound',
  heading: 'access',
  title: 'Objects by id, and nobody decides whose they are',
  severity: 'medium',
  references: ['API1:2023', 'CWE-639', 'CWE-285', 'NIST SP 800-228 REC-API-12'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, template, method, operation, routes, purpose } = endpoint
      if (routes.length === 0 || purpose.open || purpose.admin || !template.includes('{') || decidesWhoMay(endpoint))
        continue
      // Strangers are another rule's subject, and public reading is nobody's.
      if (routes.every(letsStrangersIn)) continue
      const classes =
        operation === null
          ? []
          : [...classesIn(operation, 'response', isPersonal), ...classesIn(operation, 'response', isSecret)]
      const changes = isWriting(method) && /\{[^}]*\}$/.test(template)
      if (classes.length === 0 && !changes) continue
      yield {
        subject,
        message: `${subject} gives every known caller every object, as far as can be seen.`,
        evidence: [
          `no policy of ${routes.map(({ route }) => route.name).join(', ')} decides after identify`,
          operation === null
            ? 'its document names no 403'
            : `the service answered 403 in none of ${operation.traffic.calls} calls`,
          ...(changes ? [`${method} changes the object`] : []),
          ...classes.map(classWords),
        ],
        confidence: 0.5,
        advice:
          'Bind the object to the caller: `require` with scopes, roles or a tenant claim at the least, and the check of the owner in the service (it then answers 403 or 404).',
      }
    }
  },
}
