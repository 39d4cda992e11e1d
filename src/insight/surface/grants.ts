import { effectiveChain } from '../../config/chain.ts'
import type { Config, PolicyEntry, RouteConfig } from '../../config/types.ts'
import { levels } from '../../core/phase.ts'
import { keysOf, settingsOf, usersOf } from './configured-principals.ts'
import type { Granted, Guest } from './guests.ts'

/** What the enforced policies of a route say to a guest, and which of them says no. */
export interface Grant {
  readonly granted: Granted
  /** Id of the policy that refuses; null when none does, or none of the route's proofs is the guest's. */
  readonly refusedBy: string | null
}

const yes: Grant = { granted: 'yes', refusedBy: null }
const unknown: Grant = { granted: 'unknown', refusedBy: null }

/**
 * Who is let through where, from the configuration alone: identify policies of all levels, `require`, and address lists that let nobody in.
 * What stands in a token or a certificate is not known here; then the answer is `unknown`.
 */
export class Grants {
  readonly #chains = new Map<RouteConfig, readonly PolicyEntry[]>()
  readonly #known = new Map<RouteConfig, Map<string, Grant>>()
  readonly #config: Config
  /** Unix time, ms: keys that have expired let nobody in. */
  readonly #nowMs: number

  constructor(config: Config, nowMs: number) {
    this.#config = config
    this.#nowMs = nowMs
  }

