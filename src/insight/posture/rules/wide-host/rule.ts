import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Fewer calls say nothing of which names are used. */
const callsMin = 100
const hostsMax = 10

/** Any name that leads here is served, also one that somebody else points at us (Host header attacks). */
export const wideHost: Rule = {
  id: 'wide-host',
  heading: 'surface',
  title: 'Route for any host',
  severity: 'low',
  references: ['API8:2023', 'API9:2023', 'CWE-350', 'CWE-644'],
  *judge({ routes, exposed }) {
    if (exposed.length === 0) return
    for (const { subject, route, endpoints } of routes) {
      const { hosts } = route.match
      const wild = hosts.filter(host => host.startsWith('*.'))
      if (hosts.length > 0 && wild.length === 0) continue
      const operations = endpoints.flatMap(({ operation }) => (operation === null ? [] : [operation]))
      const calls = operations.reduce((sum, { traffic }) => sum + traffic.calls, 0)
      const seen = [...new Set(operations.flatMap(one => one.hosts))]
        .map(host => host.replace(/:\d+$/, '').toLowerCase())
        .filter(host => /^[a-z0-9.-]+$/.test(host))
        .sort()
      const known = calls >= callsMin && seen.length > 0 && seen.length <= hostsMax
      // A wildcard with many names, such as one for each tenant, is what it is for.
      if (wild.length > 0 && !known) continue
      yield {
        subject,
        message: `Route ${route.name} serves ${wild.length > 0 ? wild.join(', ') : 'any host'}${known ? `; only ${seen.join(', ')} ${seen.length === 1 ? 'is' : 'are'} used` : ''}.`,
        evidence: [
          wild.length > 0 ? `hosts: ${wild.join(', ')}` : 'match has no host',
          ...(known ? [`${calls} calls, all to ${seen.join(', ')}`] : []),
        ],
        confidence: known ? sureness(calls) * 0.8 : 0.6,
        advice: 'Name the hosts that are yours.',
        ...(known ? { patch: routePatch(route.name, { match: { host: null, hosts: seen } }) } : {}),
      }
    }
  },
}
