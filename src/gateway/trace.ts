// Hot path: once per exchange.
import { randomFillSync } from 'node:crypto'
import type { Exchange } from '../core/exchange.ts'
import { createTraceIds, newTraceFlags, normalTracestate, parseTraceparent } from '../lib/trace-context.ts'

export interface Tracer {
  /** Gives an exchange its trace: the caller's when it sent a valid one, else a new one; the span is always this hop's own (W3C Trace Context §3). */
  begin(x: Exchange): void
  /**
   * On a route whose callers are not trusted with it: `continued` keeps the caller's trace and span, so that trees stay whole, but neither its
   * sampling flags nor its `tracestate`; `restarted` begins a new trace (§3.4).
   */
  distrust(x: Exchange, how: 'continued' | 'restarted'): void
}

export function createTracer(): Tracer {
  const ids = createTraceIds(bytes => randomFillSync(bytes))
  return {
    begin(x) {
      const given = x.headers.has('traceparent') ? parseTraceparent(x.headers.all('traceparent')) : null
      x.traceId = given === null ? ids.trace() : given.traceId
      x.parentId = given === null ? '' : given.parentId
      x.traceFlags = given === null ? newTraceFlags : given.flags
      x.traceStateKept = given !== null
      x.spanId = ids.span()
    },
    distrust(x, how) {
      if (x.parentId === '') return
      x.traceStateKept = false
      // Recorded, whatever the caller wished; random only where the caller's id says so (§3.2.2.5.1).
      x.traceFlags = how === 'continued' && (x.traceFlags === '00' || x.traceFlags === '01') ? '01' : newTraceFlags
      if (how === 'continued') return
      x.traceId = ids.trace()
      x.parentId = ''
    },
  }
}

/** What passes the trace on, from the end of the line before it; the caller's `tracestate` only together with its valid `traceparent` (§3.3). */
export function traceLines(x: Exchange): string {
  if (x.traceId === '') return '\r\n'
  const line = `\r\ntraceparent: 00-${x.traceId}-${x.spanId}${x.traceFlags === newTraceFlags ? flagsEnd : `-${x.traceFlags}\r\n`}`
  if (!x.traceStateKept || !x.headers.has('tracestate')) return line
  const state = normalTracestate(x.headers.all('tracestate'))
  return state === '' ? line : `${line}tracestate: ${state}\r\n`
}

const flagsEnd = `-${newTraceFlags}\r\n`
