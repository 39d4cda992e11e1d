// Hot path: sets and closures made at load; a passing check allocates nothing.

import { ConfigError } from '../../core/config-error.ts'
import type { Policy } from '../../core/policy.ts'
import type { Principal } from '../../core/principal.ts'
import { refuse } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'

/** Both must hold when both are given. */
export interface Rule {
  readonly all: readonly string[] | null
  readonly any: readonly string[] | null
}

export type ClaimValue = string | number | boolean

/** Who may call; every member that is given must hold. */
export interface WantedPrincipal {
  readonly method?: string | undefined
  readonly issuer?: string | undefined
  readonly subject?: string | undefined
}

export interface RequireConfig {
  /** Any of them; null: whoever holds the rest. */
  readonly principals: readonly WantedPrincipal[] | null
  readonly scopes: Rule | null
  readonly roles: Rule | null
  readonly groups: Rule | null
  /** Claim name, or JSON pointer (RFC 6901) → accepted values. */
  readonly claims: Readonly<Record<string, readonly ClaimValue[]>> | null
}

/** Methods whose credential is a bearer token, and so answer as RFC 6750 §3.1 says. */
const bearerMethods: ReadonlySet<string> = new Set(['jwt', 'oidc', 'introspection'])

const notNamed = refuse('forbidden', { reason: 'is none of the principals that may' })
const none: readonly WantedPrincipal[] = []

const nobody = refuse('forbidden', { reason: 'nobody was identified' })

/** Lets pass who carries the scopes, roles, groups and claims that the configuration names. */
export const require: Policy<RequireConfig> = {
  name: 'require',
  phase: 'authorize',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  sharesForm: true,
  compile(config) {
    const scopes = config.scopes
    const named = config.principals === null ? null : compilePrincipals(config.principals)
    const rules = (['roles', 'groups'] as const).flatMap(kind => {
      const rule = config[kind]
      return rule === null ? [] : [{ kind, rule }]
    })
    const claims = Object.entries(config.claims ?? {}).map(([name, accepted]) => ({
      name,
      holds: compileClaim(name, accepted),
    }))
    const bearer = scopes === null ? [] : [['WWW-Authenticate', insufficientScope(scopes)] as const]

    return {
      request(x) {
        const who = x.principal
        if (who === null) return nobody
        if (named !== null && !named(who)) return notNamed
        for (const { kind, rule } of rules) {
          if (!holds(rule, who[kind])) return refuse('forbidden', { reason: `${kind} do not suffice` })
        }
        for (const claim of claims) {
          if (!claim.holds(who)) return refuse('forbidden', { reason: `claim ${claim.name} does not suffice` })
        }
        // Last, so that a caller who lacks more than scopes is not sent away for a scope that would not help.
        if (scopes !== null && !holds(scopes, who.scopes)) {
          const headers = bearerMethods.has(who.method) ? bearer : []
          return refuse('forbidden', { reason: 'scopes do not suffice', headers })
        }
        return PASS
      },
    }
  },
}

function holds(rule: Rule, have: readonly string[]): boolean {
  if (rule.all !== null) for (const name of rule.all) if (!have.includes(name)) return false
  if (rule.any === null) return true
  for (const name of rule.any) if (have.includes(name)) return true
  return false
}

/** By subject first: a list may name hundreds, and one look-up finds the few that can hold. */
function compilePrincipals(wanted: readonly WantedPrincipal[]): (who: Principal) => boolean {
  const bySubject = new Map<string, WantedPrincipal[]>()
  const ofAnySubject: WantedPrincipal[] = []
  for (const one of wanted) {
    if (one.subject === undefined) ofAnySubject.push(one)
    else bySubject.set(one.subject, [...(bySubject.get(one.subject) ?? []), one])
  }
  return who => {
    for (const one of bySubject.get(who.subject) ?? none) if (provenAs(one, who)) return true
    for (const one of ofAnySubject) if (provenAs(one, who)) return true
    return false
  }
}

/** One issuer's `alice` is not another's, and a key's is not a token's. */
function provenAs({ method, issuer }: WantedPrincipal, who: Principal): boolean {
  return (method === undefined || method === who.method) && (issuer === undefined || issuer === who.issuer)
}

/** Does the claim, or a member of it when it is a list, equal an accepted value? Types are compared too: "1" is not 1. */
function compileClaim(name: string, accepted: readonly ClaimValue[]): (who: Principal) => boolean {
  const path = claimPath(name)
  const values = new Set<unknown>(accepted)
  return who => {
    let value: unknown = who.claims
    for (const step of path) {
      // Own members alone: `constructor` is in every object, and nobody's claim.
      if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, step))
        return false
      value = (value as Record<string, unknown>)[step]
    }
    return Array.isArray(value) ? value.some(one => values.has(one)) : values.has(value)
  }
}

function claimPath(name: string): readonly string[] {
  if (!name.startsWith('/')) return [name]
  if (/~(?![01])/.test(name))
    throw new ConfigError({
      pointer: '/claims',
      reason: `${name} is not a JSON pointer`,
      hint: '~ is written ~0, / is ~1',
    })
  return name
    .slice(1)
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** RFC 6750 §3.1. */
function insufficientScope(rule: Rule): string {
  const names = [...(rule.all ?? []), ...(rule.any ?? [])]
  if (!names.every(name => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))) {
    throw new ConfigError({
      pointer: '/scopes',
      reason: 'a scope has a character that scopes cannot have (RFC 6749 §3.3)',
    })
  }
  return `Bearer error="insufficient_scope", scope="${names.join(' ')}"`
}
