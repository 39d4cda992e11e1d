/**
 * What has to become of a message. `clean`: the service gets it in exactly one reading. `answered`: the gateway answers it itself.
 * `cut`: the fault stands in the body, so the service may have seen a beginning, on a connection that is then closed.
 * Anything else is the code of the problem with which it is refused, without a byte at the service.
 */
export type Expectation =
  | 'clean'
  | 'answered'
  | 'cut'
  | 'malformed-request'
  | 'ambiguous-path'
  | 'method-not-allowed'
  | 'not-implemented'
  | 'version-not-supported'
  | 'expectation-failed'
  | 'uri-too-long'
  | 'head-too-large'

/** One message: where the trick is known from, its bytes (latin-1, one character each), what has to become of it, and how many requests the service may see in all (clean: 1, else 0). */
export type Sample = readonly [name: string, clause: string, bytes: string, expect: Expectation, requests?: number]

/** A GET with these field lines (each without its line end) after Host. */
export function get(...lines: string[]): string {
  return message('GET / HTTP/1.1', ['Host: a.example', ...lines])
}

/** A POST with these field lines and this body. */
export function post(lines: readonly string[], body: string): string {
  return message('POST / HTTP/1.1', ['Host: a.example', ...lines]) + body
}

/** A chunked POST with this body, framing included. */
export function chunked(body: string): string {
  return post(['Transfer-Encoding: chunked'], body)
}

/** A head: start line, field lines, empty line. */
export function message(startLine: string, lines: readonly string[]): string {
  return `${[startLine, ...lines].join('\r\n')}\r\n\r\n`
}

/** A complete ordinary request that would be smuggled if it were read as one. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n'
