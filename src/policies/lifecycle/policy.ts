// Hot path: a comparison and some appended fields per exchange.
import type { Policy } from '../../core/policy.ts'
import { problemsOf } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'

export interface LifecycleConfig {
  /** Unix time, ms. */
  readonly deprecated: number | null
  readonly sunset: number | null
  readonly link: string | null
  readonly afterSunset: 'refuse' | 'serve'
}

const problems = { retired: [410, 'This operation has been retired'] } as const
const problem = problemsOf(problems)

/** Announces the end of an API to its callers, and brings it about. */
export const lifecycle: Policy<LifecycleConfig> = {
  name: 'lifecycle',
  phase: 'admit',
  schema: async () => (await import('./schema.ts')).schema,
  problems,
  compile({ deprecated, sunset, link, afterSunset }, { clock }) {
    const fields: Array<readonly [name: string, value: string]> = []
    // RFC 9745 §2: a structured-field date; RFC 8594 §3: an HTTP date.
    if (deprecated !== null) fields.push(['Deprecation', `@${Math.floor(deprecated / 1000)}`])
    if (sunset !== null) fields.push(['Sunset', new Date(sunset).toUTCString()])
    const links =
      link === null
        ? null
        : `<${link}>; rel="${[deprecated === null ? '' : 'deprecation', sunset === null ? '' : 'sunset'].join(' ').trim()}"`
    const ends = sunset !== null && afterSunset === 'refuse' ? sunset : Number.POSITIVE_INFINITY
    return {
      ...(ends !== Number.POSITIVE_INFINITY && {
        request: () =>
          clock.now() < ends ? PASS : problem('retired', { reason: `its sunset was ${new Date(ends).toISOString()}` }),
      }),
      response(x) {
        // The gateway's word replaces the service's: two dates would be two ends.
        for (const [name, value] of fields) x.setResponse(name, value)
        if (links !== null) x.addResponse('Link', links)
        return PASS
      },
    }
  },
}
