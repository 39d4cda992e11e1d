// Hot path: once per event, live and replayed.
import type { EventRecord } from '../../model/event-record.ts'

const verdicts: ReadonlySet<unknown> = new Set(['pass', 'refuse', 'reply', 'error'])
const pathMax = 8192
const hostMax = 255
const wordMax = 512
const idMax = 128
/** Clients choose ids in foreign logs; one with an `@` or a space is something else. */
const idForm = /^[!-?A-~]+$/
const queryMax = 64
const nothing: EventRecord['query'] = []
const written = /^(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

/**
 * The event in a parsed line, or why it is none, in a phrase without values. `time`, `method`, `path` and `status` must be there; what else is
 * absent is taken as not known. `place` stands in for a missing id.
 */
export function readEvent(value: unknown, place: string): EventRecord | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object'
  const from = value as Readonly<Record<string, unknown>>
  const time = readTime(from.time)
  if (time === null) return 'time is not RFC 3339 between 2000 and 2199'
  const { method, path, status } = from
  // Empty: the head could not be read, and the request was refused for it.
  if (typeof method !== 'string' || method.length > 32) return 'method is not a word'
  if (typeof path !== 'string' || path.length > pathMax) return 'path is not a text of at most 8192 characters'
  if (!isStatus(status)) return 'status is not a status'
  const verdict = from.verdict ?? 'pass'
  if (!verdicts.has(verdict)) return 'verdict is none of pass, refuse, reply, error'
  const principal = from.principal ?? null
  let who: EventRecord['principal'] = null
  if (principal !== null) {
    const {
      subject,
      method: proof,
      issuer = null,
    } = principal as { subject?: unknown; method?: unknown; issuer?: unknown }
    if (!isWord(subject) || !isWord(proof) || !(issuer === null || isWord(issuer)))
      return 'principal has no subject and method'
    who = { subject, method: proof, issuer }
  }
  const traceId = from.traceId ?? null
  const spanId = from.spanId ?? null
  const parentId = from.parentId ?? null
  const id = from.id ?? place
  if (!((id === place || isId(id)) && isIdOrNull(traceId) && isIdOrNull(spanId) && isIdOrNull(parentId)))
    return 'an id is not of at most 128 printable characters'
  const listener = from.listener ?? ''
  const protocol = from.protocol ?? ''
  const client = from.client ?? ''
  const host = from.host ?? ''
  const route = from.route ?? null
  const service = from.service ?? null
  const target = from.target ?? null
  const policy = from.policy ?? null
  const code = from.code ?? null
  const reason = from.reason ?? null
  if (typeof host !== 'string' || host.length > hostMax) return 'host is not a text of at most 255 characters'
  if (
    !(isWord(listener) && isWord(protocol) && isWord(client)) ||
    !(isWordOrNull(route) && isWordOrNull(service) && isWordOrNull(target)) ||
    !(isWordOrNull(policy) && isWordOrNull(code) && isWordOrNull(reason))
  )
    return 'a field that should be a text of at most 512 characters is not'
  const upstreamStatus = from.upstreamStatus ?? 0
  const upstreamMs = from.upstreamMs ?? null
  const requestBytes = from.requestBytes ?? 0
  const responseBytes = from.responseBytes ?? 0
  const durationMs = from.durationMs ?? 0
  if (!isStatus(upstreamStatus)) return 'upstreamStatus is not a status'
  if (
    !(isAmount(requestBytes) && isAmount(responseBytes) && isAmount(durationMs)) ||
    !(upstreamMs === null || isAmount(upstreamMs))
  )
    return 'a size or duration is not a number of 0 or more'
  const query = from.query === undefined ? nothing : readQuery(from.query)
  if (query === null) return 'query is not a list of names and types'
  return {
    time,
    id,
    traceId,
    spanId,
    parentId,
    listener,
    protocol,
    client,
    method,
    host,
    path,
    query,
    route,
    service,
    target,
    status,
    upstreamStatus: upstreamStatus === 0 ? null : upstreamStatus,
    requestBytes,
    responseBytes,
    durationMs,
    upstreamMs,
    principal: who,
    verdict: verdict as EventRecord['verdict'],
    policy,
    code,
    reason,
  }
}

/** RFC 3339 → the same in UTC with milliseconds; null when it is no time, or one that no log of our days has. */
export function readTime(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 40) return null
  if (isOwnForm(value)) return value
  const year = written.exec(value)?.[1]
  if (year === undefined || year < '2000' || year > '2199') return null
  const ms = Date.parse(value)
  if (Number.isNaN(ms)) return null
  return new Date(ms).toISOString()
}

const separators: ReadonlyArray<readonly [at: number, code: number]> = [
  [4, 45],
  [7, 45],
  [10, 84],
  [13, 58],
  [16, 58],
  [19, 46],
  [23, 90],
]
const digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22]

/**
 * Is it `2026-11-22T10:00:00.000Z`, beyond all doubt? Then it stays as it is, at a tenth of the cost of a date. The last days of a month are left
 * to the calendar.
 */
function isOwnForm(text: string): boolean {
  if (text.length !== 24) return false
  for (const [at, code] of separators) if (text.charCodeAt(at) !== code) return false
  for (const at of digits) {
    const code = text.charCodeAt(at)
    if (code < 48 || code > 57) return false
  }
  const two = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528
  const [month, day] = [two(5), two(8)]
  return (
    (two(0) === 20 || two(0) === 21) &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    two(11) <= 23 &&
    two(14) <= 59 &&
    two(17) <= 59
  )
}

/** The last entry may be a count of those left out; it names nothing. */
function readQuery(value: unknown): EventRecord['query'] | null {
  if (!Array.isArray(value) || value.length > queryMax) return null
  if (value.length === 0) return nothing
  const query: EventRecord['query'][number][] = []
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null) return null
    const { name, type, more } = entry as { name?: unknown; type?: unknown; more?: unknown }
    if (name === undefined && isAmount(more)) continue
    if (!isWord(name) || !isWord(type)) return null
    query.push({ name, type })
  }
  return query
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 999
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= wordMax
}

function isWordOrNull(value: unknown): value is string | null {
  return value === null || isWord(value)
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= idMax && idForm.test(value)
}

function isIdOrNull(value: unknown): value is string | null {
  return value === null || isId(value)
}
