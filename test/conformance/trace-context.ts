import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Exchange } from '../../src/core/exchange.ts'
import { Fields } from '../../src/core/fields.ts'
import { createTracer, traceLines } from '../../src/gateway/trace.ts'
import { testData } from '../support/test-data.ts'
import type { SuiteResult } from './suite.ts'

interface TraceCase {
  readonly id: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly expect: {
    readonly trace: 'continue' | 'restart'
    readonly trace_id?: string
    readonly sampled?: boolean
    readonly random?: boolean
    readonly state: ReadonlyArray<readonly [key: string, value: string]> | 'any'
  }
  readonly why: string
}

/** Every case through what a worker does with an exchange: the ids that it gets and the fields that go on to the service. */
export async function run(): Promise<SuiteResult> {
  const folder = testData('trace-context')
  const cases: TraceCase[] =
    folder === null ? [] : JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')).cases
  const trace = createTracer().begin
  const failures: string[] = []
  for (const one of cases) {
    const wrong = judge(one, trace)
    if (wrong !== null) failures.push(`${one.id}: ${wrong} (${one.why})`)
  }
  return { suite: 'trace-context', run: cases.length, failed: failures.length, excepted: 0, failures }
}

function judge({ headers, expect }: TraceCase, trace: (x: Exchange) => void): string | null {
  // Bytes arrive as latin-1, UTF-8 ones too.
  const x = exchangeWith(headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')]))
  trace(x)
  const given = JSON.stringify(headers)
  if (!/^(?!0{32})[0-9a-f]{32}$/.test(x.traceId) || !/^(?!0{16})[0-9a-f]{16}$/.test(x.spanId))
    return `made ids ${x.traceId} ${x.spanId}`
  if (given.includes(x.spanId)) return 'the parent id is not fresh'
  if (!/^0[0-3]$/.test(x.traceFlags)) return `made flags ${x.traceFlags}`
  const flags = Number(x.traceFlags)
  if (expect.trace === 'continue') {
    if (x.traceId !== expect.trace_id) return `trace ${x.traceId} instead of ${expect.trace_id}`
    if (expect.sampled !== undefined && ((flags & 1) === 1) !== expect.sampled) return `flags ${flags}`
    if (expect.random !== undefined && ((flags & 2) === 2) !== expect.random) return `flags ${flags}`
    if (x.parentId === '') return 'the caller is lost'
  } else if (given.includes(x.traceId) || x.parentId !== '') return 'the trace goes on'
  if (!traceLines(x).startsWith(`\r\ntraceparent: 00-${x.traceId}-${x.spanId}-${x.traceFlags}\r\n`))
    return `forwards ${JSON.stringify(traceLines(x))}`
  const state = forwarded(x)
  if (expect.state !== 'any') {
    const wanted = expect.state.map(([key, value]) => `${key}=${value}`).join(',')
    if (state !== wanted) return `state ${JSON.stringify(state)} instead of ${JSON.stringify(wanted)}`
  }
  return null
}

/** The `tracestate` that reaches the service; the client's own line never does. */
function forwarded(x: Exchange): string {
  return /^tracestate: (.*)\r$/m.exec(traceLines(x))?.[1] ?? ''
}

function exchangeWith(headers: Iterable<readonly [string, string]>): Exchange {
  return new Exchange({
    id: 'test',
    listener: 'test',
    protocol: 'HTTP/1.1',
    client: { address: '192.0.2.1', port: 1 },
    tls: null,
    method: 'GET',
    host: 'example.test',
    path: '/',
    query: '',
    headers: Fields.from(headers),
    contentLength: 0,
    time: 0,
    startedMs: 0,
    abort() {},
  })
}
