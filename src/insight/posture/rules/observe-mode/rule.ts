import type { RouteView } from '../../estate.ts'
import { entrySubject, ownerOf } from '../../guards.ts'
import { policyPatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

/** It says what it would have refused, and refuses nothing. */
export const observeMode: Rule = {
  id: 'observe-mode',
  heading: 'access',
  title: 'Policy observes and does not enforce',
  severity: 'medium',
  references: ['API8:2023', 'CWE-1188', 'NIST SP 800-228 REC-API-12'],
  *judge({ routes }) {
    const entries = new Map(routes.flatMap(view => view.observed.map(entry => [entry, view] as const)))
    for (const [entry, view] of entries) {
      const behind = routes.filter(({ observed }) => observed.includes(entry)).length
      yield {
        subject: entrySubject(entry, view as RouteView),
        message: `Policy ${entry.id} lets through what it would refuse.`,
        evidence: [`mode: observe, on ${behind} route${behind === 1 ? '' : 's'}`],
        confidence: 1,
        severity: entry.phase === 'authorize' ? 'high' : 'medium',
        advice: 'Read in the events (`observed`) what it would have refused, then enforce it.',
        patch: policyPatch(entry, ownerOf(view), { mode: 'enforce' }),
      }
    }
  },
}
