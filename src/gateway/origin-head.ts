// Hot path: the head of every forwarded request.
import type { Exchange } from '../core/exchange.ts'
import { flatText } from '../lib/flat-text.ts'
import { CHUNKED } from '../net/h1/framing.ts'
import {
  CONTENT_LENGTH,
  EXPECT,
  HOP_BY_HOP,
  HOST,
  REPLACED,
  RESERVED,
  TRANSFER_ENCODING,
} from '../net/h1/field-names.ts'
import type { RequestHead } from '../net/h1/request-head.ts'
import type { ServerConnection } from '../net/h1/server-connection.ts'
import { keptLines } from './kept-lines.ts'
import type { CompiledRoute } from './snapshot.ts'
import { traceLines } from './trace.ts'

const FRAMED = HOP_BY_HOP | RESERVED | EXPECT | TRANSFER_ENCODING

/**
 * The request toward the service, complete with its empty line: canonical path, the client's lines without hop-by-hop and reserved ones,
 * what policies set, our own forwarding fields. `authority` is the target's; `length` is bytes, CHUNKED or 0 for no body.
 */
export function originHead(
  x: Exchange,
  head: RequestHead,
  connection: ServerConnection,
  route: CompiledRoute,
  authority: string,
  length: number,
): string {
  const edits = x.requestEdits
  const { host } = route.service
  // A body that was read or changed is sent with the length that it has now; else the client's own line goes on as it is.
  const ownLength = length !== head.length
  const dropped =
    FRAMED |
    (host === null && head.authority !== '' ? 0 : HOST) |
    (ownLength ? CONTENT_LENGTH : 0) |
    (x.traceId === '' ? 0 : REPLACED)
  let text: string
  const removed = edits?.removed ?? null
  // As it arrived the request line and the lines behind it are one piece of the client's head.
  if (route.stripPrefix === '' && head.version === 1 && isCanonical(head, x))
    text = keptLines(head, dropped, removed, true)
  else {
    const path = route.stripPrefix === '' ? x.path : stripped(x.path, route.stripPrefix)
    text = `${x.method} ${path}${x.query === '' ? '' : `?${x.query}`} HTTP/1.1\r\n${keptLines(head, dropped, removed)}`
  }
  if ((dropped & HOST) !== 0) text += `Host: ${host === null || host === '' ? authority : host}\r\n`
  if (length === CHUNKED) text += 'Transfer-Encoding: chunked\r\n'
  else if (ownLength) text += `Content-Length: ${length}\r\n`
  text += forwardedLines(x, head, connection)
  text += x.id
  text += traceLines(x)
  if (edits !== null) for (const [name, value] of edits.set) text += `${name}: ${value}\r\n`
  return `${text}\r\n`
}

/** Is the target of the request line, as it arrived, the canonical one? (Not in absolute-form, and nothing was decoded.) */
function isCanonical({ text, target }: RequestHead, { method, path, query }: Exchange): boolean {
  const length = query === '' ? path.length : path.length + 1 + query.length
  return target.length === length && text.charCodeAt(method.length + 1) === 47 && target.startsWith(path)
}

/**
 * `X-Forwarded-*`, `Forwarded` (RFC 7239), `Via` and the name of `X-Request-Id`: the same for all requests of a connection to one authority,
 * so made once.
 */
function forwardedLines(x: Exchange, head: RequestHead, connection: ServerConnection): string {
  const known = connection.forwarded
  if (known !== null && known.authority === head.authority && x.client === connection.client) return known.text
  const proto = x.tls === null ? 'http' : 'https'
  const { address } = x.client
  const via = x.client === connection.client ? address : `${address}, ${connection.client.address}`
  const node = address.includes(':') ? `"[${address}]"` : address
  const text = flatText(
    `X-Forwarded-For: ${via}\r\nX-Forwarded-Proto: ${proto}\r\n${head.authority === '' ? '' : `X-Forwarded-Host: ${head.authority}\r\n`}` +
      `Forwarded: for=${node};proto=${proto}${head.authority === '' ? '' : `;host="${head.authority}"`}\r\nVia: 1.${head.version} portcullis\r\n` +
      'X-Request-Id: ',
  )
  if (x.client === connection.client) connection.forwarded = { authority: flatText(head.authority), text }
  return text
}

function stripped(path: string, prefix: string): string {
  const rest = path.slice(prefix.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
