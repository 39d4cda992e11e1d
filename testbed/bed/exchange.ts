import type { Credentials } from './caller.ts'
import { routeName } from './configuration.ts'
import type { BedAnswer, BedRequest, Operation } from './operation.ts'

/** One call as the gateway saw it, before it is written down. */
export interface SeenCall {
  readonly operation: Operation
  readonly request: BedRequest
  readonly credentials: Credentials
  readonly answer: BedAnswer
  readonly timeMs: number
  readonly durationMs: number
  readonly upstreamMs: number
  readonly id: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly listener: 'public' | 'mesh' | 'partners' | 'legacy'
  readonly host: string
  readonly client: string
  readonly target: string
  readonly agent: string
}

/** As a line of the format `exchanges` (docs/formats.md). */
export function exchangeLine(call: SeenCall): string {
  const { operation, request, credentials, answer } = call
  const sent = bodyText(request.body)
  const got = bodyText(answer.body)
  const query = queryText({ ...request.query, ...credentials.query })
  return JSON.stringify({
    time: new Date(call.timeMs).toISOString(),
    id: call.id,
    traceId: call.traceId,
    spanId: call.spanId,
    parentId: call.parentId,
    listener: call.listener,
    protocol: 'http/1.1',
    client: call.client,
    method: request.method,
    url: `${call.listener === 'legacy' ? 'http' : 'https'}://${call.host}${pathOf(request)}${query}`,
    route: routeName(operation),
    service: operation.service,
    target: call.target,
    status: answer.status,
    upstreamStatus: answer.status,
    durationMs: call.durationMs,
    upstreamMs: call.upstreamMs,
    principal: credentials.principal,
    verdict: 'pass',
    request: {
      headers: [
        ['host', call.host],
        ['user-agent', call.agent],
        ['accept', 'application/json'],
        ...(sent === null ? [] : [['content-type', operation.bodyType ?? 'application/json']]),
        ...credentials.headers,
        ...Object.entries(request.headers),
      ],
      ...(sent === null ? {} : { body: sent }),
    },
    response: { headers: Object.entries(answer.headers), ...(got === null ? {} : { body: got }) },
  })
}

/** A call that the gateway turned away, or that found no route: nothing of it reached a service. */
export function refusedLine(call: {
  readonly timeMs: number
  readonly id: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly operation: Operation | null
  readonly status: number
  readonly code: string
  readonly policy: string | null
  readonly headers: ReadonlyArray<readonly [string, string]>
  /** `public` when absent. */
  readonly listener?: SeenCall['listener']
  /** Whom it had proved before it refused. */
  readonly principal?: Credentials['principal']
  readonly body?: string
}): string {
  return JSON.stringify({
    time: new Date(call.timeMs).toISOString(),
    id: call.id,
    listener: call.listener ?? 'public',
    protocol: 'http/1.1',
    client: call.client,
    method: call.method,
    url: call.url,
    route: call.operation === null ? null : routeName(call.operation),
    service: call.operation?.service ?? null,
    status: call.status,
    durationMs: 0.2,
    ...(call.principal === undefined ? {} : { principal: call.principal }),
    verdict: 'refuse',
    policy: call.policy,
    code: call.code,
    request: { headers: call.headers, ...(call.body === undefined ? {} : { body: call.body }) },
    response: { headers: [['content-type', 'application/problem+json']] },
  })
}

export function pathOf({ template, params }: Pick<BedRequest, 'template' | 'params'>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? '').replaceAll('%40', '@'),
  )
}

export function queryText(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? '' : `?${text}`
}

export function bodyText(body: unknown): string | null {
  return body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
}
