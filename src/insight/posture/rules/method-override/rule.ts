import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const names = /^(?:x-http-method(?:-override)?|x-method-override|_method)$/i

/** The gateway judges the method that it sees; a service that obeys another one is not guarded. */
export const methodOverride: Rule = {
  id: 'method-override',
  heading: 'access',
  title: 'Method taken from a header or parameter',
  severity: 'medium',
  references: ['API5:2023', 'CWE-436', 'CWE-650'],
  *judge({ endpoints }) {
    for (const { subject, operation, declared } of endpoints) {
      const seen = (operation?.parameters ?? []).filter(one => names.test(one.name) && one.seen >= 3)
      const named = (declared?.operation.parameters ?? []).filter(one => names.test(one.name))
      if (seen.length === 0 && named.length === 0) continue
      yield {
        subject,
        message: `${subject} takes its method from elsewhere than the request line.`,
        evidence: [
          ...seen.map(one => `${one.in}.${one.name} in ${one.seen} calls`),
          ...named.map(one => `${one.in}.${one.name} in ${declared?.document.source}`),
        ],
        confidence: named.length > 0 ? 0.9 : sureness(seen[0]?.seen ?? 0) * 0.8,
        advice: 'Let the service ignore it, and remove the header on the way: `headers` with `request.remove`.',
      }
    }
  },
}
