import type { Exchange } from '../core/exchange.ts'
import { Problem, problemBody } from '../core/problem.ts'
import type { Reply } from '../core/reply.ts'

/** An answer that the gateway makes itself, ready for the codec. */
export interface OwnAnswer {
  readonly status: number
  /** Status line and complete header lines without framing. */
  readonly head: string
  readonly body: Buffer
}

/** Problem or Reply → status line, fields and body, with what response hooks set on the exchange. */
export function ownAnswer(x: Exchange, stop: Problem | Reply, listenerFields: string, nowMs: number): OwnAnswer {
  const edits = x.responseEdits
  let fields = `Date: ${httpDate(nowMs)}\r\n`
  const own: Array<readonly [string, string]> =
    stop instanceof Problem
      ? [['Content-Type', 'application/problem+json'], ['Cache-Control', 'no-store'], ...stop.headers]
      : [...stop.headers]
  for (const [name, value] of own)
    if (!(edits?.removed.includes(name.toLowerCase()) ?? false)) fields += `${name}: ${value}\r\n`
  fields += listenerFields
  if (edits !== null) for (const [name, value] of edits.set) fields += `${name}: ${value}\r\n`
  const body = stop instanceof Problem ? problemBody(stop, x.id) : stop.body
  return {
    status: stop.status,
    head: statusLine(stop.status, reasonPhrase(stop.status)) + fields,
    body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  }
}

/** RFC 9112 §4. */
export function statusLine(status: number, reason: string): string {
  return `HTTP/1.1 ${status} ${reason}\r\n`
}

let dateSecond = -1
let dateText = ''

/** IMF-fixdate (RFC 9110 §5.6.7), made once a second. */
function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(second * 1000).toUTCString()
  }
  return dateText
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

function reasonPhrase(status: number): string {
  return phrases[status] ?? 'Status'
}
