import { isWriting } from '../../access.ts'
import { letsStrangersIn } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** What a document does not ask for, clients do not send and services forget to check. */
export const declaredWithoutSecurity: Rule = {
  id: 'declared-without-security',
  heading: 'access',
  title: 'Document asks for no proof',
  severity: 'medium',
  references: ['API2:2023', 'CWE-306', 'NIST SP 800-228 REC-API-11'],
  *judge({ documents, endpoints }) {
    for (const { service, document } of documents) {
      const own = endpoints.filter(one => one.declared?.document === document && !one.purpose.open)
      const open = own.filter(({ declared, method, purpose, routes }) => {
        const security = declared?.operation.security ?? []
        const free = security.length === 0 || security.some(one => Object.keys(one).length === 0)
        const asked = routes.length > 0 && !routes.some(letsStrangersIn)
        return free && !asked && (isWriting(method) || purpose.admin)
      })
      if (open.length === 0) continue
      if (Object.keys(document.securitySchemes).length === 0) {
        yield {
          subject: `service ${service}`,
          message: `The document of ${service} says nothing of who may call.`,
          evidence: [`${document.source}: no securitySchemes, ${open.length} operations that change something`],
          confidence: 0.7,
          advice: 'Declare `securitySchemes` and `security`.',
        }
        continue
      }
      for (const { subject, declared } of open) {
        yield {
          subject,
          message: `The document asks for no proof at ${subject}.`,
          evidence: [`${document.source} ${declared?.operation.pointer}: security is empty or optional`],
          confidence: 0.8,
          advice: 'Name a scheme under `security` of the operation or of the document.',
        }
      }
    }
  },
}
