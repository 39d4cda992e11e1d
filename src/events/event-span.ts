/** The parts of an event that its span is made of. */
export interface EventOfSpan {
  readonly time: string
  readonly listener: string
  readonly protocol: string
  readonly method: string
  readonly host: string | null
  readonly path: string
  readonly route: string | null
  readonly service: string | null
  readonly target: string | null
  readonly status: number
  readonly durationMs: number
  readonly verdict: string
  readonly code: string | null
}

/** A server span without its ids: OpenTelemetry's semantic conventions for HTTP, and what only a gateway knows as `portcullis.*`. */
export interface EventSpan {
  /** Method and route: few different ones, whatever strangers ask for. */
  readonly name: string
  /** Unix time, µs. NaN when the event has no time. */
  readonly startUs: number
  readonly durationUs: number
  readonly error: boolean
  readonly attributes: Readonly<Record<string, string | number>>
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

/**
 * The span of our own hop. The same event always gives the same span, so one that comes back through a collector is told to be a duplicate.
 * A refusal is no error of the server (semantic conventions: 4xx is not, 5xx is).
 */
export function eventSpan(event: EventOfSpan): EventSpan {
  const method = spanMethod(event.method)
  const attributes: Record<string, string | number> = {
    'http.request.method': method,
    'url.path': event.path,
    'network.protocol.name': 'http',
    'network.protocol.version': event.protocol.slice(event.protocol.indexOf('/') + 1),
    'portcullis.listener': event.listener,
    'portcullis.verdict': event.verdict,
  }
  if (event.status > 0) attributes['http.response.status_code'] = event.status
  if (event.host !== null) attributes['server.address'] = event.host
  if (event.route !== null) attributes['portcullis.route'] = event.route
  if (event.service !== null && event.target !== null) attributes['portcullis.service'] = event.service
  if (event.code !== null) attributes['portcullis.code'] = event.code
  const error = isFailure(event)
  if (error) attributes['error.type'] = event.code ?? (event.status > 0 ? String(event.status) : '_OTHER')
  return {
    name: spanName(event),
    startUs: Date.parse(event.time) * 1000,
    durationUs: spanDurationUs(event),
    error,
    attributes,
  }
}

/** Name of the span of an event, alone. */
export function spanName({ method, route }: Pick<EventOfSpan, 'method' | 'route'>): string {
  return `${methods.has(method) ? method : 'HTTP'}${route === null ? '' : ` ${route}`}`
}

export function spanDurationUs({ durationMs }: Pick<EventOfSpan, 'durationMs'>): number {
  return Math.max(0, Math.round(durationMs * 1000))
}

/** A refusal is no error of the server; 5xx is, and no answer at all. */
export function isFailure({ status, verdict }: Pick<EventOfSpan, 'status' | 'verdict'>): boolean {
  return status >= 500 || status === 0 || verdict === 'error'
}

/** The convention for methods that are none (RFC 9110, 5789, 10008): a stranger may write anything there. */
function spanMethod(method: string): string {
  return methods.has(method) ? method : '_OTHER'
}
