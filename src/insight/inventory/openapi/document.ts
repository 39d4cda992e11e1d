import type { JsonSchema } from '../../model/operation.ts'

/**
 * An OpenAPI document as the inventory, comparison and posture rules read it: every operation with its references followed, every schema in
 * JSON Schema 2020-12, whatever version it was written in.
 */
export interface OpenApiDocument {
  /** File name or whatever the caller calls it. */
  readonly source: string
  readonly title: string
  readonly version: string
  readonly openapi: '3.0' | '3.1' | '3.2'
  /** As written, variables replaced by their defaults. */
  readonly servers: readonly string[]
  readonly operations: readonly DeclaredOperation[]
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>
  /** What `$ref: '#/$defs/NAME'` in the schemas of this document refers to. Shared, possibly recursive through `$ref`. */
  readonly definitions: Readonly<Record<string, JsonSchema>>
  /** What was left out or not understood, each with its place as a JSON pointer. Bounded. */
  readonly warnings: readonly string[]
}

export interface DeclaredOperation {
  /** Upper case. */
  readonly method: string
  /** As in the document, `/pets/{petId}`. */
  readonly path: string
  /** `path` below the path of each server that holds for it; the first is the likeliest. Never empty. */
  readonly templates: readonly string[]
  /** Host names of those servers, lower case; empty when they are relative. */
  readonly hosts: readonly string[]
  /** Schemes of the servers' absolute URLs: `http`, `https`. */
  readonly schemes: readonly string[]
  readonly operationId: string | null
  readonly summary: string | null
  readonly tags: readonly string[]
  readonly deprecated: boolean
  /** `x-sunset`, when it is a date: RFC 3339 UTC. */
  readonly sunset: string | null
  /** `x-lifecycle` or `x-state`, when it is one of these words. */
  readonly state: 'design' | 'live' | 'deprecated' | 'retired' | null
  readonly parameters: readonly DeclaredParameter[]
  readonly request: DeclaredBody | null
  readonly responses: readonly DeclaredResponse[]
  /** Alternatives, each a set of schemes with scopes that hold together; `{}` is nobody in particular. Empty: none is asked for. */
  readonly security: ReadonlyArray<Readonly<Record<string, readonly string[]>>>
  /** Where it stands in the document, JSON pointer. */
  readonly pointer: string
}

export interface DeclaredParameter {
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly name: string
  readonly required: boolean
  readonly deprecated: boolean
  readonly schema: JsonSchema
  /** How arrays and objects are written; null: by a media type (`content`). */
  readonly style: string | null
  readonly explode: boolean
}

export interface DeclaredBody {
  readonly required: boolean
  readonly content: readonly DeclaredContent[]
}

export interface DeclaredContent {
  /** Lower case, without parameters; may be a range such as `image/*`. */
  readonly mediaType: string
  /** null: none given. */
  readonly schema: JsonSchema | null
}

export interface DeclaredResponse {
  /** `200`, `2XX` or `default`. */
  readonly status: string
  readonly content: readonly DeclaredContent[]
  /** Names of the response fields, lower case. */
  readonly fields: readonly string[]
}

export interface SecurityScheme {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS'
  /** `basic`, `bearer` … of type `http`, lower case. */
  readonly scheme: string | null
  /** Place and name of type `apiKey`. */
  readonly in: 'query' | 'header' | 'cookie' | null
  readonly name: string | null
  readonly bearerFormat: string | null
  /** URLs of `oauth2` and `openIdConnect`. */
  readonly urls: readonly string[]
}
