const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** RFC 9110 §7.6.1 and what decides where a message ends: the codec's own, on both sides. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What the gateway says of a request itself. A value of the configuration's would be believed as if it were the gateway's. */
const reserved = /^(?:x-portcullis-.*|x-forwarded-.*|forwarded|via|x-real-ip|x-request-id|client-cert.*|traceparent)$/

/** Why a policy may not set or remove that field, or null. `_` counts as `-`: many services cannot tell them apart. */
export function nameFault(name: string, side: 'request' | 'response'): string | null {
  if (!token.test(name)) return 'not a header name (RFC 9110 §5.1)'
  const folded = name.toLowerCase().replaceAll('_', '-')
  if (framing.has(folded)) return 'belongs to the connection and is set by the gateway alone'
  if (side === 'response') return null
  if (folded === 'host') return 'is chosen at the service, with `host:`'
  return reserved.test(folded) ? 'is set by the gateway alone' : null
}
