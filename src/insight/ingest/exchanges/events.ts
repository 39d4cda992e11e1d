import { createRedaction } from '../../../events/redaction.ts'
import type { EventRecord } from '../../model/event-record.ts'
import type { ExchangeRecord } from '../../model/exchange.ts'
import { type FieldChoice, namesOf, usualFields } from '../../model/field-choice.ts'
import type { Observation } from '../../model/observation.ts'
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

/** Format `records`: `{"event": …, "observation": … or null}`, what insight records of live traffic, without the fields that are dropped now. */
export function recordsReaderOf(choice: FieldChoice): Reader<ExchangeRecord> {
  const dropped = {
    request: new Set(namesOf(choice.drop, 'request')),
    response: new Set(namesOf(choice.drop, 'response')),
  }
  return jsonLinesReader(
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
      if (typeof observation === 'string') return observation
      return { event, observation: choice.drop.size === 0 ? observation : without(observation, dropped) }
    },
  )
}

/** The same with the usual fields. */
export const recordsReader = recordsReaderOf(usualFields)

function without(
  observation: Observation,
  dropped: Readonly<Record<'request' | 'response', ReadonlySet<string>>>,
): Observation {
  return {
    ...observation,
    headers: observation.headers.filter(({ name }) => !dropped.request.has(name.toLowerCase())),
    responseFields: Object.fromEntries(
      Object.entries(observation.responseFields).filter(([name]) => !dropped.response.has(name)),
    ),
  }
}
