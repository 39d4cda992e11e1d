import { routePatch } from '../../patch.ts'
import type { Rule } from '../../rule.ts'

const fields = [
  'server',
  'x-powered-by',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-generator',
  'x-runtime',
] as const

/** Whoever looks for last week's hole finds it by its version. */
export const softwareVersions: Rule = {
  id: 'software-versions',
  heading: 'responses',
  title: 'Names and versions of software in answers',
  severity: 'low',
  references: ['API8:2023', 'CWE-200', 'CWE-497'],
  *judge({ routes, endpoints }) {
    const told = new Set<string>()
    for (const view of routes) {
      const found = Map.groupBy(
        view.endpoints.flatMap(({ operation }) => (operation === null ? [] : versions(operation.responseFields))),
        ({ field }) => field,
      )
      if (found.size === 0) continue
      for (const { subject } of view.endpoints) told.add(subject)
      yield {
        subject: view.subject,
        message: `Answers through route ${view.route.name} name the software that made them.`,
        evidence: [...found].map(
          ([field, all]) => `${field}: ${all[0]?.value} in ${all.reduce((sum, { calls }) => sum + calls, 0)} answers`,
        ),
        confidence: 1,
        advice: 'Remove the fields on the way back.',
        patch: removal(
          view.route.name,
          [...found.keys()],
          view.chain.find(({ use, level }) => use === 'headers' && level === 'route')?.with,
        ),
      }
    }
    for (const { subject, operation } of endpoints) {
      if (operation === null || told.has(subject)) continue
      const found = versions(operation.responseFields)
      if (found.length === 0) continue
      yield {
        subject,
        message: `Answers of ${subject} name the software that made them.`,
        evidence: found.map(({ field, value, calls }) => `${field}: ${value} in ${calls} answers`),
        confidence: 1,
        advice: 'Remove the fields on the way back: `headers` with `response.remove`.',
      }
    }
  },
}

/** A name with a version; and X-Powered-By whatever it says. `nginx` alone tells little. */
function versions(
  seen: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Array<{ field: string; value: string; calls: number }> {
  return fields.flatMap(field =>
    Object.entries(seen[field] ?? {})
      .filter(([value]) => /\d+\.\d/.test(value) || field === 'x-powered-by')
      .map(([value, calls]) => ({ field, value: value.slice(0, 80), calls })),
  )
}

/** Lists replace lists, so what the route removes already is said again. */
function removal(route: string, names: readonly string[], old: unknown) {
  const before = (old as { response?: { remove?: readonly string[] } } | undefined)?.response?.remove ?? []
  return routePatch(route, {
    policies: [{ use: 'headers', with: { response: { remove: [...new Set([...before, ...names])] } } }],
  })
}
