import { isWriting } from '../../access.ts'
import type { Rule } from '../../rule.ts'

/** Whatever the service answers to is published, also what it will learn tomorrow. */
export const catchAllRoute: Rule = {
  id: 'catch-all-route',
  heading: 'surface',
  title: 'Route for everything below a path',
  severity: 'low',
  references: ['API9:2023', 'CWE-749', 'CWE-1059'],
  *judge({ routes }) {
    for (const { subject, route, endpoints } of routes) {
      const { path, methods } = route.match
      if (!path.endsWith('/**')) continue
      const whole = path === '/**'
      if (!whole && methods.length > 0 && !methods.some(isWriting)) continue
      const templates = [...new Set(endpoints.map(one => one.template))].sort()
      yield {
        subject,
        message: `Route ${route.name} lets everything ${whole ? '' : `below ${path.slice(0, -3)} `}through.`,
        evidence: [
          `${methods.length === 0 ? 'every method' : methods.join(', ')} on ${path}`,
          ...(templates.length === 0
            ? []
            : [
                `${templates.length} paths are known: ${templates.slice(0, 6).join(', ')}${templates.length > 6 ? ' …' : ''}`,
              ]),
        ],
        confidence: 0.7,
        severity: whole ? 'medium' : 'low',
        advice: 'Write a route for each path that is meant; `portcullis inventory export --policy` prints them.',
      }
    }
  },
}
