import { isWriting } from '../../access.ts'
import type { Rule } from '../../rule.ts'

/** Fewer calls of the service say nothing of what is never used. */
const callsMin = 1_000

/** Code that nobody calls and everybody reaches. */
export const unusedOperation: Rule = {
  id: 'unused-operation',
  heading: 'surface',
  title: 'Declared operation that nobody uses',
  severity: 'info',
  references: ['API9:2023', 'CWE-1164', 'NIST SP 800-228 REC-API-4'],
  *judge({ endpoints }) {
    const calls = new Map<string, number>()
    for (const { service, operation } of endpoints)
      calls.set(service, (calls.get(service) ?? 0) + (operation?.traffic.calls ?? 0))
    for (const { subject, service, method, operation, routes, declared } of endpoints) {
      const unused =
        operation === null
          ? declared !== null
          : operation.standing.includes('orphan') || (operation.declared === true && !operation.used)
      if (!unused || routes.length === 0 || (calls.get(service) ?? 0) < callsMin) continue
      yield {
        subject,
        message: `${subject} can be reached, and nobody uses it.`,
        evidence: [`0 of ${calls.get(service)} calls of ${service}`, `route ${routes[0]?.route.name} lets it through`],
        confidence: 0.6,
        severity: isWriting(method) ? 'low' : 'info',
        advice: 'Take it off the gateway, or say why it must stay.',
      }
    }
  },
}
