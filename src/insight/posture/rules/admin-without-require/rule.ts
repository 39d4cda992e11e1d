import type { RouteView } from '../../estate.ts'
import { hasPhase, letsStrangersIn, settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** Known is not allowed: every user then is an administrator who finds the path (function level). */
export const adminWithoutRequire: Rule = {
  id: 'admin-without-require',
  heading: 'access',
  title: "Operators' function for every known caller",
  severity: 'high',
  references: ['API5:2023', 'CWE-285', 'CWE-862', 'NIST SP 800-228 REC-API-12'],
  *judge({ routes, endpoints }) {
    const told = new Set<RouteView>()
    for (const view of routes) {
      if (!view.purpose.admin || isGuarded(view) || letsStrangersIn(view)) continue
      told.add(view)
      yield {
        subject: view.subject,
        message: `Route ${view.route.name} lets every known caller at a function for operators.`,
        evidence: [`${view.route.match.path} has no authorize policy`],
        confidence: 0.9,
        advice: 'Put `require` with a role or scope of operators on the route.',
      }
    }
    for (const { subject, purpose, routes: through } of endpoints) {
      const open = through.filter(view => !told.has(view) && !isGuarded(view) && !letsStrangersIn(view))
      if (!purpose.admin || open.length === 0) continue
      yield {
        subject,
        message: `${subject} is a function for operators, and every known caller may call it.`,
        evidence: open.map(({ route }) => `route ${route.name} (${route.match.path}) has no authorize policy`),
        confidence: 0.9,
        advice: 'Give it a route of its own with `require` and a role or scope of operators.',
      }
    }
  },
}

/** Somebody decides who may: an authorize policy, a list of networks, or a list of certificates. */
function isGuarded(view: RouteView): boolean {
  return (
    hasPhase(view, 'authorize') ||
    view.chain.some(entry => (entry.use === 'ip' || entry.use === 'mtls') && Array.isArray(settings(entry)['allow']))
  )
}
