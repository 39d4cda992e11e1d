import type { ExchangeRecord } from '../../src/insight/model/exchange.ts'
import type { EventRecord } from '../../src/insight/model/event-record.ts'
import type { BodyShape, Observation, Shape } from '../../src/insight/model/observation.ts'

/** What a test says of an exchange; everything absent is that of a plain call that the service answered. */
export interface SeenExchange {
  readonly event?: Partial<EventRecord>
  /** null: an access log, which has no contents. */
  readonly observation?: Partial<Observation> | null
}

const start = Date.UTC(2026, 0, 5, 8)

/** One exchange as the learner takes it; `after`: seconds since a fixed start. */
export function seenExchange(method: string, path: string, after = 0, sketch: SeenExchange = {}): ExchangeRecord {
  const time = new Date(start + after * 1000).toISOString()
  const status = sketch.event?.status ?? 200
  const refused = sketch.event?.verdict === 'refuse'
  const event: EventRecord = {
    time,
    id: `x${after}`,
    traceId: null,
    spanId: null,
    parentId: null,
    listener: 'public',
    protocol: 'HTTP/1.1',
    client: '192.0.2.7',
    method,
    host: 'api.example.com',
    path,
    query: [],
    route: 'all',
    service: 'shop',
    target: refused ? null : 'http://10.0.0.5:8080',
    status,
    upstreamStatus: refused ? null : status,
    requestBytes: 100,
    responseBytes: 200,
    durationMs: 12,
    upstreamMs: refused ? null : 10,
    principal: null,
    verdict: 'pass',
    policy: null,
    code: null,
    reason: null,
    ...sketch.event,
  }
  if (sketch.observation === null) return { event, observation: null }
  const observation: Observation = {
    id: event.id,
    time,
    path: path
      .slice(1)
      .split('/')
      .map(text => (/^\d+$/.test(text) ? { kind: 'integer' } : { kind: 'string', length: text.length })),
    query: [],
    headers: [],
    cookies: [],
    credentials: [],
    encrypted: true,
    request: null,
    response: null,
    responseFields: {},
    setCookies: [],
    ...sketch.observation,
  }
  return { event, observation }
}

/** A JSON body of this shape. */
export function jsonBody(shape: Shape, sketch: Partial<BodyShape> = {}): BodyShape {
  return { mediaType: 'application/json', bytes: 80, partial: false, shape, marks: [], ...sketch }
}

/** An object from its fields. */
export function objectShape(fields: Readonly<Record<string, Shape>>): Shape {
  return { kind: 'object', fields, more: 0 }
}
