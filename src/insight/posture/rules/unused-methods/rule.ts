import { isWriting } from '../../access.ts'
import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Fewer calls say nothing of what is never used. */
const callsMin = 100
const dayMs = 86_400_000

/** A door that nobody uses is there for whoever tries it. */
export const unusedMethods: Rule = {
  id: 'unused-methods',
  heading: 'surface',
  title: 'Methods that nobody uses',
  severity: 'low',
  references: ['API5:2023', 'API9:2023', 'CWE-650', 'CWE-749'],
  *judge({ routes }) {
    for (const { subject, route, endpoints } of routes) {
      const operations = endpoints.flatMap(({ operation }) => (operation === null ? [] : [operation]))
      const calls = operations.reduce((sum, { traffic }) => sum + traffic.calls, 0)
      if (calls < callsMin) continue
      const used = new Set(
        operations.filter(({ traffic }) => traffic.calls > traffic.refused).map(({ method }) => method),
      )
      // GET serves HEAD too, and a browser's OPTIONS is no use of its own.
      if (used.has('HEAD')) used.add('GET')
      const declared = new Set(endpoints.filter(one => one.declared !== null).map(({ method }) => method))
      const { methods } = route.match
      const unused = methods.filter(
        method => !used.has(method) && !declared.has(method) && method !== 'HEAD' && method !== 'OPTIONS',
      )
      if (used.size === 0 || (methods.length > 0 && unused.length === 0)) continue
      const first = operations.map(({ firstSeen }) => Date.parse(firstSeen)).filter(Number.isFinite)
      const last = operations.map(({ lastSeen }) => Date.parse(lastSeen)).filter(Number.isFinite)
      const days = first.length === 0 ? 0 : (Math.max(...last) - Math.min(...first)) / dayMs
      const keep = [...new Set([...used, ...declared])].filter(method => method !== 'HEAD' || !used.has('GET')).sort()
      yield {
        subject,
        message: `Route ${route.name} lets ${methods.length === 0 ? 'every method' : unused.join(', ')} through; only ${[...used].sort().join(', ')} ${used.size === 1 ? 'is' : 'are'} used.`,
        evidence: [
          `${calls} calls in ${days < 1 ? 'less than a day' : `${Math.floor(days)} days`}, by ${[...used].sort().join(', ')} alone`,
          methods.length === 0 ? 'methods: any' : `methods: ${methods.join(', ')}`,
        ],
        // What is done once a month is not seen in a day.
        confidence: sureness(calls) * (days < 1 ? 0.5 : days < 14 ? 0.7 : 0.95),
        severity: methods.length === 0 || unused.some(isWriting) ? 'medium' : 'low',
        advice: 'Let through the methods that are used.',
        patch: routePatch(route.name, { match: { methods: keep } }),
      }
    }
  },
}
