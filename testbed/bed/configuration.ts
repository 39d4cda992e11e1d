import { createHash } from 'node:crypto'
import { partners, services, spiffeOf, serviceNamed } from './estate.ts'
import { grantOf } from './grants.ts'
import type { Operation, Proof } from './operation.ts'
import type { Random } from './random.ts'
import type { BedService } from './service.ts'
import { audience, issuer, type TokenIssuer } from './tokens.ts'

/** What differs between the bed on paper and the bed that runs. */
export interface Places {
  /** URLs of a service's targets. */
  targets(service: BedService): readonly string[]
  /** Further words of a service. */
  service?(service: BedService): Readonly<Record<string, unknown>>
  /** The store of limits that several gateways share; false: there is none. */
  readonly store: boolean
  readonly further: Readonly<Record<string, unknown>>
}

/** Name of the route that an operation's calls take. */
export function routeName({ service, method, template, route }: Operation): string {
  if (route?.through !== undefined) return route.through
  return `${service}-${method.toLowerCase()}${template.replace(/[^A-Za-z0-9]+/g, '-')}`.replace(/-+$/, '').slice(0, 64)
}

/** Secret of a partner's key. */
export function partnerKey(random: Random, partner: string): string {
  return `bk_${random.fork(`key/${partner}`).hex(40)}`
}

/** The gateway's configuration: a route for each operation, as careful as its words say. */
export function configurationOf(random: Random, tokens: TokenIssuer, places: Places): Record<string, unknown> {
  const routes = new Map<string, Record<string, unknown>>()
  for (const service of services)
    for (const operation of service.operations) {
      const name = routeName(operation)
      if (!routes.has(name)) routes.set(name, routeOf(operation, service, { random, tokens, store: places.store }))
    }
  return {
    version: 1,
    ...places.further,
    services: Object.fromEntries(
      services.map(service => [
        service.name,
        {
          targets: places.targets(service),
          ...(service.slow === true ? { timeouts: { response: '10m' } } : {}),
          ...places.service?.(service),
        },
      ]),
    ),
    routes: [...routes.values()],
  }
}

/** Nobody takes all there is. */
export const commonLimit = {
  use: 'rate-limit',
  with: { algorithm: 'sliding-window', limit: '60000/min', by: ['address'] },
} as const

interface Making {
  readonly random: Random
  readonly tokens: TokenIssuer
  readonly store: boolean
}

function routeOf(
  operation: Operation,
  service: BedService,
  { random, tokens, store }: Making,
): Record<string, unknown> {
  const { method, template, route = {}, proof } = operation
  const shared = route.through === undefined ? undefined : service.routes?.[route.through]
  const host = proof === 'service' ? service.meshHost : (route.host ?? service.host)
  const json = operation.body !== undefined && operation.bodyType === undefined
  const writes = method !== 'GET' && method !== 'DELETE'
  const checked = json && route.schema !== false
  const limits = {
    ...(writes && !checked && route.anyBody !== true ? { body: '64KiB' } : {}),
    ...(route.bufferedBody === undefined ? {} : { bufferedBody: route.bufferedBody }),
  }
  return {
    name: routeName(operation),
    match: {
      ...(route.anyHost === true ? {} : { hosts: [host] }),
      path: shared?.path ?? template,
      methods: shared?.methods ?? route.methods ?? [method],
    },
    service: service.name,
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(route.unlimited === true ? { disable: ['rate-limit'] } : {}),
    policies: [
      ...(route.limit === undefined
        ? []
        : [{ use: 'rate-limit', id: 'own-limit', with: store ? route.limit : withoutStore(route.limit) }]),
      ...identify(operation, random, tokens),
      ...(route.unguarded === true ? [] : guard(operation)),
      ...(checked
        ? [
            {
              use: 'json-schema',
              ...(route.observed === true ? { mode: 'observe' } : {}),
              with: { request: route.schema ?? operation.body?.schema },
            },
          ]
        : []),
    ],
  }
}

function withoutStore({
  store: _store,
  onUnavailable: _word,
  ...limit
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return limit
}

function identify(operation: Operation, random: Random, tokens: TokenIssuer): unknown[] {
  const { proof, route = {} } = operation
  const jwt = {
    use: 'jwt',
    with: {
      issuer,
      ...(route.anyAudience === true ? { anyAudience: true } : { audience }),
      keys: tokens.jwks,
      algorithms: ['EdDSA'],
    },
  }
  const anonymous = { use: 'anonymous' }
  switch (proof) {
    case 'token':
    case 'operator':
      return route.alsoAnonymous === true ? [jwt, anonymous] : [jwt]
    case 'optional':
      return [jwt, anonymous]
    case 'service':
      return [
        {
          use: 'mtls',
          with: { allow: (grantOf(operation)?.granted ?? []).map(name => ({ spiffe: spiffeOf(serviceNamed(name)) })) },
        },
      ]
    case 'key':
      return [
        { use: 'api-key', with: { keys: partners.map(partner => keyOf(random, partner, route.endlessKeys === true)) } },
      ]
    case 'password':
      return [{ use: 'basic', with: { realm: 'back-office', users: officeUsers, roles: { operator: ['office'] } } }]
    case 'nobody':
    case 'session':
    case 'bearer':
    case 'passed-token':
    case 'passed-key':
    case 'query-key':
    case 'query-token':
      return [anonymous]
    default: {
      const never: never = proof
      return never
    }
  }
}

/** `office` with the password `Winterhude-Landungsbruecken-7` (scrypt). */
const officeUsers = 'office:$scrypt$ln=14,r=8,p=1$YmVkLW9mZmljZS1zYWx0IQ$z73Q8/fQrpsXB8BRrqfSh/lgc51F9eKNzfU7wRYw4Ro\n'

export const officePassword = 'Winterhude-Landungsbruecken-7'

function keyOf(random: Random, partner: string, endless: boolean): unknown {
  return {
    id: `${partner}-1`,
    sha256: createHash('sha256').update(partnerKey(random, partner)).digest('hex'),
    subject: partner,
    scopes: ['partner'],
    ...(endless ? {} : { expires: '2027-06-30T00:00:00Z' }),
  }
}

const guards: Partial<Record<Proof, (operation: Operation) => unknown>> = {
  token: operation => ({ scopes: [scopeOf(operation)] }),
  operator: () => ({ roles: ['operator'] }),
  password: () => ({ roles: ['operator'] }),
  key: () => ({ scopes: ['partner'] }),
  service: operation => ({
    claims: { uris: (grantOf(operation)?.granted ?? []).map(name => spiffeOf(serviceNamed(name))) },
  }),
}

function guard(operation: Operation): unknown[] {
  const made = guards[operation.proof]?.(operation)
  return made === undefined || operation.route?.alsoAnonymous === true ? [] : [{ use: 'require', with: made }]
}

/** `orders:read`. */
export function scopeOf({ service, method }: Pick<Operation, 'service' | 'method'>): string {
  return `${service}:${method === 'GET' ? 'read' : 'write'}`
}
