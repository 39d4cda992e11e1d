import { letsStrangersIn } from '../../guards.ts'
import { routePatch } from '../../patch.ts'
import { safeLimit } from '../../safe-limit.ts'
import type { Rule } from '../../rule.ts'

/** One caller may take all there is. */
export const noRateLimit: Rule = {
  id: 'no-rate-limit',
  heading: 'limits',
  title: 'Route without a rate limit',
  severity: 'medium',
  references: ['API4:2023', 'CWE-770', 'NIST SP 800-204 MS-SS-8', 'NIST SP 800-228 REC-API-15'],
  *judge({ routes }) {
    for (const view of routes) {
      const { subject, route, chain, endpoints } = view
      if (chain.some(({ use }) => use === 'rate-limit')) continue
      const strangers = letsStrangersIn(view)
      const { limit, words } = safeLimit(endpoints)
      yield {
        subject,
        message: `Route ${route.name} takes any number of requests of one caller.`,
        evidence: ['no rate-limit on any level', ...(words === null ? [] : [words])],
        confidence: 0.95,
        severity: strangers ? 'medium' : 'low',
        advice: 'Limit requests by principal, and by address where callers are unknown.',
        patch: routePatch(route.name, {
          policies: [{ use: 'rate-limit', with: { limit, by: [strangers ? 'address' : 'principal'] } }],
        }),
      }
    }
  },
}
