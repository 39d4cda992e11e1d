// Hot path: a remembered password costs one HMAC and one look-up.

import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Policy } from '../../core/policy.ts'
import { principal, type Principal } from '../../core/principal.ts'
import { refuse, type Problem } from '../../core/problem.ts'
import { PASS, SKIP, type Verdict } from '../../core/verdict.ts'
import { addressBlock } from '../../lib/address.ts'
import { basicToken } from './credentials.ts'
import { createGuessLimit } from './guess-limit.ts'
import { createHashGate, gateBytes } from './hash-gate.ts'
import { createLoginMemory, createLogins, type Login } from './logins.ts'
import { readUsers } from './users.ts'

export interface BasicConfig {
  readonly realm: string
  /** htpasswd text. */
  readonly users: string
  /** Name → users. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** ms; 0 = no cache. */
  readonly cache: number
  readonly guesses: {
    readonly perUser: number
    readonly perAddress: number
    readonly waitMax: number
    readonly forget: number
  }
  readonly forward: boolean
}

/** Proves the caller by user and password (RFC 7617) against slow, salted hashes. */
export const basic: Policy<BasicConfig> = {
  name: 'basic',
  phase: 'identify',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  counters: ['hashes', 'wrong', 'slowed', 'shed'],
  warnings(config) {
    const users = readUsers(config.users, [])
    const warnings = users.size === 0 ? ['basic: there are no users, so nobody can call'] : []
    const weak = [...users].filter(([, hash]) => /^\$2[aby]\$0[4-9]\$/.test(hash.text)).map(([user]) => user)
    // htpasswd -B without -C makes cost 5, 32 times cheaper to guess than cost 10.
    if (weak.length > 0) warnings.push(`basic: bcrypt below cost 10 for ${weak.slice(0, 10).join(', ')}`)
    return warnings
  },
  sharesForm: true,
  compile(config, host) {
    const issues: ConfigIssue[] = []
    const users = readUsers(config.users, issues)
    const principals = compilePrincipals(config, [...users.keys()], issues)
    if (issues.length > 0) throw new ConfigError(issues)

    const challenge = `Basic realm="${config.realm.replaceAll(/[\\"]/g, '\\$&')}", charset="UTF-8"`
    const headers = [['WWW-Authenticate', challenge]] as const
    const invalid = (reason: string): Problem => refuse('credential-invalid', { reason, headers })
    const { perUser, perAddress, waitMax, forget } = config.guesses
    const logins = createLogins({
      users,
      clock: host.clock,
      cacheMs: config.cache,
      // Kept over reloads: a reload must not forget an attacker's guesses, nor let more hashes run at once.
      gate: host.keep('basic/gate', () =>
        createHashGate(host.counters.slowHashes ?? new SharedArrayBuffer(gateBytes), host.clock),
      ),
      guesses: host.keep(`basic/guesses/${config.realm}/${perUser}/${perAddress}/${waitMax}/${forget}`, () =>
        createGuessLimit({ perUser, perAddress, waitMaxMs: waitMax, forgetMs: forget }, host.clock),
      ),
      memory: host.keep('basic/memory', createLoginMemory),
      counters: {
        hashes: host.counter('hashes'),
        wrong: host.counter('wrong'),
        slowed: host.counter('slowed'),
        shed: host.counter('shed'),
      },
    })

    const verdictOf = (login: Login, x: Exchange): Verdict => {
      switch (login.kind) {
        case 'right':
          x.principal = principals.get(login.user) ?? null
          if (!config.forward) x.removeRequest('authorization')
          return PASS
        case 'wrong':
          return invalid(login.reason)
        case 'busy':
          return refuse('overloaded', {
            reason: 'too many passwords wait to be checked',
            headers: [['Retry-After', '1']],
          })
        case 'wait': {
          const seconds = String(Math.ceil(login.waitMs / 1000))
          return refuse('rate-limited', {
            reason: `too many wrong passwords, ${seconds} s to wait`,
            headers: [['Retry-After', seconds]],
          })
        }
        default:
          return login satisfies never
      }
    }

    return {
      challenge,
      request(x) {
        const lines = x.headers.all('authorization')
        if (lines.length === 0) return SKIP
        // Two credentials are two opinions: the service or the log might pick the other one.
        if (lines.length > 1) return invalid('more than one Authorization field')
        const token = basicToken(lines[0] as string)
        if (token === null) return SKIP
        const login = logins.check(token, addressBlock(x.client.address))
        return login instanceof Promise ? login.then(late => verdictOf(late, x)) : verdictOf(login, x)
      },
    }
  },
}

function compilePrincipals(
  config: BasicConfig,
  users: readonly string[],
  issues: ConfigIssue[],
): ReadonlyMap<string, Principal> {
  const namesOf = (kind: 'roles' | 'groups'): ReadonlyMap<string, string[]> => {
    const names = new Map<string, string[]>(users.map(user => [user, []]))
    for (const [name, members] of Object.entries(config[kind])) {
      for (const [index, member] of members.entries()) {
        const list = names.get(member)
        if (list === undefined)
          issues.push({
            pointer: `/${kind}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}/${index}`,
            reason: `there is no user ${member}`,
          })
        else list.push(name)
      }
    }
    return names
  }
  const roles = namesOf('roles')
  const groups = namesOf('groups')
  return new Map(
    users.map(user => [
      user,
      Object.freeze(
        principal({
          method: 'basic',
          issuer: config.realm,
          subject: user,
          roles: roles.get(user) ?? [],
          groups: groups.get(user) ?? [],
        }),
      ),
    ]),
  )
}
