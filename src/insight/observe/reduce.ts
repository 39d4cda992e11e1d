// Hot path: once per observed exchange.
import type { RawExchange } from '../model/exchange.ts'
import { type FieldChoice, namesOf, usualFields } from '../model/field-choice.ts'
import type { CookieSet, CredentialSeen, NamedValue, Observation, ScalarShape } from '../model/observation.ts'
import { createBodyShapes, type RawBody, type ReducedBody } from './body.ts'
import {
  authorizationCredential,
  bodyCredential,
  cookieCredential,
  fieldCredential,
  queryCredential,
  type CredentialContext,
} from './credentials.ts'
import { createEnumerationGate } from './enumeration-gate.ts'
import { createNameHints, type NameHint } from './field-name.ts'
import { formPairs } from './form-body.ts'
import { createJwtReader } from './jwt-facts.ts'
import { createKeyedHash } from './keyed-hash.ts'
import { applicationFieldTest } from './request-fields.ts'
import { cookieSet, responseFieldRule } from './response-fields.ts'
import { createSafeNames, isKindOfName } from './safe-name.ts'
import { createScalarShapes } from './scalar.ts'

export interface ReducerOptions {
  /** At least 16 bytes that stay in this deployment: those of the event log (events/hash-key), so that both correlate. */
  readonly hashKey: Uint8Array
  /** Header fields that are kept; absent: the usual ones. */
  readonly fields?: FieldChoice
}

/** Makes observations. Not re-entrant; keeps bounded caches, and nothing of an exchange beyond them. Never throws on what an exchange holds. */
export type Reducer = (raw: RawExchange) => Observation

const segmentsMax = 64
const parametersMax = 64
const fieldsMax = 64
const cookiesMax = 64
const credentialsMax = 16
/** Characters at the end of a credential that tell it from others: of a token, its signature. */
const proofEnd = 128
/** Of one value; what is longer is measured as this long. */
const valueMax = 65_536

