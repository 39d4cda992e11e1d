// Hot path: once per span.
import { knownToken } from '../../../lib/known-token.ts'
import { secretShape } from '../../../lib/secret-shape.ts'
import { chosenNames, type FieldChoice, usualFields } from '../../model/field-choice.ts'
import type { Span } from '../../model/span.ts'

/** Resource attributes that are kept: who ran the code, for owners and the map. Everything else a tracer says of its process is dropped. */
export const keptResource: readonly string[] = [
  'service.namespace',
  'service.version',
  'service.instance.id',
  'service.owner',
  'deployment.environment.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.pod.ip',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
  'host.name',
  'telemetry.sdk.language',
  'tenant',
]

/** Span attributes that are kept: what was called and how it ended. Queries, statements, headers, users and bodies are dropped. */
export const keptAttributes: readonly string[] = [
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
  'peer.service',
  'rpc.system',
  'rpc.service',
  'rpc.method',
  'rpc.grpc.status_code',
  'messaging.system',
  'messaging.operation.type',
  'messaging.destination.name',
  'db.system.name',
  'db.namespace',
  'error.type',
  'portcullis.listener',
  'portcullis.route',
  'portcullis.service',
  'portcullis.verdict',
  'portcullis.code',
]

/** Older names of OpenTelemetry's semantic conventions, as tracers still send them, and what they are called now. */
const renamed: Readonly<Record<string, string>> = {
  'deployment.environment': 'deployment.environment.name',
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.target': 'url.path',
  'http.url': 'url.path',
  'url.full': 'url.path',
  'http.scheme': 'url.scheme',
  'net.peer.name': 'server.address',
  'net.peer.port': 'server.port',
  'net.host.name': 'server.address',
  'messaging.operation': 'messaging.operation.type',
  'messaging.destination': 'messaging.destination.name',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
}

const table = (kept: readonly string[]): ReadonlyMap<string, string> =>
  new Map([
    ...kept.map(name => [name, name] as const),
    ...Object.entries(renamed).filter(([, now]) => kept.includes(now)),
  ])

