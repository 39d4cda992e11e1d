// Hot path: a few comparisons per request.

import type { Exchange } from '../../core/exchange.ts'
import type { Fields } from '../../core/fields.ts'
import type { Policy } from '../../core/policy.ts'
import { problemsOf } from '../../core/problem.ts'
import { PASS, type Verdict } from '../../core/verdict.ts'

export interface SizeConfig {
  /** Largest path with query, bytes. */
  readonly url: number | null
  /** Largest sum of header lines, bytes. */
  readonly head: number | null
  /** Largest body in bytes by media type, `type/*` or `default`. */
  readonly body: (Readonly<Record<string, number>> & { readonly default: number }) | null
  readonly chunked: 'refuse' | 'allow'
}

const problems = { 'length-required': [411, 'The length of the body must be declared'] } as const
const problem = problemsOf(problems)

/** Refuses requests that are larger than their kind needs, before anything of the body is read. */
export const size: Policy<SizeConfig> = {
  name: 'size',
  phase: 'admit',
  schema: async () => (await import('./schema.ts')).schema,
  problems,
  warnings(config) {
    if (config.body === null || config.chunked === 'refuse') return []
    return ['size: chunked bodies are not held to `body`, only to the limit of the route (`limits: { body }`)']
  },
  sharesForm: true,
  compile(config) {
    const { url, head } = config
    const body = config.body === null ? null : compileBody(config.body, config.chunked)
    return {
      request(x) {
        if (url !== null && x.path.length + (x.query === '' ? 0 : x.query.length + 1) > url) {
          return problem('uri-too-long', { reason: `larger than ${url} bytes` })
        }
        if (head !== null && headBytes(x.headers) > head) {
          return problem('head-too-large', { reason: `header lines larger than ${head} bytes` })
        }
        return body === null || x.contentLength === 0 ? PASS : body(x)
      },
    }
  },
}

function compileBody(
  byType: NonNullable<SizeConfig['body']>,
  chunked: SizeConfig['chunked'],
): (x: Exchange) => Verdict {
  const limits = new Map(Object.entries(byType))
  return x => {
    // A length that is not declared cannot be judged before it arrives: peers that look at Content-Length alone are passed by
    // chunking (Kong request-size-limiting).
    if (x.contentLength < 0) {
      return chunked === 'allow' ? PASS : problem('length-required', { reason: 'a chunked body under a body limit' })
    }
    const types = x.headers.all('content-type')
    // Two types are two opinions: the larger limit would be the caller's choice.
    if (types.length > 1) return problem('malformed-request', { reason: 'more than one Content-Type' })
    const max = limitOf(limits, types[0] ?? '') ?? byType.default
    return x.contentLength <= max
      ? PASS
      : problem('body-too-large', { reason: `${x.contentLength} bytes, the limit is ${max}` })
  }
}

function limitOf(limits: ReadonlyMap<string, number>, contentType: string): number | undefined {
  const semicolon = contentType.indexOf(';')
  const essence = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  const slash = essence.indexOf('/')
  if (slash === -1) return undefined
  return limits.get(essence) ?? limits.get(`${essence.slice(0, slash)}/*`)
}

/** Each line as `name: value` CRLF. */
function headBytes(fields: Fields): number {
  const { offsets } = fields
  let sum = 0
  for (let i = 0; i < offsets.length; i += 4) {
    sum +=
      (offsets[i + 1] as number) -
      (offsets[i] as number) +
      ((offsets[i + 3] as number) - (offsets[i + 2] as number)) +
      4
  }
  return sum
}
