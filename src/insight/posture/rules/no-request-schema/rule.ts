import { isWriting } from '../../access.ts'
import { isJson } from '../../contracts.ts'
import { has } from '../../guards.ts'
import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

/** A learnt schema below this confidence would refuse honest callers. */
const confidenceMin = 0.9

/** Whatever JSON a caller writes reaches the service. */
export const noRequestSchema: Rule = {
  id: 'no-request-schema',
  heading: 'parameters',
  title: 'Bodies that nobody checks',
  severity: 'medium',
  references: ['API3:2023', 'API8:2023', 'CWE-20', 'NIST SP 800-228 REC-API-13'],
  *judge({ routes }) {
    for (const view of routes) {
      if (has(view, 'json-schema')) continue
      const { route, subject, endpoints } = view
      const bodies = endpoints.flatMap(one => [
        ...(one.operation?.requests ?? [])
          .filter(({ mediaType, seen }) => isJson(mediaType) && seen >= 3 && isWriting(one.method))
          .map(({ seen, schema, confidence }) => ({
            words: `${one.subject}: JSON bodies in ${seen} calls`,
            schema,
            confidence,
          })),
        ...(one.operation === null &&
        one.declared?.operation.request?.content.some(({ mediaType }) => isJson(mediaType))
          ? [{ words: `${one.subject}: a JSON body is declared`, schema: null, confidence: 1 }]
          : []),
      ])
      if (bodies.length === 0) continue
      const only =
        endpoints.length === 1 && bodies.length === 1 && route.match.methods.length === 1 ? bodies[0] : undefined
      const learnt = only !== undefined && only.schema !== null && only.confidence >= confidenceMin ? only.schema : null
      yield {
        subject,
        message: `Route ${route.name} passes JSON bodies that nobody checked.`,
        evidence: bodies.map(({ words }) => words),
        confidence: 0.9,
        advice:
          learnt === null
            ? 'Give each operation with a body a route with `json-schema`; `portcullis inventory export --policy` prints them from what was learnt.'
            : 'Enforce the schema that was learnt; try it in `mode: observe` first.',
        ...(learnt === null
          ? {}
          : { patch: routePatch(route.name, { policies: [{ use: 'json-schema', with: { request: learnt } }] }) }),
      }
    }
  },
}
