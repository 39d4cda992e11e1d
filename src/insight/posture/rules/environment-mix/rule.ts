import type { Rule } from '../../rule.ts'

const other = /(?:^|[.-])(?:dev|develop|test|testing|stage|staging|uat|qa|sandbox|preprod|integration)(?:[.-]|\d|$)/i

/** Test systems have weaker guards and real data (API9: data flow blind spots). */
export const environmentMix: Rule = {
  id: 'environment-mix',
  heading: 'surface',
  title: 'Test and production behind one gateway',
  severity: 'low',
  references: ['API9:2023', 'CWE-1059', 'CWE-489'],
  *judge({ routes, exposed }) {
    if (exposed.length === 0) return
    const named = routes.filter(({ route }) => route.match.hosts.length > 0)
    const isTest = (hosts: readonly string[]) => hosts.some(host => other.test(host))
    const production = named.find(({ route }) => !isTest(route.match.hosts))
    if (production === undefined) return
    for (const { subject, route } of named) {
      const hosts = route.match.hosts.filter(host => other.test(host))
      if (hosts.length === 0) continue
      yield {
        subject,
        message: `Route ${route.name} publishes a test system beside production.`,
        evidence: [
          `host ${hosts.join(', ')}, beside ${production.route.match.hosts.join(', ')} of route ${production.route.name}`,
        ],
        confidence: 0.7,
        advice: 'Give test systems a gateway of their own, not reachable from outside.',
      }
    }
  },
}
