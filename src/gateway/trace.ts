// Hot path: once per exchange.
import { randomFillSync } from 'node:crypto'
import type { Exchange } from '../core/exchange.ts'
import { createTraceIds, newTraceFlags, normalTracestate, parseTraceparent } from '../lib/trace-context.ts'

/** Gives every exchange its trace: the caller's when it sent a valid one, else a new one; the span is always this hop's own (W3C Trace Context §3). */
export function createTracer(): (x: Exchange) => void {
  const ids = createTraceIds(bytes => randomFillSync(bytes))
  return x => {
    const given = x.headers.has('traceparent') ? parseTraceparent(x.headers.all('traceparent')) : null
    x.traceId = given === null ? ids.trace() : given.traceId
    x.parentId = given === null ? '' : given.parentId
    x.traceFlags = given === null ? newTraceFlags : given.flags
    x.spanId = ids.span()
  }
}

/** What passes the trace on, from the end of the line before it; the caller's `tracestate` only together with its valid `traceparent` (§3.3). */
export function traceLines(x: Exchange): string {
  if (x.traceId === '') return '\r\n'
  const line = `\r\ntraceparent: 00-${x.traceId}-${x.spanId}${x.traceFlags === newTraceFlags ? flagsEnd : `-${x.traceFlags}\r\n`}`
  if (x.parentId === '' || !x.headers.has('tracestate')) return line
  const state = normalTracestate(x.headers.all('tracestate'))
  return state === '' ? line : `${line}tracestate: ${state}\r\n`
}

const flagsEnd = `-${newTraceFlags}\r\n`
