import { officePassword, partnerKey } from './configuration.ts'
import { services } from './estate.ts'
import type { Operation } from './operation.ts'
import type { Person } from './person.ts'
import type { Random } from './random.ts'
import type { TokenIssuer } from './tokens.ts'
import { issuer } from './tokens.ts'

/** Who makes a call: a person in a browser or app, a partner's program, one of the services, or nobody that is known. */
export type Caller =
  | {
      readonly kind: 'person' | 'operator'
      readonly person: Person
      readonly address: string
      readonly agent: string
      readonly traces: boolean
      /** Names the device, when the person has signed in on more than one. */
      readonly device?: string
    }
  | {
      readonly kind: 'partner'
      readonly name: string
      readonly person: Person
      readonly address: string
      readonly agent: string
      readonly traces: boolean
    }

export interface Credentials {
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly query: Readonly<Record<string, string>>
  /** As the gateway proved it. */
  readonly principal: { readonly subject: string; readonly method: string; readonly issuer: string | null }
}

export const nobodyKnown = { subject: 'anonymous', method: 'anonymous', issuer: null } as const
const allScopes = [...new Set(['read', 'write'].flatMap(right => services.map(({ name }) => `${name}:${right}`)))].join(
  ' ',
)

/** What callers show, remembered for as long as a token lives. */
export interface Wallet {
  show(caller: Caller, operation: Operation, nowMs: number, random: Random): Credentials
  /** A token that was good some hours ago. */
  showExpired(caller: Caller, operation: Operation, nowMs: number): Credentials
}

export function createWallet(seed: Random, tokens: TokenIssuer): Wallet {
  const issued = new Map<string, { readonly token: string; readonly untilMs: number }>()

  function tokenFor(caller: Caller, operation: Operation, nowMs: number): string {
    const kind = operation.token ?? 'sound'
    const key = `${caller.person.id}/${kind}/${deviceOf(caller)}`
    const known = issued.get(key)
    if (known !== undefined && nowMs < known.untilMs) return known.token
    const token = tokens.issue(caller.person, claimsOf(caller), nowMs, kind)
    issued.set(key, { token, untilMs: nowMs + 50 * 60_000 })
    return token
  }

  return {
    showExpired: (caller, operation, nowMs) =>
      withToken(
        tokens.issue(caller.person, claimsOf(caller), nowMs - 4 * 3_600_000, operation.token ?? 'sound'),
        caller,
      ),
    show(caller, operation, nowMs, random) {
      const { proof } = operation
      switch (proof) {
        case 'optional':
          if (random.chance(0.4)) return anonymously()
          return withToken(tokenFor(caller, operation, nowMs), caller)
        case 'token':
        case 'operator':
          return withToken(tokenFor(caller, operation, nowMs), caller)
        case 'passed-token':
          return { ...anonymously(), headers: [['authorization', `Bearer ${tokenFor(caller, operation, nowMs)}`]] }
        case 'key':
          return {
            headers: [['x-api-key', partnerKey(seed, caller.kind === 'partner' ? caller.name : 'marktplatz')]],
            query: {},
            principal: {
              subject: caller.kind === 'partner' ? caller.name : 'marktplatz',
              method: 'api-key',
              issuer: null,
            },
          }
        case 'password':
          return {
            headers: [['authorization', `Basic ${Buffer.from(`office:${officePassword}`).toString('base64')}`]],
            query: {},
            principal: { subject: 'office', method: 'basic', issuer: 'back-office' },
          }
        case 'session':
          return {
            ...anonymously(),
            headers: [['cookie', `shop_session=${seed.fork(`session/${caller.person.id}`).hex(32)}; theme=light`]],
          }
        case 'bearer':
          return {
            ...anonymously(),
            headers: [['authorization', `Bearer ${seed.fork(`bearer/${caller.person.id}`).hex(48)}`]],
          }
        case 'passed-key':
          return { ...anonymously(), headers: [['x-api-key', seed.pick(['123456', 'changeme'])]] }
        case 'query-key':
          return { ...anonymously(), query: { api_key: seed.fork(`query/${caller.person.id}`).hex(32) } }
        case 'query-token':
          return { ...anonymously(), query: { access_token: seed.fork(`query/${caller.person.id}`).hex(48) } }
        case 'nobody':
        case 'service':
          return anonymously()
        default: {
          const never: never = proof
          return never
        }
      }
    },
  }
}

function claimsOf(caller: Caller): Readonly<Record<string, unknown>> {
  const device = deviceOf(caller)
  return {
    scope: allScopes,
    ...(caller.kind === 'operator' ? { roles: ['operator'] } : {}),
    ...(device === '' ? {} : { sid: device }),
  }
}

function deviceOf(caller: Caller): string {
  return 'device' in caller ? (caller.device ?? '') : ''
}

function anonymously(): Credentials {
  return { headers: [], query: {}, principal: nobodyKnown }
}

function withToken(token: string, { person }: Caller): Credentials {
  return {
    headers: [['authorization', `Bearer ${token}`]],
    query: {},
    principal: { subject: person.id, method: 'jwt', issuer },
  }
}
