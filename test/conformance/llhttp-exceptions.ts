/** A case in which our reading differs from llhttp's, and why that is right. */
export interface Exception {
  /** true: we refuse what llhttp takes. false: we take what llhttp refuses, which only an RFC can justify. */
  readonly stricter: boolean
  readonly reason: string
}

const connect = {
  stricter: true,
  reason: 'CONNECT asks for a tunnel; a reverse proxy offers none (RFC 9110 §9.3.6: 501)',
}
const otherProtocol = {
  stricter: true,
  reason: 'RTSP and ICE are other protocols; only HTTP/1.0 and HTTP/1.1 are read (RFC 9112 §2.3)',
}
const badHost = { stricter: true, reason: '`0.0.0.0=5000` is not uri-host [":" port]: 400 (RFC 9112 §3.2)' }
const coding = {
  stricter: true,
  reason: 'a transfer coding other than chunked is answered by 501 (RFC 9112 §6.1): the origin may read it differently',
}
const switching = {
  stricter: true,
  reason: 'a 101 with a body length or coding has two readings (RFC 9110 §8.6, RFC 9112 §6.1)',
}
const emptyLine = {
  stricter: true,
  reason: 'an empty line is tolerated before a request line only (RFC 9112 §2.2), not before an answer',
}

/** By case name. Every one is checked: an entry whose case agrees with llhttp, or does not exist, fails the suite. */
export const exceptions: Readonly<Record<string, Exception>> = {
  'request/method.md: CONNECT request': connect,
  'request/method.md: CONNECT request with CAPS': connect,
  'request/method.md: CONNECT with body': connect,
  'request/uri.md: Underscore in hostname': connect,
  'request/method.md: SOURCE request with ICE': otherProtocol,
  'request/method.md: OPTIONS request with RTSP': otherProtocol,
  'request/method.md: ANNOUNCE request with RTSP': otherProtocol,
  'request/method.md: M-SEARCH request': {
    stricter: true,
    reason: 'asterisk-form is for OPTIONS only (RFC 9112 §3.2.4); SSDP is not HTTP over TCP',
  },
  'request/sample.md: curl GET': badHost,
  'request/sample.md: Firefox GET': badHost,
  'request/sample.md: No HTTP version': {
    stricter: true,
    reason: 'HTTP/0.9 has no headers and no framing; the request line must have three parts (RFC 9112 §3)',
  },
  'request/uri.md: `host:port` and basic auth': {
    stricter: true,
    reason: 'userinfo in an http URI is an error from an untrusted source (RFC 9110 §4.2.4)',
  },
  'request/transfer-encoding.md: POST with `chunked` as last transfer-encoding': coding,
  'request/transfer-encoding.md: POST with `chunked` as last transfer-encoding (multiple headers)': coding,
  'request/content-length.md: Content-Length reset when no body is received': {
    stricter: true,
    reason: "the vector tells llhttp to skip a request's body (skipBody), which no server does: the body never comes",
  },
  'response/connection.md: HTTP 101 response with Upgrade and Content-Length header': switching,
  'response/connection.md: HTTP 101 response with Upgrade and Transfer-Encoding header': switching,
  'response/connection.md: HTTP 100 first, then 400': emptyLine,
  'response/sample.md: Response starting with CRLF': emptyLine,
  'request/invalid.md: HTTP protocol and ANNOUNCE method': {
    stricter: false,
    reason:
      "a method is any token (RFC 9110 §9.1); llhttp keeps a list. Whether a method is allowed is the route table's word",
  },
  'request/invalid.md: Invalid method': {
    stricter: false,
    reason: 'MKCOLA is a token, so it is a method (RFC 9110 §9.1); llhttp keeps a list. The framing is not in doubt',
  },
}
