import { createHash } from 'node:crypto'
import { readEvent } from '../../../ingest/exchanges/event.ts'
import type { EventRecord } from '../../../model/event-record.ts'
import { pacesOf } from '../../../profiles/pace.ts'
import { isItemId, parseLine } from '../../item-id.ts'
import type { Family, FileLine } from '../../model.ts'
import { axes, createEventModel, type EventItem } from './event-model.ts'

/** Lines of the event log: who calls what, when, how often, and what comes back; nothing of contents. */
export const events: Family<EventItem> = {
  format: 'events',
  motley: true,
  axes,
  read: eventsOf,
  id: ({ id }) => id,
  key: ({ event, figures, before }) =>
    createHash('sha256')
      .update(JSON.stringify([{ ...event, id: '' }, figures, before as unknown]))
      .digest('base64url'),
  timeMs: ({ timeMs }) => timeMs,
  create: () => createEventModel(),
  restore: dump => createEventModel(dump),
}

/** All are held, since lines need not be in the order of time. */
async function* eventsOf(
  lines: AsyncIterable<FileLine>,
  skip: (line: number, why: string) => void,
): AsyncGenerator<EventItem> {
  const held: Array<Pick<EventItem, 'id' | 'event' | 'figures'>> = []
  for await (const { text, number } of lines) {
    let value: unknown
    try {
      value = parseLine(text)
    } catch {
      skip(number, 'not JSON')
      continue
    }
    const { id = null, ...rest } = isObject(value) ? value : { rest: value }
    // Whoever wrote the file numbers its lines as he likes, and finds them again by that.
    if (id !== null && !isItemId(id)) {
      skip(number, 'id is no text or number')
      continue
    }
    const event = readEvent(isObject(value) ? rest : value, '')
    if (typeof event === 'string') skip(number, event)
    else held.push({ id: id ?? `line ${number}`, event, figures: figuresOf(event, rest) })
  }
  const calls = held.map(({ event }) => {
    const principal = principalOf(event)
    return principal === null
      ? null
      : {
          timeMs: Date.parse(event.time),
          principal,
          method: event.method,
          path: event.path,
          query: event.query.map(({ name }) => name).join('&'),
          status: event.status,
        }
  })
  const paces = pacesOf(calls)
  for (const [i, one] of held.entries())
    yield {
      ...one,
      timeMs: Date.parse(one.event.time),
      principal: calls[i]?.principal ?? null,
      before: paces[i] ?? null,
    }
}

function principalOf({ principal, client }: EventRecord): string | null {
  if (principal !== null) return `${principal.method} ${principal.issuer ?? ''} ${principal.subject}`
  return client === '' ? null : client
}

/** What the line says of sizes and time; what it leaves out is not known, which is not 0. */
function figuresOf(
  { durationMs, requestBytes, responseBytes }: EventRecord,
  written: Readonly<Record<string, unknown>>,
): EventItem['figures'] {
  const known = (name: string, value: number): number | null =>
    written[name] === undefined || written[name] === null ? null : value
  return {
    duration: known('durationMs', durationMs),
    asked: known('requestBytes', requestBytes),
    answered: known('responseBytes', responseBytes),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
