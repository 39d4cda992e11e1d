import type { Endpoint, RouteView } from '../../estate.ts'
import { has, settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** More tries a minute from one place than anybody types. */
const perMinuteMax = 120

/** A list of leaked passwords is tried in minutes. */
export const loginWithoutLimit: Rule = {
  id: 'login-without-limit',
  heading: 'limits',
  title: 'Passwords may be tried without end',
  severity: 'high',
  references: ['API2:2023', 'API6:2023', 'CWE-307', 'NIST SP 800-204 MS-SS-11'],
  *judge({ routes, endpoints }) {
    const told = new Set<RouteView>()
    const evidence = (view: RouteView, one: Endpoint | null) => [
      `${one?.subject ?? view.route.match.path} takes credentials`,
      `route ${view.route.name} ${has(view, 'rate-limit') ? `allows more than ${perMinuteMax} tries a minute` : 'has no rate-limit'}`,
    ]
    const advice = `Put \`rate-limit\` by address on it, ${perMinuteMax} a minute at the most: a person tries a few times.`
    for (const view of routes) {
      const { methods } = view.route.match
      if (!view.purpose.login || isLimited(view) || (methods.length > 0 && !methods.includes('POST'))) continue
      told.add(view)
      yield {
        subject: view.subject,
        message: `Route ${view.route.name} lets callers try credentials without end.`,
        evidence: evidence(view, null),
        confidence: 0.9,
        advice,
      }
    }
    for (const one of endpoints) {
      const open = one.routes.find(view => !told.has(view) && !isLimited(view))
      if (!one.purpose.login || one.method !== 'POST' || open === undefined) continue
      yield {
        subject: one.subject,
        message: `${one.subject} lets callers try credentials without end.`,
        evidence: evidence(open, one),
        confidence: 0.9,
        advice,
      }
    }
  },
}

function isLimited(view: RouteView): boolean {
  return view.chain.some(entry => {
    const { limit } = settings(entry) as { limit?: { amount: number; windowMs: number } }
    return entry.use === 'rate-limit' && limit !== undefined && (limit.amount / limit.windowMs) * 60_000 <= perMinuteMax
  })
}
