import type { Pace } from '../../../profiles/pace.ts'
import { isItemId, type ItemId } from '../../item-id.ts'

/** An exchange as `learn` and `score` take it. null: not known, and no axis judges it; an empty text is known to be empty. */
export interface ExchangeItem {
  readonly id: ItemId
  /** Unix ms. */
  readonly timeMs: number | null
  readonly principal: string | null
  readonly method: string
  /** Lower case, with port; null: the URL did not say. */
  readonly host: string | null
  /** As received, escapes and dot segments included. */
  readonly path: string
  /** As received, without `?`. */
  readonly query: string
  readonly headers: readonly HeaderField[] | null
  readonly body: string | null
  readonly status: number | null
  readonly responseHeaders: readonly HeaderField[] | null
  readonly responseBody: string | null
  /** What came before it from the same principal; null without time or principal. */
  readonly before: Pace | null
}

export type HeaderField = readonly [name: string, value: string]

const absolute = /^[a-z][a-z\d+.-]{0,31}:\/\/([^/?#]*)/i
const fieldsMax = 1024
/** ms; the range of dates. Beyond it a minute more or less is the same number. */
const timeMost = 8.64e15

/** A parsed line (or entry of a HAR made into one) → the item, or why it is none, in a phrase without values. */
export function readExchange(value: unknown, number: number): ExchangeItem | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object'
  const from = value as Readonly<Record<string, unknown>>
  const { method, url } = from
  if (typeof method !== 'string' || method === '') return 'no method'
  if (typeof url !== 'string') return 'no URL'
  const request = sideOf(from['request'])
  const response = sideOf(from['response'])
  const headers = fieldsOf(from['headers'] ?? request?.['headers'])
  const responseHeaders = fieldsOf(from['responseHeaders'] ?? response?.['headers'])
  if (headers === undefined || responseHeaders === undefined) return 'headers are not names and values'
  const origin = absolute.exec(url)
  const target = origin === null ? url : url.slice(origin[0].length)
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const host = origin === null ? null : (origin[1] ?? '').replace(/^.*@/s, '').toLowerCase()
  const status = from['status']
  return {
    id: idOf(from['id'], number),
    timeMs: timeOf(from['time']),
    principal: principalOf(from['principal']),
    method,
    host,
    path: path.startsWith('/') ? path : `/${path}`,
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    body: bodyOf(from['body'] ?? request?.['body'], request?.['encoding']),
    status: typeof status === 'number' && Number.isFinite(status) ? status : null,
    responseHeaders,
    responseBody: bodyOf(from['responseBody'] ?? response?.['body'], response?.['encoding']),
    before: null,
  }
}

/** An entry of an HTTP Archive in the words of `exchanges`; null when it is none. */
export function harExchange(entry: unknown, number: number): Readonly<Record<string, unknown>> | null {
  const { startedDateTime, request, response, _id, id } = (entry ?? {}) as Readonly<Record<string, unknown>>
  const asked = sideOf(request)
  const answered = sideOf(response)
  if (asked === null) return null
  const sent = sideOf(asked['postData'])
  const content = sideOf(answered?.['content'])
  const text = content?.['text']
  return {
    id: id ?? _id ?? `entry ${number}`,
    time: startedDateTime,
    method: asked['method'],
    url: asked['url'],
    // A field in HAR that is empty was empty: a browser writes all that it sent.
    headers: asked['headers'],
    body: typeof sent?.['text'] === 'string' ? sent['text'] : undefined,
    status: answered?.['status'] === 0 ? undefined : answered?.['status'],
    responseHeaders: answered?.['headers'],
    response: typeof text === 'string' ? { body: text, encoding: content?.['encoding'] } : undefined,
  }
}

function sideOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
}

function idOf(value: unknown, number: number): ItemId {
  return isItemId(value) ? value : `line ${number}`
}

function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return Math.abs(value) <= timeMost ? value : null
  if (typeof value !== 'string') return null
  const parsed = Date.parse(value)
  return Number.isNaN(parsed) ? null : parsed
}

function principalOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  const subject = sideOf(value)?.['subject']
  return typeof subject === 'string' ? subject : null
}

function bodyOf(value: unknown, encoding: unknown): string | null {
  if (typeof value === 'string') return encoding === 'base64' ? Buffer.from(value, 'base64').toString('utf8') : value
  // Some programs write a JSON body as JSON.
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : null
}

/** `{name: value or values}`, `[[name, value]]` or `[{name, value}]`; null: none given, undefined: none of these. */
function fieldsOf(value: unknown): HeaderField[] | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') return undefined
  const entries: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value).flatMap(([name, text]) =>
        Array.isArray(text) ? text.map(one => [name, one]) : [[name, text]],
      )
  const fields: HeaderField[] = []
  for (const entry of entries) {
    if (fields.length >= fieldsMax) break
    const [name, text] = Array.isArray(entry)
      ? (entry as readonly unknown[])
      : [(entry as { name?: unknown } | null)?.name, (entry as { value?: unknown } | null)?.value]
    if (typeof name !== 'string') return undefined
    if (text === null || text === undefined || name.startsWith(':')) continue
    if (typeof text === 'object') return undefined
    fields.push([name.toLowerCase(), String(text as string | number | boolean)])
  }
  return fields
}
