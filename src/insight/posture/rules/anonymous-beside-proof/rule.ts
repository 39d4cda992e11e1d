import { isWriting } from '../../access.ts'
import { identifyLevels, letsStrangersIn } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** A caller who sends nothing is nobody, and passes: leaving the token out is then a way around it. */
export const anonymousBesideProof: Rule = {
  id: 'anonymous-beside-proof',
  heading: 'access',
  title: 'Proof is optional on a route that changes things',
  severity: 'medium',
  references: ['API2:2023', 'CWE-288', 'NIST SP 800-228 REC-API-11'],
  *judge({ routes }) {
    for (const view of routes) {
      const { subject, route, chain } = view
      const levels = identifyLevels(view)
      if (!letsStrangersIn(view) || levels.every(entries => entries.every(({ use }) => use === 'anonymous'))) continue
      // `require` refuses who is nobody.
      if (chain.some(({ use }) => use === 'require')) continue
      const { methods } = route.match
      if (methods.length > 0 && !methods.some(isWriting)) continue
      const others = levels
        .flat()
        .filter(({ use }) => use !== 'anonymous')
        .map(({ use }) => use)
      yield {
        subject,
        message: `Route ${route.name} takes ${others.join(' or ')}, or nothing at all.`,
        evidence: [
          `anonymous stands beside ${others.join(', ')}`,
          methods.length === 0 ? 'every method passes' : methods.join(', '),
        ],
        confidence: 0.9,
        advice: 'Take `anonymous` off, or add `require` to what known callers alone may do.',
      }
    }
  },
}