  of(guest: Guest, route: RouteConfig): Grant {
    let known = this.#known.get(route)
    if (known === undefined) this.#known.set(route, (known = new Map()))
    let grant = known.get(guest.id)
    if (grant === undefined) known.set(guest.id, (grant = this.#judge(guest, route)))
    return grant
  }

  #judge(guest: Guest, route: RouteConfig): Grant {
    const chain = this.#chainOf(route)
    const closed = chain.find(entry => entry.use === 'ip' && isEmptyList(settingsOf(entry)['allow']))
    if (closed !== undefined) return { granted: 'no', refusedBy: closed.id }
    let sure: Grant = this.#proof(guest, route, chain)
    if (sure.granted === 'no') return sure
    for (const entry of chain) {
      if (entry.use !== 'require') continue
      const held = this.#requirement(guest, entry, chain)
      if (held === 'no') return { granted: 'no', refusedBy: entry.id }
      if (held === 'unknown') sure = unknown
    }
    return sure
  }

  /** Can somebody who proves nothing pass? */
  letsAnybodyIn(route: RouteConfig): boolean {
    return identifyLevels(this.#chainOf(route)).every(level => level.some(({ use }) => use === 'anonymous'))
  }

  #chainOf(route: RouteConfig): readonly PolicyEntry[] {
    let chain = this.#chains.get(route)
    if (chain === undefined) {
      chain = effectiveChain(this.#config, route).filter(({ mode }) => mode === 'enforce')
      this.#chains.set(route, chain)
    }
    return chain
  }

  /** Whoever passed last is who calls: the lowest level decides, and one that takes anonymous callers keeps who was proven above it. */
  #proof(guest: Guest, route: RouteConfig, chain: readonly PolicyEntry[]): Grant {
    const proofs = identifyLevels(chain)
    if (guest.kind === 'anybody')
      return proofs.every(level => level.some(({ use }) => use === 'anonymous'))
        ? yes
        : { granted: 'no', refusedBy: null }
    for (const [i, level] of proofs.toReversed().entries()) {
      const found = level.filter(entry => entry.use === guest.method).map(entry => this.#admits(guest, entry, route))
      const best = found.includes('yes') ? 'yes' : found.includes('unknown') ? 'unknown' : 'no'
      // Levels above ask for a proof of their own, which is not in his name.
      const outer = proofs.length - 1 - i
      if (best !== 'no') return best === 'yes' && outer === 0 ? yes : unknown
      if (found.length > 0)
        return { granted: 'no', refusedBy: level.find(({ use }) => use === guest.method)?.id ?? null }
      if (!level.some(({ use }) => use === 'anonymous')) return { granted: 'no', refusedBy: null }
    }
    return { granted: 'no', refusedBy: null }
  }

  #admits(guest: Guest, entry: PolicyEntry, route: RouteConfig): Granted {
    const settings = settingsOf(entry)
    switch (entry.use) {
      case 'jwt':
        return settings['issuer'] === guest.issuer ? 'yes' : 'no'
      case 'basic': {
        if (settings['realm'] !== guest.issuer) return 'no'
        const users = usersOf(entry)
        return guest.kind !== 'principal'
          ? 'yes'
          : users.size === 0
            ? 'unknown'
            : users.has(guest.subject)
              ? 'yes'
              : 'no'
      }
      case 'api-key': {
        if (guest.kind !== 'principal') return 'yes'
        const keys = keysOf(entry)
        const good = keys.filter(
          key =>
            (key.subject ?? key.id) === guest.subject &&
            (key.expires === null || key.expires > this.#nowMs) &&
            (key.services === null || key.services.includes(route.service)),
        )
        return good.length > 0 ? 'yes' : 'no'
      }
      case 'mtls':
        return certificateFits(guest, settings['allow'])
      default:
        return 'unknown'
    }
  }

  #requirement(guest: Guest, entry: PolicyEntry, chain: readonly PolicyEntry[]): Granted {
    const { principals, scopes, roles, groups, claims } = settingsOf(entry)
    const named = principals === null || principals === undefined ? 'yes' : isNamed(guest, principals)
    if (named === 'no') return 'no'
    const asked = [scopes, roles, groups, claims].filter(one => one !== null && one !== undefined)
    if (asked.length === 0) return named
    if (guest.kind === 'anybody') return 'no'
    const facts = factsOf(guest, chain)
    if (facts === null) return 'unknown'
    const holding = facts.some(
      ({ scopes: s, roles: r, groups: g, claims: c }) =>
        holds(scopes, s) && holds(roles, r) && holds(groups, g) && claimsHold(claims, c),
    )
    return holding ? named : 'no'
  }
}

function identifyLevels(chain: readonly PolicyEntry[]): PolicyEntry[][] {
  const identify = chain.filter(({ phase }) => phase === 'identify')
  return levels.map(level => identify.filter(entry => entry.level === level)).filter(entries => entries.length > 0)
}

interface Facts {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a proof says beside the name, for each proof that he may show; null: it is in the proof alone. */
function factsOf(guest: Guest, chain: readonly PolicyEntry[]): readonly Facts[] | null {
  if (guest.kind !== 'principal') return null
  if (guest.method === 'api-key')
    return chain
      .filter(({ use }) => use === 'api-key')
      .flatMap(entry => keysOf(entry))
      .filter(key => (key.subject ?? key.id) === guest.subject)
      .map(({ id, scopes, roles, groups, tags }) => ({ scopes, roles, groups, claims: { ...tags, keyId: id } }))
  if (guest.method === 'basic')
    return chain
      .filter(({ use }) => use === 'basic')
      .map(entry => ({
        scopes: [],
        roles: listsWith(settingsOf(entry)['roles'], guest.subject),
        groups: listsWith(settingsOf(entry)['groups'], guest.subject),
        claims: {},
      }))
  return null
}

/** Names of the lists that the user is in. */
function listsWith(lists: unknown, user: string): string[] {
  return Object.entries((lists ?? {}) as Record<string, readonly string[]>)
    .filter(([, users]) => users.includes(user))
    .map(([name]) => name)
}

function holds(rule: unknown, have: readonly string[]): boolean {
  const { all, any } = (rule ?? {}) as { all?: readonly string[] | null; any?: readonly string[] | null }
  if (!(all ?? []).every(name => have.includes(name))) return false
  return any === null || any === undefined || any.some(name => have.includes(name))
}

/** As `require` compares them, without pointers into nested claims: keys have none. */
function claimsHold(claims: unknown, have: Readonly<Record<string, unknown>>): boolean {
  return Object.entries((claims ?? {}) as Record<string, readonly unknown[]>).every(([name, accepted]) => {
    const value = Object.hasOwn(have, name) ? have[name] : undefined
    return Array.isArray(value) ? value.some(one => accepted.includes(one)) : accepted.includes(value)
  })
}

function isNamed(guest: Guest, principals: unknown): Granted {
  const list = principals as ReadonlyArray<{ method?: string; issuer?: string; subject?: string }>
  const fitting = list.filter(
    ({ method, issuer }) =>
      (method === undefined || method === guest.method) && (issuer === undefined || issuer === guest.issuer),
  )
  if (fitting.some(({ subject }) => subject === undefined)) return 'yes'
  if (guest.kind === 'principal') return fitting.some(({ subject }) => subject === guest.subject) ? 'yes' : 'no'
  // Those of a group who are named may; that is not the group.
  return guest.kind === 'group' && fitting.length > 0 ? 'unknown' : 'no'
}

/** A SPIFFE id and a distinguished name can be compared; other names of a certificate are not in the caller's name. */
function certificateFits(guest: Guest, allow: unknown): Granted {
  if (allow === null || allow === undefined) return 'yes'
  const list = allow as ReadonlyArray<Readonly<Record<string, string>>>
  if (guest.kind !== 'principal') return 'unknown'
  let best: Granted = 'no'
  for (const identity of list) {
    const { spiffe, subject, ...rest } = identity
    if (spiffe !== undefined && !spiffeFits(spiffe, guest.subject)) continue
    const spiffeId = guest.subject.startsWith('spiffe://')
    // Whoever has a SPIFFE id goes by it; his distinguished name is not seen.
    if (subject !== undefined && !spiffeId && subject !== guest.subject) continue
    if (Object.keys(rest).length === 0 && (subject === undefined || !spiffeId)) return 'yes'
    best = 'unknown'
  }
  return best
}

function spiffeFits(wanted: string, subject: string): boolean {
  if (!wanted.endsWith('/**')) return wanted === subject
  const prefix = wanted.slice(0, -2)
  return subject.startsWith(prefix) && subject.length > prefix.length
}

function isEmptyList(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every(text => typeof text === 'string' && text.replace(/#[^\n]*/g, '').trim() === '')
  )
}
