import { compileJsonSchema, type Validate } from '../../src/lib/json-schema/json-schema.ts'
import { services } from './estate.ts'
import { grantOf } from './grants.ts'
import type { Operation } from './operation.ts'

/** Why the bed's configuration turns a call away, as the gateway says it. */
export interface Refusal {
  readonly status: number
  readonly code: string
  /** null: it found no route. */
  readonly policy: string | null
}

/** A call as far as the gateway's decision depends on it. */
export interface Asked {
  readonly operation: Operation
  readonly kind: 'person' | 'operator' | 'partner' | 'service' | 'nobody'
  /** Of a partner or service. */
  readonly name: string
  readonly proof: 'good' | 'none' | 'invalid' | 'expired'
  readonly address: string
  readonly timeMs: number
  readonly body: unknown
}

/**
 * What the bed's own configuration does with a call, without the gateway: it is told in a few lines here because the bed must know it before
 * any product does. A test holds it against the real router and policies.
 */
export interface Gate {
  /** null: it is passed on. Calls come in the order of time. */
  judge(asked: Asked): Refusal | null
}

export function createGate(): Gate {
  const schemas = new Map<string, Validate>()
  const logins = new Map<string, number[]>()
  return {
    judge(asked) {
      const { operation } = asked
      if (operation.route?.limit?.['limit'] === '60/min' && overLimit(logins, asked))
        return { status: 429, code: 'rate-limited', policy: 'own-limit' }
      return unproved(asked) ?? unfit(operation, asked.body, schemas)
    },
  }
}

/** No more than 60 in any minute. */
function overLimit(logins: Map<string, number[]>, { address, timeMs }: Asked): boolean {
  const last = (logins.get(address) ?? []).filter(at => at > timeMs - 60_000)
  logins.set(address, last)
  if (last.length >= 60) return true
  last.push(timeMs)
  return false
}

function unproved({ operation, kind, name, proof }: Asked): Refusal | null {
  const { route = {} } = operation
  const bad = (policy: string): Refusal =>
    proof === 'none'
      ? { status: 401, code: 'credential-missing', policy }
      : { status: 401, code: `credential-${proof}`, policy }
  const forbidden = (policy: string): Refusal => ({ status: 403, code: 'forbidden', policy })
  switch (operation.proof) {
    case 'token':
    case 'operator': {
      if (proof === 'none' && route.alsoAnonymous === true) return null
      if (proof !== 'good') return bad('jwt')
      const guarded = operation.proof === 'operator' && route.unguarded !== true
      return guarded && kind !== 'operator' ? forbidden('require') : null
    }
    case 'optional':
      return proof === 'invalid' || proof === 'expired' ? bad('jwt') : null
    case 'service':
      if (kind !== 'service') return { status: 401, code: 'credential-missing', policy: 'mtls' }
      return grantOf(operation)?.granted.includes(name) === true ? null : forbidden('mtls')
    case 'key':
      return proof === 'good' && kind === 'partner' ? null : bad('api-key')
    case 'password':
      return proof === 'good' ? null : bad('basic')
    case 'nobody':
    case 'session':
    case 'bearer':
    case 'passed-token':
    case 'passed-key':
    case 'query-key':
    case 'query-token':
      return null
    default: {
      const never: never = operation.proof
      return never
    }
  }
}

function unfit({ id, body: shape, bodyType, route = {} }: Operation, body: unknown, known: Map<string, Validate>) {
  if (shape === undefined || bodyType !== undefined || route.schema === false || route.observed === true) return null
  if (body === undefined) return { status: 400, code: 'body-malformed', policy: 'json-schema' }
  let validate = known.get(id)
  if (validate === undefined) {
    validate = compileJsonSchema({
      schema: route.schema ?? shape.schema,
      dialect: '2020-12',
      assertFormats: true,
      pattern: source => {
        const pattern = new RegExp(source, 'u')
        return text => pattern.test(text)
      },
    })
    known.set(id, validate)
  }
  return validate(body, 1_000_000) === null ? null : { status: 422, code: 'body-invalid', policy: 'json-schema' }
}

/** How a path that somebody made up is taken. */
export type Found =
  | { readonly refusal: Refusal }
  /** A route takes it; `exact`: one of the bed's operations, else the service knows nothing there. */
  | { readonly operation: Operation; readonly exact: boolean }

export function findRoute(host: string, method: string, path: string): Found {
  if (/\/\/|\/\.{1,2}(\/|$)|%2f|%5c|%00|\\/i.test(path))
    return { refusal: { status: 400, code: 'ambiguous-path', policy: null } }
  const segments = path.split('/')
  const here = services
    .flatMap(service =>
      service.operations.map(operation => ({
        operation,
        host: operation.proof === 'service' ? service.meshHost : (operation.route?.host ?? service.host),
      })),
    )
    .filter(one => one.host === host || one.operation.route?.anyHost === true)
    .map(({ operation }) => operation)
    .filter(({ template }) => fits(template.split('/'), segments))
    .sort((a, b) => literals(b.template) - literals(a.template))
  const takes = (operation: Operation): boolean =>
    (operation.route?.methods ?? [operation.method]).some(one => one === method || (one === 'GET' && method === 'HEAD'))
  const exact = here.find(operation => operation.method === method)
  if (exact !== undefined) return { operation: exact, exact: true }
  const wide = here.find(takes)
  if (wide !== undefined) return { operation: wide, exact: false }
  if (here.length > 0) return { refusal: { status: 405, code: 'method-not-allowed', policy: null } }
  return { refusal: { status: 404, code: 'no-route', policy: null } }
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i]))
  )
}

function literals(template: string): number {
  return template.split('/').filter(part => !part.startsWith('{')).length
}
