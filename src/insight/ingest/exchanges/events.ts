import { createRedaction } from '../../../events/redaction.ts'
import type { EventRecord } from '../../model/event-record.ts'
import type { ExchangeRecord } from '../../model/exchange.ts'
import { readLineBytes, textOf } from '../lines.ts'
import type { Reader } from '../reader.ts'
import { createEventLineReader } from './event-line.ts'
import { readEvent } from './event.ts'
import { jsonLinesReader } from './json-lines.ts'
import { readObservation } from './observation.ts'

/** Format `events`: lines of the event log, or of another program that writes such lines and may not mask what ours does. */
export function eventsReader(hashKey: Uint8Array): Reader<ExchangeRecord> {
  const redaction = createRedaction(hashKey)
  const changed = ({ method, host, query }: Pick<EventRecord, 'method' | 'host' | 'query'>) => ({
    method: redaction.name(method),
    host: redaction.host(host),
    query: query.map(({ name, type }) => ({ name: redaction.name(name), type })),
  })
  const readLine = createEventLineReader(fields => changed(fields))
  const reader = jsonLinesReader<ExchangeRecord>(
    'events',
    first =>
      'method' in first && 'path' in first && 'status' in first && 'time' in first && !('response_code' in first),
    (value, place) => {
      const event = readEvent(value, place)
      if (typeof event === 'string') return event
      const id = redaction.id(event.id)
      const path = redaction.path(event.path)
      return { event: { ...event, ...changed(event), id, path }, observation: null }
    },
  )
  return {
    ...reader,
    async *read(chunks, quarantine) {
      for await (const lines of readLineBytes(chunks, quarantine)) {
        const items: ExchangeRecord[] = []
        for (const line of lines) {
          const own = readLine(line.bytes, line.from, line.to)
          if (own !== null) {
            const id = redaction.id(own.id)
            const path = redaction.path(own.path)
            items.push({ event: id === own.id && path === own.path ? own : { ...own, id, path }, observation: null })
            continue
          }
          const item = reader.readOne(textOf(line), line.number, quarantine)
          if (item !== null) items.push(item)
        }
        if (items.length > 0) yield items
      }
    },
  }
}

/** An event without contents. */
export function readEventRecord(value: unknown, place: string): ExchangeRecord | string {
  const event = readEvent(value, place)
  return typeof event === 'string' ? event : { event, observation: null }
}

/** Format `records`: `{"event": …, "observation": … or null}`, what insight records of live traffic. */
export const recordsReader: Reader<ExchangeRecord> = jsonLinesReader(
  'records',
  first => 'event' in first && 'observation' in first,
  (value, place) => {
    if (typeof value !== 'object' || value === null) return 'not an object'
    const { event: eventFrom, observation: observationFrom = null } = value as {
      event?: unknown
      observation?: unknown
    }
    const event = readEvent(eventFrom, place)
    if (typeof event === 'string') return event
    if (observationFrom === null) return { event, observation: null }
    const observation = readObservation(observationFrom)
    return typeof observation === 'string' ? observation : { event, observation }
  },
)
