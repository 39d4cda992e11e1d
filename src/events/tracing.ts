// Hot path: once per exchange.
import { randomFillSync } from 'node:crypto'
import type { Exchange } from '../core/exchange.ts'
import { createTraceIds, newTraceFlags, normalTracestate, parseTraceparent } from '../lib/trace-context.ts'

/** Continues the caller's trace on an exchange or begins one: sets its ids and flags, and clears or mends `tracestate` on the way to the service. */
export type Tracing = (x: Exchange) => void

const none: readonly string[] = []

/** One per worker. The codec writes `traceparent` from the exchange; a `tracestate` that is well-formed goes on as it came. */
export function createTracing(): Tracing {
  const ids = createTraceIds(randomFillSync)
  return x => {
    const parents = x.headers.has('traceparent') ? x.headers.all('traceparent') : none
    const parent = parents.length === 0 ? null : parseTraceparent(parents)
    x.traceId = parent === null ? ids.trace() : parent.traceId
    x.parentId = parent === null ? '' : parent.parentId
    x.traceFlags = parent === null ? newTraceFlags : parent.flags
    x.spanId = ids.span()
    if (!x.headers.has('tracestate')) return
    const lines = x.headers.all('tracestate')
    // A state belongs to its parent: without one it is not even looked at.
    const state = parent === null ? '' : normalTracestate(lines)
    if (state === '') x.removeRequest('tracestate')
    else if (lines.length !== 1 || lines[0] !== state) x.setRequest('tracestate', state)
  }
}
