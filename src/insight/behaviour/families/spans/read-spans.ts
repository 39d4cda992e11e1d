// Hot path: once per line of a file.
import { CallShapes } from '../../../signatures/call-shape.ts'
import { type Chain, chainOf } from '../../../signatures/chain.ts'
import { buildTrees } from '../../../traces/call-tree.ts'
import { createOperationName } from '../../../traces/operation-name.ts'
import { isItemId, type ItemId, parseLine } from '../../item-id.ts'
import type { FileLine } from '../../model.ts'
import { type FileSpan, SpanColumns } from './span-columns.ts'

/** The chain of a trace in a file. */
export interface FileChain extends Chain {
  /** Its id, where that was written as a number: some tracers number what they record. */
  readonly number?: ItemId
}

/**
 * Reads spans, `{"traceId","spanId","parentId","service","operation","startUs","durationUs","status","attributes"}` a line, into one chain for each
 * trace, in the order of their first spans. A span that does not read is told to `skip`.
 */
export async function* readSpans(
  lines: AsyncIterable<FileLine>,
  skip: (line: number, why: string) => void,
): AsyncGenerator<FileChain> {
  const columns = new SpanColumns()
  const numbers = new Map<string, ItemId>()
  for await (const { text, number } of lines) {
    const span = spanOf(text, numbers)
    if (typeof span === 'string') skip(number, span)
    else columns.add(span)
  }
  const shapes = new CallShapes()
  const operation = createOperationName()
  for (const [id, spans] of columns.traces()) {
    const chain = chainOf(id, buildTrees(spans), shapes, operation)
    const number = numbers.get(id)
    yield number === undefined ? chain : { ...chain, number }
  }
}

const nameMax = 512
const ids = ['traceId', 'spanId', 'parentId']

/** The span of a line, or why it is none. `numbers` takes trace ids that are numbers, by their text. */
function spanOf(text: string, numbers: Map<string, ItemId>): FileSpan | string {
  let value: unknown
  try {
    value = parseLine(text, ids)
  } catch {
    return 'not JSON'
  }
  if (typeof value !== 'object' || value === null) return 'not an object'
  const { traceId, spanId, parentId, service, operation, startUs, durationUs, status } = value as Readonly<
    Record<string, unknown>
  >
  if (!isItemId(traceId) || traceId === '') return 'the trace id is missing'
  if (!isItemId(spanId) || spanId === '') return 'the span id is missing'
  if (parentId !== undefined && parentId !== null && !isItemId(parentId)) return 'the parent id is no text'
  if (typeof service !== 'string' || typeof operation !== 'string') return 'service or operation is missing'
  if (!isTime(startUs)) return 'the start is no time'
  if (!isTime(durationUs)) return 'the duration is none'
  if (typeof traceId !== 'string') numbers.set(String(traceId), traceId)
  return {
    traceId: String(traceId),
    spanId: String(spanId),
    parentId: parentId === undefined || parentId === null || parentId === '' ? null : String(parentId),
    service: service.slice(0, nameMax),
    operation: operation.slice(0, nameMax),
    startUs,
    durationUs,
    error: status === undefined || status === null ? null : isFailure(status),
  }
}

/** Below 2^53, so that sums stay exact; fractions of µs are none. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

/** `error` in any of the spellings of tracers; of HTTP 5xx: a 4xx is the caller's fault, and may be normal. */
function isFailure(status: unknown): boolean {
  if (typeof status === 'number') return status === 2 || status >= 500
  if (typeof status === 'string') return /error|fail/i.test(status) || /^5\d\d$/.test(status)
  if (typeof status !== 'object' || status === null) return false
  const { code } = status as { readonly code?: unknown }
  // One level, as OpenTelemetry has it: a stranger's may be nested without end.
  return typeof code !== 'object' && isFailure(code)
}
