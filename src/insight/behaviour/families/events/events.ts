import { createHash } from 'node:crypto'
import { readEvent } from '../../../ingest/exchanges/event.ts'
import type { EventRecord } from '../../../model/event-record.ts'
import { pacesOf } from '../../../profiles/pace.ts'
import type { Family, FileLine } from '../../model.ts'
import { axes, createEventModel, type EventItem } from './event-model.ts'

/** Lines of the event log: who calls what, when, how often, and what comes back; nothing of contents. */
export const events: Family<EventItem> = {
  format: 'events',
  axes,
  read: eventsOf,
  id: ({ event }) => event.id,
  key: ({ event, before }) =>
    createHash('sha256')
      .update(JSON.stringify([{ ...event, id: '' }, before as unknown]))
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
  const held: EventRecord[] = []
  for await (const { text, number } of lines) {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      skip(number, 'not JSON')
      continue
    }
    const event = readEvent(value, `line ${number}`)
    if (typeof event === 'string') skip(number, event)
    else held.push(event)
  }
  const calls = held.map(event => ({
    timeMs: Date.parse(event.time),
    principal: principalOf(event),
    method: event.method,
    path: event.path,
    query: event.query.map(({ name }) => name).join('&'),
    status: event.status,
  }))
  const paces = pacesOf(calls)
  for (const [i, event] of held.entries()) {
    const { timeMs, principal } = calls[i] as (typeof calls)[number]
    yield { event, timeMs, principal, before: paces[i] ?? { calls: 1, alike: 1, failures: 0 } }
  }
}

function principalOf({ principal, client }: EventRecord): string {
  return principal === null ? client : `${principal.method} ${principal.issuer ?? ''} ${principal.subject}`
}
