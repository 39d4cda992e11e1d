import type { Span } from '../../model/span.ts'
import { readLines } from '../lines.ts'
import type { Reader } from '../reader.ts'
import { createSpanFields, isDurationUs, isTimeUs, sourceId } from './span-fields.ts'

const required = ['TraceID', 'SpanID', 'ParentID', 'PodName', 'OperationName', 'StartTimeUnixNano'] as const
const lineBytesMax = 64 * 1024

/**
 * CSV with a header line, as the Nezha data set writes spans: `TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,
 * EndTimeUnixNano,Duration`, in any order; parent `root` or empty at the root, duration in µs (else from the end). RFC 4180 quotes,
 * without line ends inside them. The service is the pod's name without its last two dash parts.
 */
export const csvSpans: Reader<Span> = {
  format: 'spans-csv',
  matches(beginning) {
    const text = Buffer.from(beginning.buffer, beginning.byteOffset, Math.min(beginning.length, 1024)).toString('utf8')
    const names = (text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? '').split(',')
    return required.every(name => names.includes(name))
  },
  async *read(chunks, quarantine) {
    let columns: Columns | null = null
    const pods = createPods()
    for await (const lines of readLines(chunks, quarantine, lineBytesMax)) {
      const spans: Span[] = []
      for (const { text, number } of lines) {
        const cells = splitCells(text)
        if (cells === null) quarantine.add(`line ${number}`, 'a quote is not closed')
        else if (columns === null) {
          columns = columnsOf(cells)
          if (columns === null) quarantine.add(`line ${number}`, 'the header lacks a column')
        } else {
          const span = spanOf(cells, columns, pods)
          if (typeof span === 'string') quarantine.add(`line ${number}`, span)
          else spans.push(span)
        }
      }
      if (spans.length > 0) yield spans
    }
  },
}

type Columns = Readonly<Record<(typeof required)[number] | 'EndTimeUnixNano' | 'Duration', number>>

function columnsOf(names: readonly string[]): Columns | null {
  if (!required.every(name => names.includes(name))) return null
  const at = (name: string): number => names.indexOf(name)
  return {
    TraceID: at('TraceID'),
    SpanID: at('SpanID'),
    ParentID: at('ParentID'),
    PodName: at('PodName'),
    OperationName: at('OperationName'),
    StartTimeUnixNano: at('StartTimeUnixNano'),
    EndTimeUnixNano: at('EndTimeUnixNano'),
    Duration: at('Duration'),
  }
}

function spanOf(cells: readonly string[], columns: Columns, pods: Pods): Span | string {
  const traceId = sourceId(cells[columns.TraceID])
  const spanId = sourceId(cells[columns.SpanID])
  if (traceId === null || spanId === null) return 'a trace or span id is missing or malformed'
  const parent = cells[columns.ParentID] ?? ''
  const parentId = parent === '' || parent === 'root' ? null : sourceId(parent)
  if (parentId === null && parent !== '' && parent !== 'root') return 'the parent id is malformed'
  const startUs = microseconds(cells[columns.StartTimeUnixNano] ?? '')
  if (startUs === null) return 'the start is no time'
  const durationUs = durationOf(cells, columns, startUs)
  if (durationUs === null) return 'the duration is none'
  const { service, resource } = pods.of(cells[columns.PodName] ?? '')
  const name = pods.name(cells[columns.OperationName] ?? '')
  return {
    traceId,
    spanId,
    parentId,
    service,
    name,
    kind: 'unspecified',
    startUs,
    durationUs,
    error: false,
    resource,
    attributes: noAttributes,
  }
}

const noAttributes: Span['attributes'] = Object.freeze({})

interface Pods {
  of(pod: string): { readonly service: string; readonly resource: Span['resource'] }
  name(text: string): string
}

/** One resource object for all spans of a pod: they would be the larger part of what a span takes in memory. */
function createPods(): Pods {
  const { name } = createSpanFields()
  const known = new Map<string, { readonly service: string; readonly resource: Span['resource'] }>()
  return {
    name,
    of(pod) {
      let found = known.get(pod)
      if (found === undefined) {
        const shown = name(pod)
        found = { service: serviceOfPod(shown), resource: Object.freeze(shown === '' ? {} : { 'k8s.pod.name': shown }) }
        if (known.size >= 4096) known.clear()
        known.set(pod, found)
      }
      return found
    },
  }
}

/** `cart-service-6f6cfc45b-h5m2n` → `cart-service`: Deployment pods end in the hash of the template and five characters of their own. */
export function serviceOfPod(pod: string): string {
  const last = pod.lastIndexOf('-')
  const before = last < 0 ? -1 : pod.lastIndexOf('-', last - 1)
  return before > 0 ? pod.slice(0, before) : pod === '' ? 'unknown_service' : pod
}

function durationOf(cells: readonly string[], columns: Columns, startUs: number): number | null {
  const given = columns.Duration < 0 ? '' : (cells[columns.Duration] ?? '')
  if (given !== '') {
    const durationUs = /^\d{1,15}$/.test(given) ? Number(given) : null
    return isDurationUs(durationUs) ? durationUs : null
  }
  const endUs = microseconds(columns.EndTimeUnixNano < 0 ? '' : (cells[columns.EndTimeUnixNano] ?? ''))
  if (endUs === null) return null
  const durationUs = Math.max(0, endUs - startUs)
  return isDurationUs(durationUs) ? durationUs : null
}

/** Nanoseconds as decimal text → µs: the number itself is beyond 2^53. */
export function microseconds(nanoseconds: string): number | null {
  if (!/^\d{1,20}$/.test(nanoseconds)) return null
  const us = nanoseconds.length <= 3 ? 0 : Number(nanoseconds.slice(0, -3))
  return isTimeUs(us) ? us : null
}

/** The cells of a line (RFC 4180); null when a quote is left open. */
function splitCells(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  for (let at = 0; ; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at)
      cells.push(end < 0 ? line.slice(at) : line.slice(at, end))
      if (end < 0) return cells
      at = end + 1
      continue
    }
    let cell = ''
    for (let from = at + 1; ; ) {
      const quote = line.indexOf('"', from)
      if (quote < 0) return null
      cell += line.slice(from, quote)
      if (line[quote + 1] !== '"') {
        at = quote + 1
        break
      }
      cell += '"'
      from = quote + 2
    }
    cells.push(cell)
    if (at >= line.length) return cells
    if (line[at] !== ',') return null
    at++
  }
}
