import { createRedaction } from '../../../events/redaction.ts'
import type { ExchangeRecord } from '../../model/exchange.ts'
import type { Reader } from '../reader.ts'
import { readEvent } from './event.ts'
import { jsonLinesReader } from './json-lines.ts'
import { readObservation } from './observation.ts'

/** Format `events`: lines of the event log, or of another program that writes such lines and may not mask what ours does. */
export function eventsReader(hashKey: Uint8Array): Reader<ExchangeRecord> {
  const redaction = createRedaction(hashKey)
  return jsonLinesReader(
    'events',
    first =>
      'method' in first && 'path' in first && 'status' in first && 'time' in first && !('response_code' in first),
    (value, place) => {
      const event = readEvent(value, place)
      if (typeof event === 'string') return event
      const id = redaction.id(event.id)
      const method = redaction.name(event.method)
      const host = redaction.host(event.host)
      const path = redaction.path(event.path)
      const query = event.query.map(({ name, type }) => ({ name: redaction.name(name), type }))
      return { event: { ...event, id, method, host, path, query }, observation: null }
    },
  )
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
