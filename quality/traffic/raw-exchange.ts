import type { RawExchange } from '../../src/insight/model/exchange.ts'

/** A call with this JSON body, answered 200. */
export function rawExchange(body: unknown): RawExchange {
  const requestBody = Buffer.from(JSON.stringify(body))
  return {
    event: {
      time: '2026-11-22T10:00:00.000Z',
      id: 'a1',
      traceId: null,
      spanId: null,
      parentId: null,
      listener: 'public',
      protocol: 'http/1.1',
      client: '192.0.2.1',
      method: 'POST',
      host: 'shop.example.com',
      path: '/calls',
      query: [],
      route: null,
      service: 'shop',
      target: null,
      status: 200,
      upstreamStatus: 200,
      requestBytes: requestBody.length,
      responseBytes: 0,
      durationMs: 1,
      upstreamMs: 1,
      principal: null,
      verdict: 'pass',
      policy: null,
      code: null,
      reason: null,
    },
    query: '',
    requestFields: [['Content-Type', 'application/json']],
    responseFields: [],
    requestBody,
    responseBody: null,
    encrypted: true,
  }
}
