import type { Span } from '../../src/insight/model/span.ts'

/** A call of the shop's `GET /cart` with one of each callee below it, as spans of one trace. */
export function cartSpans(traceId: string, callees: readonly string[]): Span[] {
  return ['GET /cart', ...callees].map((name, i) => ({
    traceId,
    spanId: `s${i}`,
    parentId: i === 0 ? null : 's0',
    service: 'shop',
    name,
    kind: 'server' as const,
    startUs: 1_000 * i,
    durationUs: i === 0 ? 90_000 : 700,
    error: false,
    resource: {},
    attributes: {},
  }))
}
