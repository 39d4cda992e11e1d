import { letsStrangersIn } from '../../guards.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Heap dumps, consoles and environment variables: the whole service in one answer. */
export const debugEndpoint: Rule = {
  id: 'debug-endpoint',
  heading: 'surface',
  title: 'Debug or management endpoint answers',
  severity: 'high',
  references: ['API8:2023', 'API9:2023', 'CWE-489', 'CWE-215'],
  *judge({ endpoints, routes }) {
    for (const { subject, operation, purpose, routes: through } of endpoints) {
      if (!purpose.debug || operation === null || operation.traffic.status['2xx'] === 0) continue
      const strangers = operation.authentication.anonymousAnswered > 0 || through.some(letsStrangersIn)
      yield {
        subject,
        message: `${subject} answers through the gateway.`,
        evidence: [
          `${operation.traffic.status['2xx']} calls were answered 2xx`,
          ...(strangers ? ['also without any proof'] : []),
        ],
        confidence: sureness(operation.traffic.status['2xx']),
        severity: strangers ? 'critical' : 'high',
        advice: 'Keep it off the gateway: bind it to a port of its own, and let no route reach it.',
      }
    }
    for (const { subject, route, purpose } of routes) {
      if (!purpose.debug) continue
      yield {
        subject,
        message: `Route ${route.name} publishes a debug or management endpoint.`,
        evidence: [`match.path is ${route.match.path}`],
        confidence: 0.9,
        advice: 'Remove the route; reach the endpoint on a port of its own.',
      }
    }
  },
}
