import {
  BIGINT,
  BOOLEAN,
  FLOAT,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  TIMESTAMP,
  TIMESTAMP_MS,
  UBIGINT,
  USMALLINT,
  VARCHAR,
} from '@duckdb/node-api'
import type { EventRecord } from '../model/event-record.ts'
import type { Span } from '../model/span.ts'

export interface Column<T> {
  readonly name: string
  readonly type: DuckDBType
  value(item: T): DuckDBValue
}

/** What many rows have in common, in a table of its own with a number: texts cost most, and a handful of these serves millions of rows. */
export interface SharedLayout<T> {
  /** Of the table and of the column that points into it. */
  readonly name: string
  readonly columns: readonly Column<T>[]
  /** Equal keys have equal columns. */
  key(item: T): string
}

export interface TableLayout<T> {
  readonly name: string
  /** Everything joined, for questions. */
  readonly view: string
  /** What retention goes by. */
  readonly timeColumn: string
  readonly columns: readonly Column<T>[]
  readonly shared: readonly SharedLayout<T>[]
}

function column<T>(name: string, type: DuckDBType, value: (item: T) => DuckDBValue): Column<T> {
  return { name, type, value }
}

/** Time of the event, kept while it stays the same: lines of one millisecond come together. */
function timeOf(): (event: EventRecord) => DuckDBTimestampMillisecondsValue {
  let text = ''
  let value = new DuckDBTimestampMillisecondsValue(0n)
  return event => {
    if (event.time !== text) {
      text = event.time
      value = new DuckDBTimestampMillisecondsValue(BigInt(Date.parse(text)))
    }
    return value
  }
}

/** Events without their query and private words: what a question about the past needs. */
export const eventTable: TableLayout<EventRecord> = {
  name: 'event_rows',
  view: 'events',
  timeColumn: 'time',
  columns: [
    column('time', TIMESTAMP_MS, timeOf()),
    column('id', VARCHAR, event => event.id),
    column('trace_id', VARCHAR, event => event.traceId),
    column('path', VARCHAR, event => event.path),
    column('status', USMALLINT, event => event.status),
    column('request_bytes', UBIGINT, event => BigInt(Math.floor(event.requestBytes))),
    column('response_bytes', UBIGINT, event => BigInt(Math.floor(event.responseBytes))),
    column('duration_ms', FLOAT, event => event.durationMs),
    column('upstream_ms', FLOAT, event => event.upstreamMs),
  ],
  shared: [
    {
      name: 'call',
      columns: [
        column('listener', VARCHAR, event => event.listener),
        column('method', VARCHAR, event => event.method),
        column('host', VARCHAR, event => event.host),
        column('route', VARCHAR, event => event.route),
        column('service', VARCHAR, event => event.service),
        column('verdict', VARCHAR, event => event.verdict),
        column('policy', VARCHAR, event => event.policy),
        column('code', VARCHAR, event => event.code),
      ],
      key: event =>
        `${event.method} ${event.host}\n${event.route}\n${event.service}\n${event.verdict}\n${event.policy}\n${event.code}\n${event.listener}`,
    },
    {
      name: 'caller',
      columns: [
        column('client', VARCHAR, event => event.client),
        column('subject', VARCHAR, event => event.principal?.subject ?? null),
        column('proof', VARCHAR, event => event.principal?.method ?? null),
        column('issuer', VARCHAR, event => event.principal?.issuer ?? null),
      ],
      key: ({ client, principal }) =>
        principal === null ? client : `${client}\n${principal.method}\n${principal.issuer}\n${principal.subject}`,
    },
  ],
}

export const spanTable: TableLayout<Span> = {
  name: 'span_rows',
  view: 'spans',
  timeColumn: 'start',
  columns: [
    column('start', TIMESTAMP, span => new DuckDBTimestampValue(BigInt(span.startUs))),
    column('trace_id', VARCHAR, span => span.traceId),
    column('span_id', VARCHAR, span => span.spanId),
    column('parent_id', VARCHAR, span => span.parentId),
    column('duration_us', BIGINT, span => BigInt(span.durationUs)),
    column('error', BOOLEAN, span => span.error),
    column('attributes', VARCHAR, span => jsonOf(span.attributes)),
  ],
  shared: [
    {
      name: 'step',
      columns: [
        column('service', VARCHAR, span => span.service),
        column('name', VARCHAR, span => span.name),
        column('kind', VARCHAR, span => span.kind),
      ],
      key: span => `${span.service}\n${span.kind}\n${span.name}`,
    },
    {
      name: 'origin',
      columns: [column('resource', VARCHAR, span => jsonOf(span.resource))],
      key: span => jsonOf(span.resource),
    },
  ],
}

/** Number of a shared row. */
export const pointer: DuckDBType = INTEGER

const texts = new WeakMap<object, string>()

/** Readers give all spans of a batch one resource object, which is then written down once. */
function jsonOf(value: object): string {
  let text = texts.get(value)
  if (text === undefined) {
    text = JSON.stringify(value)
    texts.set(value, text)
  }
  return text
}