const valueMax = 256
const nameMax = 200
const separators = /([\s/.,;:=&|()[\]{}<>"']+)/
const addresses = /[^\s@/:;,=<>()"'{}]{1,64}@[^\s@/:;,=<>()"'{}]{1,255}\.[a-z][a-z\d-]+/gi
const jwts = /eyJ[\w-]{6,}[\w.=-]*/g
const digitRuns = /[\d(+][\d ().-]{7,}\d/g
/** Groups of digits that one number may have. */
const groupsMax = 6
/** What was masked already, by events or by us: digits of its hash are nobody's number. */
const masks = /(\{(?:email|phone|card|iban|national-id|jwt|token|long|text|credential|pem)(?::[0-9a-f]{16})?\})/
/** A mask that the end of a text cut off. */
const cutMask = /\{[a-z-]*(?::[0-9a-f]{0,16})?$/
const pem = /-----BEGIN [^-]+-----[^]*?(?:-----END [^-]+-----|$)/g
/** Short words of letters, as most names are, hold nothing of a personal or secret shape. */
const plain = /^[A-Za-z_./ :{}*-]{0,64}$/
const cleanedMax = 4096

/** Cleans names and values of spans and picks those that are kept. One per stream: it remembers what it cleaned, within bounds. */
export interface SpanFields {
  /** An operation or service name. */
  name(text: string): string
  /** Adds one span attribute under its present name; what is not on the list, or of another type, is dropped. */
  attribute(into: Record<string, string | number | boolean>, name: string, value: unknown): void
  resource(into: Record<string, string>, name: string, value: unknown): void
}

/**
 * Words of a personal or secret shape become `{class}`, a query ends a name, length is bounded: tracers do write mail addresses and tokens
 * into span names. `choice` 'stored': spans that were cleaned and chosen when they came, as they are.
 */
export function createSpanFields(choice: FieldChoice | 'stored' = usualFields): SpanFields {
  const attributeNames = choice === 'stored' ? null : table(chosenNames(choice, 'span', keptAttributes))
  const resourceNames = choice === 'stored' ? null : table(chosenNames(choice, 'resource', keptResource))
  // Operation names and routes repeat.
  const cleaned = new Map<string, string>()

  function clean(text: string, max: number): string {
    // Our own calls keep the path of their event: cleaned anew, a restart would leave other rows than none.
    if (choice === 'stored') return text
    if (text.length <= 64 && plain.test(text) && !hasLongWord(text)) return text
    const known = cleaned.get(text)
    if (known !== undefined) return known
    const whole = cleanText(text.slice(0, 4 * max))
    const shown = whole.length <= max ? whole : whole.slice(0, max).replace(cutMask, '')
    if (text.length <= valueMax) {
      if (cleaned.size >= cleanedMax) cleaned.clear()
      cleaned.set(text, shown)
    }
    return shown
  }

  return {
    name: text => clean(text, nameMax),
    attribute(into, name, value) {
      const kept = attributeNames === null ? name : attributeNames.get(name)
      if (kept === undefined) return
      if (typeof value === 'string') into[kept] = clean(kept === 'url.path' ? pathOf(value) : value, valueMax)
      else if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) into[kept] = value
    },
    resource(into, name, value) {
      const kept = resourceNames === null ? name : resourceNames.get(name)
      if (kept !== undefined && typeof value === 'string') into[kept] = clean(value, valueMax)
    },
  }
}

/** The path of a URL or request target, without query. */
function pathOf(text: string): string {
  const scheme = text.indexOf('://')
  const slash = scheme < 0 ? 0 : text.indexOf('/', scheme + 3)
  const end = text.search(/[?#]/)
  return slash < 0 ? '/' : text.slice(slash, end < 0 ? undefined : Math.max(slash, end))
}

function hasLongWord(text: string): boolean {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 47 || code === 32 || code === 46 || code === 58) length = 0
    else if (++length >= 20) return true
  }
  return false
}

function cleanText(text: string): string {
  // `GET /x?token=…`; a `?` with a space or nothing behind it is a sentence.
  const query = text.search(/\?\S/)
  return (query < 0 ? text : text.slice(0, query))
    .replace(pem, '{pem}')
    .split(masks)
    .map((piece, i) => (i % 2 === 1 ? piece : cleanPiece(piece)))
    .join('')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
}

/** Between masks. */
function cleanPiece(text: string): string {
  return text
    .replace(jwts, '{jwt}')
    .replace(addresses, '{email}')
    .replace(digitRuns, maskedRun)
    .split(separators)
    .map(cleanWord)
    .join('')
}

/** Cards, telephones and numbers of persons, which the separators of words would cut in pieces. */
function maskedRun(run: string): string {
  const groups = run.split(' ')
  const out: string[] = []
  for (let at = 0; at < groups.length; ) {
    let taken = 1
    let shown = groups[at] as string
    for (let count = Math.min(groupsMax, groups.length - at); count > 0; count--) {
      const shape = secretShape(groups.slice(at, at + count).join(' '))
      if (shape === null) continue
      shown = `{${shape}}`
      taken = count
      break
    }
    out.push(shown)
    at += taken
  }
  return out.join(' ')
}

function cleanWord(word: string): string {
  if (word.length < 6) return word
  if (knownToken(word) !== null) return '{token}'
  if (isIdentifier(word)) return word
  const text = decoded(word)
  const shape = secretShape(text) ?? (/\S\s+\S/.test(text) ? 'text' : null)
  return shape === null ? word : `{${shape}}`
}

/** `queryOrdersForRefresh`: letters alone, few of them capital. Random letters are capital half of the time. */
function isIdentifier(word: string): boolean {
  return /^[A-Za-z_-]+$/.test(word) && word.replace(/[^A-Z]/g, '').length <= word.length * 0.3
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const idMax = 128
const id = /^[\w.:+/=-]+$/

/** An id of a trace or span as the source gave it; null when it is none. Hex digits of W3C length are lower-cased, so one trace has one id. */
export function sourceId(text: unknown): string | null {
  if (typeof text !== 'string' || text === '' || text.length > idMax || !id.test(text)) return null
  if (/^0+$/.test(text)) return null
  return (text.length === 32 || text.length === 16) && /^[\da-f]+$/i.test(text) ? text.toLowerCase() : text
}

/** Durations beyond a year are nobody's request. */
const durationUsMax = 366 * 86_400_000_000

export type SpanKind = Span['kind']
/** By number of OTLP's SpanKind. */
export const spanKinds: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

export function isTimeUs(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

export function isDurationUs(value: unknown): value is number {
  return isTimeUs(value) && value <= durationUsMax
}

/** A span that the tracer did not mark, but whose status says it: 5xx of HTTP. */
export function failed(attributes: Readonly<Record<string, string | number | boolean>>): boolean {
  const status = attributes['http.response.status_code']
  return typeof status === 'number' && status >= 500
}
