import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

const callsMin = 100

/** Whatever the service answers to, also to what nobody thought of. */
export const anyMethod: Rule = {
  id: 'any-method',
  heading: 'surface',
  title: 'Route for every method',
  severity: 'low',
  references: ['API5:2023', 'CWE-650', 'CWE-749'],
  *judge({ routes }) {
    for (const { subject, route, endpoints } of routes) {
      if (route.match.methods.length > 0) continue
      const calls = endpoints.reduce((sum, { operation }) => sum + (operation?.traffic.calls ?? 0), 0)
      // With traffic, unused-methods says which are used.
      if (calls >= callsMin) continue
      const declared = [...new Set(endpoints.filter(one => one.declared !== null).map(({ method }) => method))].sort()
      yield {
        subject,
        message: `Route ${route.name} lets every method through.`,
        evidence: ['match has no methods', ...(declared.length > 0 ? [`declared: ${declared.join(', ')}`] : [])],
        confidence: 0.8,
        advice: 'Name the methods that the service is for.',
        ...(declared.length === 0 ? {} : { patch: routePatch(route.name, { match: { methods: declared } }) }),
      }
    }
  },
}
