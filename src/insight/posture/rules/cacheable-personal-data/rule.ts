import { isSecret } from '../../../model/data-class.ts'
import { has, settings } from '../../guards.ts'
import { routePatch } from '../../patch.ts'
import type { Endpoint } from '../../estate.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords, isPersonal } from '../../sensitive.ts'

/** A proxy on the way, or the next user of the browser, gets the answer of somebody else. */
export const cacheablePersonalData: Rule = {
  id: 'cacheable-personal-data',
  heading: 'responses',
  title: 'Personal data that caches may keep',
  severity: 'low',
  references: ['API8:2023', 'CWE-525', 'CWE-524'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, method, operation, routes } = endpoint
      if (operation === null || method !== 'GET') continue
      const classes = [...classesIn(operation, 'response', isPersonal), ...classesIn(operation, 'response', isSecret)]
      const why = classes.length === 0 ? null : keeps(endpoint)
      if (why === null) continue
      const only = routes.length === 1 && !has(routes[0] as (typeof routes)[number], 'headers') ? routes[0] : undefined
      yield {
        subject,
        message: `${subject} lets caches keep personal data.`,
        evidence: [why, ...classes.map(classWords)],
        confidence: 0.85,
        severity: /public|s-maxage/.test(why) ? 'medium' : 'low',
        advice: 'Answer with `Cache-Control: no-store`; the policy `headers` adds it where the service says nothing.',
        ...(only === undefined
          ? {}
          : {
              patch: routePatch(only.route.name, {
                policies: [{ use: 'headers', with: { response: { set: { 'Cache-Control': 'no-store' } } } }],
              }),
            }),
      }
    }
  },
}

/** Why a cache may keep it; null: it may not. */
function keeps({ operation, routes }: Endpoint): string | null {
  const setByUs =
    routes.length > 0 &&
    routes.every(view =>
      view.chain.some(entry => {
        const { security, response } = settings(entry) as {
          security?: unknown
          response?: { set?: ReadonlyArray<{ name: string; value: unknown }> }
        }
        if (entry.use !== 'headers') return false
        const own = response?.set?.find(({ name }) => name.toLowerCase() === 'cache-control')
        return own !== undefined ? /no-store|private/.test(String(own.value)) : security === 'override'
      }),
    )
  if (setByUs) return null
  const seen = Object.entries(operation?.responseFields['cache-control'] ?? {})
  const open = seen.filter(([value]) => !/no-store|private|no-cache|^\{other\}$/i.test(value))
  if (open.length > 0) return `Cache-Control: ${open[0]?.[0].slice(0, 80)} in ${open[0]?.[1]} answers`
  if (seen.length > 0 || routes.some(view => has(view, 'headers'))) return null
  return 'no Cache-Control was seen'
}
