/** One request as the strictest reading of RFC 9112 gives it. */
export interface StrictRequest {
  readonly method: string
  readonly target: string
  /** Lower-case name, value. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
  readonly trailers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string
}

export interface StrictReading {
  readonly requests: readonly StrictRequest[]
  /** Why a strict reader refuses the bytes; null when it does not. */
  readonly fault: string | null
  /** Bytes of a request that has not arrived wholly. */
  readonly unfinished: number
}

const requestLine = /^([A-Z0-9!#$%&'*+.^_`|~-]+) (\/[\x21-\x7e]*|\*) HTTP\/1\.1$/
const fieldLine =
  /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/
const hostValue = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

class Fault extends Error {}

/**
 * Reads what a service received on one connection (latin-1), written for this test alone and without a line of the gateway's own parser:
 * where two readers could disagree it gives a fault. HTTP/1.1 only, no chunk extensions, since the gateway never sends either.
 */
export function readStrictly(text: string): StrictReading {
  const requests: StrictRequest[] = []
  let at = 0
  try {
    for (;;) {
      const read = readRequest(text, at)
      if (read === null) return { requests, fault: null, unfinished: text.length - at }
      requests.push(read.request)
      at = read.end
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { requests, fault: error.message, unfinished: text.length - at }
  }
}

function readRequest(text: string, start: number): { request: StrictRequest; end: number } | null {
  const headEnd = text.indexOf('\r\n\r\n', start)
  if (headEnd < 0) {
    const [first = '', ...rest] = text.slice(start).split('\r\n')
    // What is there already must be the beginning of something good.
    if (rest.length > 0 && !requestLine.test(first)) throw new Fault(`request line ${JSON.stringify(first)}`)
    return null
  }
  const [startLine = '', ...lines] = text.slice(start, headEnd).split('\r\n')
  const parts = requestLine.exec(startLine)
  if (parts === null) throw new Fault(`request line ${JSON.stringify(startLine)}`)
  const fields = lines.map(readField)
  const named = (name: string): string[] => fields.filter(([known]) => known === name).map(([, value]) => value)
  for (const [name] of fields) {
    if (name.includes('_') && /^(?:content-length|transfer-encoding|host|connection)$/.test(name.replaceAll('_', '-')))
      throw new Fault(`a framing name with an underscore: ${name}`)
    if (/^(?:upgrade|http2-settings|expect|te|keep-alive|proxy-connection|trailer)$/.test(name))
      throw new Fault(`hop-by-hop: ${name}`)
  }
  const hosts = named('host')
  if (hosts.length !== 1 || !hostValue.test(hosts[0] as string)) throw new Fault(`Host ${JSON.stringify(hosts)}`)
  const lengths = named('content-length')
  const codings = named('transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Fault('more than one framing field')
  const [, method = '', target = ''] = parts
  const body = headEnd + 4
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Fault(`coding ${JSON.stringify(codings[0])}`)
    const read = readChunked(text, body)
    if (read === null) return null
    return { request: { method, target, fields, trailers: read.trailers, body: read.body }, end: read.end }
  }
  if (lengths.length === 1 && !/^\d{1,15}$/.test(lengths[0] as string))
    throw new Fault(`length ${JSON.stringify(lengths[0])}`)
  const end = body + Number(lengths[0] ?? 0)
  if (end > text.length) return null
  return { request: { method, target, fields, trailers: [], body: text.slice(body, end) }, end }
}

function readField(line: string): readonly [string, string] {
  const parts = fieldLine.exec(line)
  if (parts === null) throw new Fault(`field line ${JSON.stringify(line)}`)
  return [(parts[1] as string).toLowerCase(), parts[2] as string]
}

function readChunked(
  text: string,
  start: number,
): { body: string; trailers: StrictRequest['trailers']; end: number } | null {
  let body = ''
  let at = start
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const digits = text.slice(at, lineEnd)
    if (!/^[0-9a-f]{1,8}$/i.test(digits)) throw new Fault(`chunk size ${JSON.stringify(digits)}`)
    const size = Number.parseInt(digits, 16)
    at = lineEnd + 2
    if (size === 0) break
    if (text.length < at + size + 2) return null
    body += text.slice(at, at + size)
    at += size
    if (text.slice(at, at + 2) !== '\r\n') throw new Fault('no line end behind chunk data')
    at += 2
  }
  const trailers: Array<readonly [string, string]> = []
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const line = text.slice(at, lineEnd)
    at = lineEnd + 2
    if (line === '') return { body, trailers, end: at }
    trailers.push(readField(line))
  }
}
