// Hot path: one SHA-256, one look-up, no allocation for the principal.

import { hash, timingSafeEqual } from 'node:crypto'
import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Policy } from '../../core/policy.ts'
import { principal, type Principal } from '../../core/principal.ts'
import { refuse, type Problem } from '../../core/problem.ts'
import { PASS, SKIP } from '../../core/verdict.ts'
import { queryValues } from './query.ts'

export interface ApiKeyConfig {
  readonly header: string
  readonly query: string | null
  readonly keys: readonly ApiKey[]
  readonly forward: boolean
}

export interface ApiKey {
  readonly id: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly subject?: string | undefined
  readonly tenant: string | null
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly tags: Readonly<Record<string, string | number | boolean>>
  /** ms since the epoch; null = never. */
  readonly expires: number | null
  readonly services: readonly string[] | null
}

interface Holder {
  readonly id: string
  readonly digest: Buffer
  readonly principal: Principal
  readonly expires: number
  readonly services: ReadonlySet<string> | null
}

/** No key is longer: hashing must not be work that a stranger can order by the megabyte. */
const KEY_BYTES_MAX = 512

const keyForm = /^[\x21-\x7e]+$/

/** Proves the caller by a secret key of high entropy, of which only the SHA-256 is known here. */
export const apiKey: Policy<ApiKeyConfig> = {
  name: 'api-key',
  phase: 'identify',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  warnings(config) {
    const warnings: string[] = []
    if (config.query !== null)
      warnings.push(`api-key: keys in the query (${config.query}) end up in logs, histories and Referer fields`)
    if (config.keys.length === 0) warnings.push('api-key: there are no keys, so nobody can call')
    return warnings
  },
  sharesForm: true,
  compile(config) {
    const holders = compileKeys(config)
    const header = config.header.toLowerCase()
    const { query, forward } = config
    const challenge = `ApiKey in="header", name="${config.header}"`
    const headers = [['WWW-Authenticate', challenge]] as const
    const invalid = (reason: string): Problem => refuse('credential-invalid', { reason, headers })

    return {
      challenge,
      request(x) {
        const given = x.headers.all(header)
        if (query !== null && x.query !== '') given.push(...queryValues(x.query, query))
        if (given.length === 0) return SKIP
        // Two keys are two opinions: the service or the log might pick the other one.
        if (given.length > 1) return invalid('more than one key')
        const key = given[0] as string
        if (key.length > KEY_BYTES_MAX || !keyForm.test(key)) return invalid('not the form of a key')
        const digest = hash('sha256', key, 'hex')
        // What the time of the look-up could tell is about the digest, which nobody can steer without knowing the key.
        const holder = holders.get(digest)
        if (holder === undefined || !timingSafeEqual(holder.digest, Buffer.from(digest, 'latin1')))
          return invalid('unknown key')
        if (x.time >= holder.expires)
          return refuse('credential-expired', { reason: `key ${holder.id} has expired`, headers })
        // Whom a refusal turns away is proven all the same, and stands in the event.
        x.principal = holder.principal
        if (holder.services !== null && !isGoodFor(holder.services, x)) {
          return refuse('forbidden', { reason: `key ${holder.id} is not good for this service` })
        }
        if (!forward) x.removeRequest(header)
        return PASS
      },
    }
  },
}

function isGoodFor(services: ReadonlySet<string>, x: Exchange): boolean {
  return x.route !== null && services.has(x.route.service)
}

function compileKeys(config: ApiKeyConfig): ReadonlyMap<string, Holder> {
  const issues: ConfigIssue[] = []
  // The path and query reach the service unchanged, so a key in the query would reach it too: that has to be wanted.
  if (config.query !== null && !config.forward) {
    issues.push({
      pointer: '/query',
      reason: 'a key in the query reaches the service',
      hint: 'say `forward: true`, or use the header',
    })
  }
  const holders = new Map<string, Holder>()
  const ids = new Set<string>()
  for (const [index, key] of config.keys.entries()) {
    if (ids.has(key.id)) issues.push({ pointer: `/keys/${index}/id`, reason: `a second key with the id ${key.id}` })
    if (holders.has(key.sha256))
      issues.push({ pointer: `/keys/${index}/sha256`, reason: `the same key as ${holders.get(key.sha256)?.id}` })
    ids.add(key.id)
    holders.set(key.sha256, holderOf(key))
  }
  if (issues.length > 0) throw new ConfigError(issues)
  return holders
}

function holderOf(key: ApiKey): Holder {
  const claims = Object.freeze(
    Object.assign(Object.create(null) as Record<string, unknown>, key.tags, { keyId: key.id }),
  )
  const { scopes, roles, groups, tenant } = key
  return {
    id: key.id,
    digest: Buffer.from(key.sha256, 'latin1'),
    principal: Object.freeze(
      principal({ method: 'api-key', subject: key.subject ?? key.id, scopes, roles, groups, tenant, claims }),
    ),
    expires: key.expires ?? Number.POSITIVE_INFINITY,
    services: key.services === null ? null : new Set(key.services),
  }
}
