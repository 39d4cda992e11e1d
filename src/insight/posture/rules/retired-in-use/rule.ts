import type { RouteView } from '../../estate.ts'
import { settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** What was declared dead gets no more repairs. */
export const retiredInUse: Rule = {
  id: 'retired-in-use',
  heading: 'surface',
  title: 'Deprecated or retired operation still called',
  severity: 'low',
  references: ['API9:2023', 'CWE-1059', 'CWE-477', 'NIST SP 800-228 REC-API-4'],
  *judge({ endpoints, now }) {
    for (const { subject, operation, routes } of endpoints) {
      if (operation === null || operation.traffic.status['2xx'] === 0) continue
      const ended = operation.sunset !== null && Date.parse(operation.sunset) <= now
      const retired = operation.state === 'retired' || ended
      if (!retired && operation.state !== 'deprecated') continue
      const taken = routes.filter(({ route }) => operation.routesTaken.includes(route.name))
      if (taken.length > 0 && taken.every(view => refusesSinceItsEnd(view, now))) continue
      const answered = operation.traffic.status['2xx']
      yield {
        subject,
        message: `${subject} is ${retired ? 'retired' : 'deprecated'} and still answers.`,
        evidence: [
          `${answered} calls were answered 2xx, the last ${operation.lastSeen}`,
          ...(operation.sunset === null ? [] : [`its end: ${operation.sunset}`]),
          `about ${operation.distinctCallers} callers`,
        ],
        confidence: sureness(answered),
        severity: retired ? 'medium' : 'low',
        advice: retired ? 'Take its route away.' : 'Tell its callers the day of its end (`Sunset`), and move them.',
      }
    }
  },
}

/** Then what was answered was answered before. */
function refusesSinceItsEnd({ chain }: RouteView, now: number): boolean {
  return chain.some(entry => {
    if (entry.use !== 'lifecycle') return false
    const { sunset, afterSunset } = settings(entry)
    return afterSunset === 'refuse' && typeof sunset === 'number' && sunset <= now
  })
}
