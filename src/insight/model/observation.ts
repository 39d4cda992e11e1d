import type { DataClass } from './data-class.ts'

/**
 * What the learner knows of one exchange beyond its event: typed shapes, lengths, classes, and keyed hashes of identifiers, both ways.
 * Holds no personal or secret value and no body bytes, so it may be recorded (docs/formats.md) and replayed.
 */
export interface Observation {
  /** Id of the exchange's event. */
  readonly id: string
  /** RFC 3339 UTC, ms: the event's. */
  readonly time: string
  /** One entry for each segment of the event's path. */
  readonly path: readonly ScalarShape[]
  readonly query: readonly NamedValue[]
  /** Request fields that an application may have meant as parameters: not framing, hop-by-hop, credentials or what every client sends. */
  readonly headers: readonly NamedValue[]
  readonly cookies: readonly NamedValue[]
  readonly credentials: readonly CredentialSeen[]
  /** Keyed hash of the first credential that was sent in a header field: two calls with one token show that they have it. Absent: none. */
  readonly proof?: string
  /** Was the call encrypted on its way to the gateway? null: unknown. */
  readonly encrypted: boolean | null
  readonly request: BodyShape | null
  readonly response: BodyShape | null
  /** Values of those response fields that say something of the API's posture (CORS, caching, software names, `Deprecation`, `Sunset`), lower-case names. */
  readonly responseFields: Readonly<Record<string, string>>
  /** `Set-Cookie` names with the attributes that matter. */
  readonly setCookies: readonly CookieSet[]
  /** Parameters, fields and cookies beyond the caps; absent when none. */
  readonly dropped?: number
}

export interface NamedValue {
  /** As sent; a name that is itself a value (an e-mail address, a token, a number) is its kind in braces: `{email}`. */
  readonly name: string
  readonly shape: ScalarShape
}

export interface BodyShape {
  /** Lower case, without parameters; '' when none was given. */
  readonly mediaType: string
  /** Length of the whole body, bytes. */
  readonly bytes: number
  /**
   * Only the beginning was seen, or the bytes are not what the media type says: then `shape` is null or holds what came before the cut, and
   * nobody may conclude from it that a field is missing.
   */
  readonly partial: boolean
  readonly shape: Shape | null
  /** Signs in a body that are not values, each once. */
  readonly marks: readonly BodyMark[]
}

/** What a text gives away, or asks for, besides its values. */
export const bodyMarks = [
  'stack-trace',
  'sql-error',
  'private-key',
  'access-key',
  'internal-path',
  'internal-address',
  'debug-page',
  'directory-listing',
  'xml-doctype',
  'xml-entity',
] as const

export type BodyMark = (typeof bodyMarks)[number]

export type Shape = ScalarShape | ArrayShape | ObjectShape

/**
 * A single value. `value` is kept only when it is neither personal, secret nor an identifier: booleans, small numbers (5 digits and more,
 * and fractions, rounded to 3), and words that look like members of an enumeration once they have come in three exchanges. Identifiers
 * leave a keyed hash.
 */
export interface ScalarShape {
  readonly kind: 'null' | 'boolean' | 'integer' | 'number' | 'string'
  /** JSON Schema format or a shape of our own: uuid, date, date-time, email, ipv4, ulid, object-id, hash, jwt, base64url, slug … */
  readonly format?: string
  readonly class?: DataClass
  /** Characters (code points, as JSON Schema counts) of a string; digits of a number that is an identifier. */
  readonly length?: number
  /** Bit mask of the kinds of characters in a string (lib/character-mask). */
  readonly characters?: number
  /**
   * How a string is built, where it has signs that few values have: the signs as they are, every word `a`, every number `0` (lib/text-form). At most 64
   * characters; absent where `characters` says as much, and for what has a class or a format.
   */
  readonly form?: string
  readonly value?: string | number | boolean
  /** Keyed hash (16 hex digits), for what looks like an identifier or an enumeration; equals that of masked segments in event paths. */
  readonly hash?: string
}

export interface ArrayShape {
  readonly kind: 'array'
  readonly count: number
  /** Shapes of up to 16 items, spread evenly over the array. */
  readonly items: readonly Shape[]
}

export interface ObjectShape {
  readonly kind: 'object'
  /** By name; a name that is itself a value stands as its kind in braces: `{uuid}`. Never `__proto__`. */
  readonly fields: Readonly<Record<string, Shape>>
  /** Further values (a few) of names in braces, which many members share. */
  readonly others?: Readonly<Record<string, readonly Shape[]>>
  /** Fields beyond those kept. */
  readonly more: number
}

/** A credential as it was sent, without its value. */
export interface CredentialSeen {
  readonly place: 'header' | 'query' | 'cookie' | 'body' | 'tls'
  /** Field, parameter or cookie name, lower case; '' for a client certificate. */
  readonly name: string
  readonly scheme: 'basic' | 'bearer' | 'jwt' | 'api-key' | 'session' | 'digest' | 'mtls' | 'other'
  /** What the token says of itself, unverified. */
  readonly jwt?: {
    readonly alg: string
    readonly issuer: string | null
    readonly audience: boolean
    /** Seconds from `iat` (or now) to `exp`; null without `exp`. */
    readonly lifetimeS: number | null
    /** Classes of data in its claims. */
    readonly classes: readonly DataClass[]
  }
  /** Weak by itself: an empty, short or well-known password or key. */
  readonly weak?: string
}

export interface CookieSet {
  readonly name: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: string | null
}
