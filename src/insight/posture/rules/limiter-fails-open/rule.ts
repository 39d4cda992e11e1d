import type { RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, ownerOf, settings } from '../../guards.ts'
import { policyPatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

/** Whoever brings the store down takes the limit away. */
export const limiterFailsOpen: Rule = {
  id: 'limiter-fails-open',
  heading: 'limits',
  title: 'Limit that ends with its store',
  severity: 'low',
  references: ['API4:2023', 'CWE-636', 'NIST SP 800-204 MS-SS-8'],
  *judge({ routes }) {
    for (const { entry, views } of entriesOf(routes, 'rate-limit')) {
      if (settings(entry)['onUnavailable'] !== 'allow') continue
      const view = views[0] as RouteView
      yield {
        subject: entrySubject(entry, view),
        message: `Limit ${entry.id} counts nothing while its store is away.`,
        evidence: [`onUnavailable: allow, on ${views.length} routes`],
        confidence: 1,
        advice: 'Count in the process meanwhile (`local`).',
        patch: policyPatch(entry, ownerOf(view), { with: { onUnavailable: 'local' } }),
      }
    }
  },
}
