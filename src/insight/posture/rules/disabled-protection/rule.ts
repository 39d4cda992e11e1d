import { names } from '../../../../config/chain.ts'
import type { Rule } from '../../rule.ts'

/** What the levels above ask of everybody is not asked here. */
export const disabledProtection: Rule = {
  id: 'disabled-protection',
  heading: 'access',
  title: 'Route switches inherited protection off',
  severity: 'medium',
  references: ['API8:2023', 'CWE-1188', 'NIST SP 800-228 REC-API-12'],
  *judge({ config, routes }) {
    if (config === null) return
    for (const { subject, route, chain, purpose } of routes) {
      if (route.disable.length === 0) continue
      const service = config.services.find(({ name }) => name === route.service)
      const gone = [...config.policies, ...(service?.policies ?? [])].filter(entry => names(route.disable, entry))
      // Something else in the same place of a request's life takes its part; strangers at a login or health check are meant.
      const lost = gone.filter(
        ({ phase, mode }) =>
          mode === 'enforce' &&
          phase !== 'transform' &&
          !chain.some(one => one.phase === phase && one.use !== 'anonymous') &&
          !(purpose.open && (phase === 'identify' || phase === 'authorize')),
      )
      if (lost.length === 0) continue
      yield {
        subject,
        message: `Route ${route.name} goes without ${lost.map(({ id }) => id).join(', ')}, which the others have.`,
        evidence: lost.map(
          ({ id, phase, level }) => `disable: ${id} (${phase}, ${level} level), and nothing in its place`,
        ),
        confidence: 0.8,
        severity: lost.some(({ phase }) => phase === 'identify' || phase === 'authorize') ? 'high' : 'medium',
        advice: 'Take it out of `disable`, or put something of the same phase in its place.',
        patch: {
          routes: [
            {
              name: route.name,
              disable: route.disable.filter(one => !lost.some(({ id, use }) => one === id || one === use)),
            },
          ],
        },
      }
    }
  },
}
