import { has } from '../../guards.ts'
import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

const bytesMax = 16 * 1024 * 1024

/** So much of a stranger's body is held in memory, for each request. */
export const largeBuffer: Rule = {
  id: 'large-buffer',
  heading: 'limits',
  title: 'Very large bodies held in memory',
  severity: 'low',
  references: ['API4:2023', 'CWE-770', 'NIST SP 800-228 REC-API-14'],
  *judge({ routes }) {
    for (const view of routes) {
      const { route, subject } = view
      if (route.bufferedBodyMax <= bytesMax || !has(view, 'json-schema')) continue
      yield {
        subject,
        message: `Route ${route.name} holds bodies of up to ${Math.round(route.bufferedBodyMax / 1024 / 1024)} MiB in memory.`,
        evidence: [`limits.bufferedBody is ${route.bufferedBodyMax} bytes, above ${bytesMax}`],
        confidence: 0.9,
        advice: 'Keep inspected bodies small; let large uploads stream on a route of their own.',
        patch: routePatch(route.name, { limits: { bufferedBody: '16MiB' } }),
      }
    }
  },
}
