import type { Operation } from '../../src/insight/model/operation.ts'

/** An operation in few words; everything absent is that of a sound one, called a thousand times with a token. */
export type OperationSketch = Partial<Operation> & Pick<Operation, 'method' | 'template'>

export function operation(sketch: OperationSketch): Operation {
  const service = sketch.service ?? 'shop'
  const calls = sketch.traffic?.calls ?? 1_000
  const parameters = [...sketch.template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => ({
    in: 'path' as const,
    name,
    schema: { type: 'string', format: 'uuid' },
    required: true,
    confidence: 1,
    seen: calls,
    classes: [],
    declared: null,
  }))
  return {
    id: `${service} ${sketch.method} ${sketch.template}`,
    service,
    hosts: ['api.example.com'],
    origin: 'inferred',
    confidence: 0.99,
    evidence: ['seen'],
    declared: null,
    reachable: null,
    used: calls > 0,
    state: 'live',
    sunset: null,
    standing: [],
    drift: [],
    pinned: false,
    ignored: false,
    owner: null,
    parameters,
    requests: [],
    responses: [
      {
        status: 200,
        mediaType: 'application/json',
        schema: null,
        confidence: 0.99,
        seen: calls,
        bytes: { p50: 200, max: 900 },
      },
    ],
    classes: [],
    callers: [],
    otherCallers: { calls: 0, refused: 0 },
    distinctCallers: 20,
    traffic: {
      calls,
      refused: 0,
      status: { '2xx': calls, '3xx': 0, '4xx': 0, '5xx': 0 },
      requestBytes: calls * 200,
      responseBytes: calls * 300,
      latency: { p50: 5, p95: 20, p99: 50 },
    },
    firstSeen: '2026-01-01T00:00:00.000Z',
    lastSeen: '2026-01-02T00:00:00.000Z',
    routes: [],
    routesTaken: [],
    listeners: [],
    marks: {},
    responseFields: {},
    cookiesSet: {},
    plaintextCalls: 0,
    ...sketch,
    authentication: {
      methods: { jwt: calls },
      anonymousAnswered: 0,
      verdict: 'jwt',
      confidence: 0.99,
      credentials: [],
      ...sketch.authentication,
    },
  }
}
