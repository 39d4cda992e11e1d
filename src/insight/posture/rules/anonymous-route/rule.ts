import { isWriting } from '../../access.ts'
import { letsStrangersIn } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** Whatever the service behind does, the gateway asks nobody there. */
export const anonymousRoute: Rule = {
  id: 'anonymous-route',
  heading: 'access',
  title: 'Route lets strangers change things',
  severity: 'medium',
  references: ['API2:2023', 'API5:2023', 'CWE-306', 'NIST SP 800-228 REC-API-11'],
  *judge({ routes }) {
    for (const view of routes) {
      const { subject, route, purpose } = view
      if (purpose.open || !letsStrangersIn(view)) continue
      const { methods, path } = route.match
      const writes = methods.filter(isWriting)
      const special = purpose.admin || purpose.debug
      if (methods.length > 0 && writes.length === 0 && !special) continue
      yield {
        subject,
        message: `Route ${route.name} asks nobody who they are${special ? ', and its path is for operators' : ''}.`,
        evidence: [
          `identify: anonymous on ${path}`,
          methods.length === 0
            ? 'every method passes'
            : writes.length > 0
              ? `${writes.join(', ')} pass`
              : `${methods.join(', ')} pass`,
        ],
        confidence: special ? 1 : 0.8,
        severity: special ? 'critical' : 'medium',
        advice: 'Put an identify policy on the route, or keep `anonymous` for the methods and paths that are public.',
      }
    }
  },
}
