import type { CredentialSeen } from './observation.ts'
import type { DataClass } from './data-class.ts'

/** How an operation came to be known; the first of these that speaks decides (DESIGN §6). */
export type Origin = 'operator' | 'openapi' | 'inferred'

/** Method and path template of a service, with all that is known of it. What the CLI, the control API and posture rules read. */
export interface Operation {
  /** `service METHOD template`: unique, stable while the template is. */
  readonly id: string
  readonly service: string
  readonly hosts: readonly string[]
  readonly method: string
  /** `/orders/{id}`. */
  readonly template: string
  readonly origin: Origin
  /** 0–1: how sure the template is. */
  readonly confidence: number
  /** Why, in words: `37 values, all integers, same statuses`. */
  readonly evidence: readonly string[]
  /** Named in an OpenAPI document / let through by a route / called and not refused. null: nothing says. */
  readonly declared: boolean | null
  readonly reachable: boolean | null
  readonly used: boolean
  /** Operator > the service's own word (`Deprecation`, `Sunset` sent) > document; `live` when nobody said more. */
  readonly state: LifeState
  /** When it ends or ended, RFC 3339 UTC: `Sunset` sent, or `x-sunset` declared. */
  readonly sunset: string | null
  /** Against the documents of its service; empty where none speaks for the service, or all is in order. */
  readonly standing: readonly Standing[]
  /** Where what was seen differs from what is declared. */
  readonly drift: readonly Drift[]
  /** Operator said: its template stays as it is / it is left out of lists and findings. */
  readonly pinned: boolean
  readonly ignored: boolean
  readonly owner: Owner | null
  readonly parameters: readonly Parameter[]
  readonly requests: readonly BodyModel[]
  readonly responses: readonly ResponseModel[]
  readonly authentication: Authentication
  readonly classes: readonly ClassSeen[]
  /** The heaviest ones, most calls first; the rest is counted in `otherCallers`. */
  readonly callers: readonly CallerUse[]
  readonly otherCallers: { readonly calls: number; readonly refused: number }
  /** How many callers in all: exact up to a thousand or so, then estimated with a standard error of 6.5 %. */
  readonly distinctCallers: number
  readonly traffic: Traffic
  /** RFC 3339 UTC, by event time; '' when never called. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** Routes of the gateway that served it. */
  readonly routes: readonly string[]
  /** Of these, the ones that calls took: names as they were then. */
  readonly routesTaken: readonly string[]
  /** Listeners that its calls came through; empty where the source does not say. */
  readonly listeners: readonly string[]
  /** Marks seen in response bodies (stack traces, SQL errors …) with how often. */
  readonly marks: Readonly<Record<string, number>>
  /** Response fields seen that say something of posture: name → values (few) with counts. */
  readonly responseFields: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** `Set-Cookie` names → the weakest attributes seen. */
  readonly cookiesSet: Readonly<
    Record<string, { readonly secure: boolean; readonly httpOnly: boolean; readonly sameSite: string | null }>
  >
  /** Calls that came unencrypted. */
  readonly plaintextCalls: number
}

export type LifeState = 'design' | 'live' | 'deprecated' | 'retired'

/** shadow: used but not declared; zombie: used though deprecated, retired or an old version; orphan: declared but never used. */
export type Standing = 'shadow' | 'zombie' | 'orphan'

/** One difference between the document and the traffic. */
export interface Drift {
  readonly kind: 'parameter' | 'body' | 'field' | 'status' | 'type' | 'media-type' | 'authentication'
  /** `query.limit`, `request:/customer/email`, `response 200:/items`, `response 418`. */
  readonly where: string
  /** In words: `not declared`, `integer`, `required`. */
  readonly declared: string
  readonly seen: string
  /** Calls that showed it; 0 when it is an absence. */
  readonly calls: number
}

/** JSON Schema 2020-12 as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean

export interface Parameter {
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly name: string
  readonly schema: JsonSchema
  readonly required: boolean
  /** 0–1. */
  readonly confidence: number
  /** Calls that carried it. */
  readonly seen: number
  readonly classes: readonly DataClass[]
  /** Declared in an OpenAPI document; null without one. */
  readonly declared: boolean | null
}

export interface BodyModel {
  readonly mediaType: string
  readonly schema: JsonSchema | null
  readonly confidence: number
  readonly seen: number
  /** Bytes: median and largest; absent where only a document speaks. */
  readonly bytes?: { readonly p50: number; readonly max: number }
}

export interface ResponseModel extends BodyModel {
  readonly status: number
  readonly bytes: { readonly p50: number; readonly max: number }
}

export interface Authentication {
  /** Calls by how they proved who they are: the principal's method, or the credential that was sent to a route without one. */
  readonly methods: Readonly<Record<string, number>>
  /** Calls without any credential that were answered 2xx. */
  readonly anonymousAnswered: number
  /** What calls proved, in one word: `none`, one method, or `mixed`. */
  readonly verdict: string
  readonly confidence: number
  /** Distinct credentials-as-sent (no values), with counts. */
  readonly credentials: readonly { readonly seen: number; readonly credential: CredentialSeen }[]
}

export interface ClassSeen {
  readonly class: DataClass
  /** `path.id`, `query.q`, `request:/customer/email`, `response 200:/items/[]/iban`. */
  readonly where: string
  readonly seen: number
}

/** One caller's use of the operation. Callers are verified principals; else the client network. */
export interface CallerUse {
  /** `method issuer subject` of a principal, or `address 192.0.2.0/24`. */
  readonly caller: string
  readonly calls: number
  /** By the gateway. */
  readonly refused: number
  /** Answered 401 or 403 by the service itself. */
  readonly denied: number
  readonly firstSeen: string
  readonly lastSeen: string
}

export interface Traffic {
  readonly calls: number
  readonly refused: number
  readonly status: { readonly '2xx': number; readonly '3xx': number; readonly '4xx': number; readonly '5xx': number }
  readonly requestBytes: number
  readonly responseBytes: number
  /** ms. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number }
}

/** Who answers for it, from the finest unit to the widest; each null when nothing said. */
export interface Owner {
  readonly pod: string | null
  readonly workload: string | null
  readonly service: string | null
  readonly application: string | null
  readonly tenant: string | null
  /** Person or team. */
  readonly contact: string | null
  /** Which source said so: `configuration`, `kubernetes`, `span`, `mtls`. */
  readonly source: string
}