export function createReducer({ hashKey, fields = usualFields }: ReducerOptions): Reducer {
  const isApplicationField = applicationFieldTest(fields)
  const keptResponseField = responseFieldRule(fields)
  const unnamed: ReadonlySet<string> = new Set(namesOf(fields.drop, 'request'))
  const hash = createKeyedHash(hashKey)
  const gate = createEnumerationGate(hash)
  const scalars = createScalarShapes(hash, gate)
  const names = { hint: createNameHints(), safe: createSafeNames() }
  const bodyShape = createBodyShapes(scalars, names)
  const jwt = createJwtReader(names.hint)

  return raw => {
    gate.next()
    const { event } = raw
    const context: CredentialContext = { hint: names.hint, jwt, nowS: Date.parse(event.time) / 1000 }
    const credentials: CredentialSeen[] = []
    let dropped = 0
    const seen = (credential: CredentialSeen | null, sent = credential?.name ?? ''): void => {
      if (credential === null) return
      if (credentials.length < credentialsMax) credentials.push({ ...credential, name: safe(sent, credential.name) })
      else dropped++
    }
    if (event.principal?.method === 'mtls') credentials.push({ place: 'tls', name: '', scheme: 'mtls' })

    const headers: NamedValue[] = []
    const cookies: NamedValue[] = []
    let proof: string | null = null
    let requestType = ''
    let requestCoded = false
    for (const [name, value] of raw.requestFields) {
      const lower = name.toLowerCase()
      switch (lower) {
        case 'content-type':
          requestType = value
          continue
        case 'content-encoding':
          requestCoded = isCoded(value)
          continue
        case 'authorization':
        case 'proxy-authorization':
          seen(authorizationCredential(lower, value, context))
          proof ??= hash(value.slice(-proofEnd))
          continue
        case 'cookie':
          dropped += eachCookie(value, cookiesMax - cookies.length, (cookie, text) => {
            seen(cookieCredential(cookie, text, context), cookie)
            cookies.push(cookieValue(cookie, text, context))
          })
          continue
      }
      if (!isApplicationField(lower)) continue
      const credential = fieldCredential(lower, value, context)
      if (credential !== null) {
        seen(credential, name)
        proof ??= hash(value.slice(-proofEnd))
      } else if (unnamed.has(lower)) continue
      else if (headers.length < fieldsMax) headers.push(named(safe(name, lower), value))
      else dropped++
    }

    const query: NamedValue[] = []
    if (raw.query !== '') {
      const { pairs, more } = formPairs(raw.query, parametersMax)
      dropped += more
      for (const [name, value] of pairs) {
        seen(queryCredential(name, value, context), name)
        query.push(named(name, value))
      }
    }

    const request = reduceBody(raw.requestBody, {
      contentType: requestType,
      length: event.requestBytes,
      coded: requestCoded,
      answer: false,
    })
    if (request !== null) eachBodyField(request, (name, value) => seen(bodyCredential(name, value, context), name))

    const responseFields: Record<string, string> = {}
    const setCookies: CookieSet[] = []
    let responseType = ''
    let responseCoded = false
    for (const [name, value] of raw.responseFields) {
      const lower = name.toLowerCase()
      if (lower === 'content-type') responseType = value
      else if (lower === 'content-encoding') responseCoded = isCoded(value)
      else if (lower === 'set-cookie') {
        const set = cookieSet(value, names.safe)
        if (set !== null && setCookies.length < cookiesMax) setCookies.push(set)
        else dropped++
      } else {
        const kept = keptResponseField(lower, value)
        if (kept !== null) responseFields[lower] = kept
      }
    }

    const response = reduceBody(raw.responseBody, {
      contentType: responseType,
      length: event.responseBytes,
      coded: responseCoded,
      answer: true,
    })

    const observation = {
      id: event.id,
      time: event.time,
      path: pathShapes(event.path),
      query,
      headers,
      cookies,
      credentials,
      ...(proof === null ? {} : { proof }),
      encrypted: raw.encrypted,
      request: request?.shape ?? null,
      response: response?.shape ?? null,
      responseFields,
      setCookies,
    }
    return dropped === 0 ? observation : { ...observation, dropped }
  }

  /** A name as it is used, unless it is a value as it was sent: in lower case a key is not known as one. */
  function safe(sent: string, used: string): string {
    const shown = names.safe(sent)
    return isKindOfName(shown) ? shown : names.safe(used)
  }

  function named(name: string, value: string): NamedValue {
    const safe = names.safe(name)
    const text = value.length > valueMax ? value.slice(0, valueMax) : value
    return { name: safe, shape: scalars.parameter(text, { name: safe, hint: names.hint(name), person: false }) }
  }

  /** A session or token in a cookie leaves its hash, so that calls of one session correlate; other cookies only their measure. */
  function cookieValue(name: string, value: string, context: CredentialContext): NamedValue {
    const session = cookieCredential(name, value, context) !== null
    const hint = names.hint(name)
    const shape = scalars.text(value.slice(0, valueMax), { name: '', hint: { ...hint, closed: true }, person: false })
    return { name: names.safe(name), shape: session ? { ...shape, class: 'token', hash: hash(value) } : shape }
  }

  function pathShapes(path: string): ScalarShape[] {
    const shapes: ScalarShape[] = []
    if (path === '' || path === '/') return shapes
    const segments = path.split('/', segmentsMax + 1)
    let before = ''
    for (let i = segments[0] === '' ? 1 : 0; i < segments.length; i++) {
      const segment = segments[i] as string
      shapes.push(scalars.segment(segment, { name: before, hint: segmentHint(names.hint(before)), person: false }))
      before = segment
    }
    return shapes
  }

  function reduceBody(bytes: Uint8Array | null, rest: Omit<RawBody, 'bytes'>): ReducedBody | null {
    return bytes === null || (bytes.length === 0 && rest.length === 0) ? null : bodyShape({ ...rest, bytes })
  }
}

function isCoded(value: string): boolean {
  return value !== '' && value.toLowerCase() !== 'identity'
}

/** A segment's name is the segment before it: it says `token`, but `/users/{x}` is never a person's name by that alone. */
function segmentHint(hint: NameHint): NameHint {
  const { class: promised } = hint
  const kept =
    promised === 'token' ||
    promised === 'api-key' ||
    promised === 'phone' ||
    promised === 'payment-card' ||
    promised === 'national-id'
      ? promised
      : null
  return kept === promised && hint.identifier === (kept === null)
    ? hint
    : { ...hint, class: kept, identifier: kept === null }
}

/** Cookies of one field (RFC 6265 §5.4); gives back how many there were beyond `max`. */
function eachCookie(field: string, max: number, found: (name: string, value: string) => void): number {
  let count = 0
  let start = 0
  while (start < field.length) {
    let end = field.indexOf(';', start)
    if (end < 0) end = field.length
    const equals = field.indexOf('=', start)
    if (equals > start && equals < end) {
      if (count < max) {
        const value = field.slice(equals + 1, end).trim()
        found(
          field.slice(start, equals).trim(),
          value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value,
        )
      }
      count++
    }
    start = end + 1
  }
  return Math.max(0, count - max)
}

/** The top members of a body: where clients put keys when they put them into bodies. */
function eachBodyField({ value, form }: ReducedBody, found: (name: string, value: unknown) => void): void {
  if (form !== null) for (const [name, text] of formPairs(form, 32).pairs) found(name, text)
  else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    let left = 32
    for (const name in value) {
      if (left-- === 0) return
      if (Object.hasOwn(value, name)) found(name, (value as Record<string, unknown>)[name])
    }
  }
}
