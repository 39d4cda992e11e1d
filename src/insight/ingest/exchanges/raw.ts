import { queryShape } from '../../../events/query-shape.ts'
import { createRedaction } from '../../../events/redaction.ts'
import { canonicalTarget } from '../../../lib/canonical-path.ts'
import type { EventRecord } from '../../model/event-record.ts'
import type { RawExchange } from '../../model/exchange.ts'
import { readEvent } from './event.ts'

/** A call as other programs write it down: with its URL and its contents, if any. */
export interface ForeignCall {
  readonly time: unknown
  readonly id?: unknown
  readonly method: unknown
  /** Path with query, or an absolute URL. */
  readonly url: unknown
  /** Over the URL's host. */
  readonly host?: unknown
  readonly status: unknown
  /** Further fields of the event, as `readEvent` takes them. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** An event that keeps to the rules of our own log, and the query with its values for the moment. */
export interface NativeCall {
  readonly event: EventRecord
  readonly query: string
  /** null: the URL did not say. */
  readonly encrypted: boolean | null
}

const absolute = /^(https?):\/\/(?:[^/?#@]*@)?([^/?#]*)([^#]*)/i

/**
 * Turns foreign calls into events: the path canonical where it can be, personal and secret segments masked, of the query only names and types.
 * Gives why not, in a phrase without values.
 */
export function createNative(hashKey: Uint8Array): (call: ForeignCall, place: string) => NativeCall | string {
  const redaction = createRedaction(hashKey)
  return (call, place) => {
    if (typeof call.url !== 'string' || call.url.length > 64 * 1024) return 'no URL'
    const parts = absolute.exec(call.url)
    const target = (parts === null ? call.url.replace(/#.*$/s, '') : parts[3]) || '/'
    const canonical =
      target === '*' ? { path: '*', query: '' } : canonicalTarget(target.startsWith('?') ? `/${target}` : target)
    // What the gateway refuses as ambiguous other servers may have taken: it is masked and told as it stands.
    const mark = target.indexOf('?')
    const { path, query } =
      typeof canonical === 'string'
        ? { path: mark < 0 ? target : target.slice(0, mark), query: mark < 0 ? '' : target.slice(mark + 1) }
        : canonical
    const host = call.host ?? parts?.[2]
    const event = readEvent(
      {
        ...call.more,
        time: call.time,
        ...(call.id === undefined || call.id === null || call.id === ''
          ? {}
          : { id: typeof call.id === 'string' ? redaction.id(call.id) : call.id }),
        method: typeof call.method === 'string' ? redaction.name(call.method) : call.method,
        host: typeof host === 'string' ? redaction.host(host.toLowerCase().replace(/:\d+$/, '')) : host,
        path: redaction.path(path),
        query: JSON.parse(queryShape(query, redaction)) as unknown,
        status: call.status,
      },
      place,
    )
    if (typeof event === 'string') return event
    return { event, query, encrypted: parts === null ? null : parts[1]?.toLowerCase() === 'https' }
  }
}

/** Fields as formats write them: `[[name, value]]`, `[{name, value}]` or `{name: value or values}`. null: none of these. */
export function readFields(value: unknown): RawExchange['requestFields'] | null {
  if (value === undefined || value === null) return []
  const fields: [string, string][] = []
  const add = (name: unknown, text: unknown): boolean => {
    if (typeof name !== 'string' || typeof text !== 'string' || fields.length >= fieldsMax) return false
    // Pseudo-fields of HTTP/2 (`:authority`) repeat the request line.
    if (!name.startsWith(':')) fields.push([name, text])
    return true
  }
  const entries: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'object'
      ? Object.entries(value).flatMap(([name, text]) =>
          Array.isArray(text) ? text.map(one => [name, one]) : [[name, text]],
        )
      : [null]
  for (const entry of entries) {
    const [name, text] = Array.isArray(entry)
      ? (entry as readonly unknown[])
      : [(entry as { name?: unknown } | null)?.name, (entry as { value?: unknown } | null)?.value]
    if (!add(name, text)) return null
  }
  return fields
}

const fieldsMax = 1024

/** A body as text, or as base64 with `encoding: 'base64'`. Only the first `bytesMax` are kept. */
export function readBody(text: unknown, encoding: unknown, bytesMax: number): Uint8Array | null {
  if (typeof text !== 'string') return null
  if (encoding === 'base64')
    return Buffer.from(text.slice(0, Math.ceil(bytesMax / 3) * 4), 'base64').subarray(0, bytesMax)
  return Buffer.from(text.slice(0, bytesMax)).subarray(0, bytesMax)
}

/** As much of a body as the learner looks at, whoever hands it over. */
export const bodyBytesMax = 256 * 1024
