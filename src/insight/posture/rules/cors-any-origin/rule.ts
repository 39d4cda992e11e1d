import { provenCalls } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { classWords, sensitiveClasses } from '../../sensitive.ts'

/** Any web page may read the answers; with credentials, those of its visitor. */
export const corsAnyOrigin: Rule = {
  id: 'cors-any-origin',
  heading: 'access',
  title: 'Answers readable by every web site',
  severity: 'medium',
  references: ['API8:2023', 'CWE-942', 'CWE-346'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const origins = operation.responseFields['access-control-allow-origin'] ?? {}
      const any = origins['*'] ?? 0
      if (any === 0) continue
      const withCredentials = (operation.responseFields['access-control-allow-credentials']?.['true'] ?? 0) > 0
      const classes = sensitiveClasses(operation)
      const cookies = operation.authentication.credentials.some(({ credential }) => credential.place === 'cookie')
      // A public API for every site, without personal data or sessions, is what `*` is for.
      if (!withCredentials && classes.length === 0 && !(cookies && provenCalls(operation) > 0)) continue
      yield {
        subject,
        message: `${subject} lets every web site read its answers${withCredentials ? ' and asks for credentials with them' : ''}.`,
        evidence: [
          `Access-Control-Allow-Origin: * in ${any} answers`,
          ...(withCredentials ? ['Access-Control-Allow-Credentials: true'] : []),
          ...classes.map(classWords),
        ],
        confidence: 0.9,
        severity: withCredentials ? 'high' : 'medium',
        advice: 'Name the origins of your own sites.',
      }
    }
  },
}
