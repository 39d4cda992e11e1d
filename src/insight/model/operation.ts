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
  readonly state: 'design' | 'live' | 'deprecated' | 'retired'
  readonly owner: Owner | null
  readonly parameters: readonly Parameter[]
  readonly requests: readonly BodyModel[]
  readonly responses: readonly ResponseModel[]
  readonly authentication: Authentication
  readonly classes: readonly ClassSeen[]
  readonly callers: readonly CallerUse[]
  readonly traffic: Traffic
  /** RFC 3339 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** Routes of the gateway that served it. */
  readonly routes: readonly string[]
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
}

export interface ResponseModel extends BodyModel {
  readonly status: number
  /** Bytes: median and largest. */
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
  readonly refused: number
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
