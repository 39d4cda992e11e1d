import assert from 'node:assert/strict'
import { it } from 'node:test'
import { exchange } from '../../test/support/exchange.ts'
import { createTracer, traceLines } from './trace.ts'

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

function traced(how: 'trusted' | 'continued' | 'restarted'): { id: string; parent: string; lines: string } {
  const tracer = createTracer()
  const x = exchange({
    headers: [
      ['traceparent', caller],
      ['tracestate', 'a=b'],
    ],
  })
  tracer.begin(x)
  if (how !== 'trusted') tracer.distrust(x, how)
  return { id: x.traceId, parent: x.parentId, lines: traceLines(x) }
}

it("a trusted caller's trace goes on with its flags and state", () => {
  const { lines } = traced('trusted')
  assert.match(lines, /^\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00\r\ntracestate: a=b\r\n$/)
})

it('a continued trace keeps its ids and nothing else of the caller', () => {
  const { parent, lines } = traced('continued')
  assert.equal(parent, 'b7ad6b7169203331')
  assert.match(lines, /^\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01\r\n$/)
})

it('a restarted trace knows nothing of the caller', () => {
  const { id, parent, lines } = traced('restarted')
  assert.notEqual(id, '0af7651916cd43dd8448eb211c80319c')
  assert.equal(parent, '')
  assert.ok(!lines.includes('0af7651916cd43dd8448eb211c80319c') && !lines.includes('tracestate'))
})

it('what a stranger did not begin is not touched', () => {
  const tracer = createTracer()
  const x = exchange()
  tracer.begin(x)
  const { traceId } = x
  tracer.distrust(x, 'restarted')
  assert.equal(x.traceId, traceId)
})
