import { isWriting } from '../../access.ts'
import { has, settings } from '../../guards.ts'
import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

/** Sizes that limits are written in, MiB. */
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500] as const
const mebibyte = 1024 * 1024

/** A body without an end fills disks and memories behind the gateway. */
export const noBodyLimit: Rule = {
  id: 'no-body-limit',
  heading: 'limits',
  title: 'Bodies of any size',
  severity: 'low',
  references: ['API4:2023', 'CWE-770', 'CWE-400', 'NIST SP 800-228 REC-API-14'],
  *judge({ routes }) {
    for (const view of routes) {
      const { route, subject, endpoints } = view
      const { methods } = route.match
      if (methods.length > 0 && !methods.some(one => isWriting(one) && one !== 'DELETE')) continue
      // A policy that reads the body whole takes no more than `bufferedBody`.
      if (route.bodyMax !== null || has(view, 'json-schema')) continue
      if (view.chain.some(entry => entry.use === 'size' && settings(entry)['body'] !== null)) continue
      const mean = Math.max(
        0,
        ...endpoints.map(({ operation }) =>
          operation === null || operation.traffic.calls === 0
            ? 0
            : operation.traffic.requestBytes / operation.traffic.calls,
        ),
      )
      const mebibytes = steps.find(step => step * mebibyte >= mean * 100) ?? 1_000
      yield {
        subject,
        message: `Route ${route.name} takes bodies of any size.`,
        evidence: [
          'limits.body is unlimited, and no size or json-schema policy',
          ...(mean > 0 ? [`bodies were ${Math.round(mean)} bytes on the average`] : []),
        ],
        confidence: 0.9,
        advice: 'Set `limits.body` of the route to what its largest honest body needs.',
        patch: routePatch(route.name, { limits: { body: `${mean > 0 ? mebibytes : 10}MiB` } }),
      }
    }
  },
}
