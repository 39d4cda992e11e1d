import type { Person } from './person.ts'
import type { Random } from './random.ts'
import { type Making, object, oneOf, shape, type Shape, whole } from './shape.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * How callers prove who they are. Up to `nobody` the gateway asks; below it lets everybody through and the service asks by itself (or should).
 */
export type Proof =
  | 'token' // a user's JWT
  | 'operator' // a JWT with the role operator
  | 'service' // a workload's client certificate (SPIFFE)
  | 'key' // a partner's API key
  | 'password' // HTTP Basic
  | 'optional' // a JWT, or nothing
  | 'nobody'
  | 'session' // a cookie
  | 'bearer' // an opaque token
  | 'passed-token' // a JWT that the service checks
  | 'passed-key' // an API key in a header that the service checks
  | 'query-key' // the same in the URL
  | 'query-token'

/** How the JWT of a `passed-token` operation is made; each but `sound` is a weakness. */
export type TokenKind = 'sound' | 'hs256' | 'unsigned' | 'endless' | 'long' | 'any-audience' | 'personal'

/** The route that a call takes, as far as it is not what a careful operator writes. */
export interface RouteWords {
  /** Name of a route that several operations share (service.routes); absent: one of its own. */
  readonly through?: string
  /** No `require`: whoever is known passes. */
  readonly unguarded?: true
  /** false: bodies pass unchecked; a schema: that one in place of the operation's. */
  readonly schema?: false | Readonly<Record<string, unknown>>
  readonly observed?: true
  readonly unlimited?: true
  readonly anyBody?: true
  readonly anyHost?: true
  readonly host?: string
  readonly methods?: readonly Method[]
  readonly bufferedBody?: string
  readonly limit?: Readonly<Record<string, unknown>>
  readonly anyAudience?: true
  readonly endlessKeys?: true
  /** `anonymous` beside the proof. */
  readonly alsoAnonymous?: true
}

export interface OperationWords {
  /** Part of a visit in which it is called, and the share of those visits that do (0.5 when absent). */
  readonly topic: string
  readonly often?: number
  readonly proof?: Proof
  readonly token?: TokenKind
  readonly query?: Readonly<Record<string, Shape>>
  /** Sent, and named in no document. */
  readonly hiddenQuery?: Readonly<Record<string, Shape>>
  /** Declared and sent request fields, lower-case names. */
  readonly headers?: Readonly<Record<string, Shape>>
  readonly hiddenHeaders?: Readonly<Record<string, Shape>>
  readonly body?: Shape
  /** Of a body that is no JSON. */
  readonly bodyType?: string
  readonly answer?: Shape
  readonly sends?: (making: Making) => Readonly<Record<string, string>>
  /** Share of answers that are this one in place of the usual one. */
  readonly trouble?: { readonly share: number; readonly status: number; readonly body: unknown }
  /** false: used, but in no document (shadow); `unused`: in the document, never called (orphan). */
  readonly documented?: false | 'unused'
  readonly state?: 'deprecated' | 'retired'
  /** `service METHOD template`, in this order, before it answers. */
  readonly calls?: readonly string[]
  /** Services that may call a `service` operation and never do; partners likewise. */
  readonly needlessly?: readonly string[]
  readonly route?: RouteWords
  /** Rules of posture that must find it: `stack-traces` (of the operation), `route no-rate-limit` (of its route). */
  readonly weak?: readonly string[]
  /** What follows from the same weakness, and is therefore true when found. */
  readonly also?: readonly string[]
  /** Some calls come over the listener without TLS. */
  readonly plaintext?: true
  readonly unsecuredInDocument?: true
}

export interface BedRequest {
  readonly method: Method
  readonly template: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, text of another type, or undefined. */
  readonly body: unknown
}

export interface BedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** What a handler knows and may do. Time and chance come from here alone: offline they are virtual, and the same seed gives the same answers. */
export interface BedContext {
  readonly random: Random
  readonly release: number
  now(): number
  /** Whose call it is, or on whose behalf a service calls. */
  readonly person: Person
  makingFor(params: Readonly<Record<string, string>>): Making
  /** Calls another service as this one. */
  call(operation: string): Promise<BedAnswer>
}

export interface Operation extends OperationWords {
  /** `orders GET /orders/{orderId}`. */
  readonly id: string
  readonly service: string
  readonly method: Method
  readonly template: string
  readonly proof: Proof
  readonly status: number
  readonly variables: readonly string[]
  handle(request: BedRequest, context: BedContext): Promise<BedAnswer>
}

/** RFC 9457. */
export const problem = object({
  type: oneOf('about:blank'),
  title: oneOf('Bad Request', 'Not Found', 'Conflict', 'Service Unavailable'),
  status: whole(400, 599),
})
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  503: 'Service Unavailable',
}

/** An operation of a service from its words: how it answers follows from its shapes. */
export function operationOf(service: string, method: Method, template: string, words: OperationWords): Operation {
  const variables = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const status =
    method === 'DELETE'
      ? 204
      : method === 'POST' && words.answer !== undefined
        ? 201
        : words.answer === undefined
          ? 204
          : 200
  return {
    ...words,
    id: `${service} ${method} ${template}`,
    service,
    method,
    template,
    proof: words.proof ?? 'token',
    status,
    variables,
    async handle(request, context) {
      const { random } = context
      const making = context.makingFor(request.params)
      if (words.trouble !== undefined && random.chance(words.trouble.share))
        return answered(words.trouble.status, { 'content-type': 'application/json' }, words.trouble.body)
      if (random.chance(0.004)) return failure(503)
      if (variables.length > 0 && random.chance(0.012)) return failure(404)
      if (words.body !== undefined && random.chance(0.01)) return failure(409)
      for (const call of words.calls ?? []) {
        const { status: theirs } = await context.call(call)
        if (theirs >= 500) return failure(503)
      }
      // Sound services let nobody keep what is not public.
      const keeps: Record<string, string> = {
        'cache-control': words.proof === 'nobody' ? 'public, max-age=60' : 'no-store',
      }
      const headers = { ...keeps, ...words.sends?.(making) }
      if (words.answer === undefined) return answered(status, headers, undefined)
      const body = words.answer.make(making)
      return answered(status, { 'content-type': 'application/json', ...headers }, body)
    },
  }
}

function answered(status: number, headers: Readonly<Record<string, string>>, body: unknown): BedAnswer {
  return { status, headers, body }
}

/** How services say that it did not work (RFC 9457). */
export function failure(status: number): BedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: { type: 'about:blank', title: titles[status], status },
  }
}

/** Words for one service's operations, in the order in which a visit uses them. */
export function forService(service: string) {
  const made: Operation[] = []
  const add =
    (method: Method) =>
    (template: string, words: OperationWords): void => {
      made.push(operationOf(service, method, template, words))
    }
  return { made, get: add('GET'), post: add('POST'), put: add('PUT'), patch: add('PATCH'), remove: add('DELETE') }
}

/** A constant, for answers that say always the same. */
export function always(value: string): Shape {
  return shape({ type: 'string', const: value }, () => value)
}
