// Hot path: once per exchange, live.
import type { ExchangeFrame } from '../events/stream/frame-decoder.ts'
import { createEventLineReader } from './ingest/exchanges/event-line.ts'
import { readEventRecord } from './ingest/exchanges/events.ts'
import { readEvent } from './ingest/exchanges/event.ts'
import { parseLine } from './ingest/exchanges/json-lines.ts'
import { Quarantine } from './ingest/quarantine.ts'
import type { Learner } from './learner.ts'
import type { ExchangeRecord, RawExchange } from './model/exchange.ts'
import type { Observation } from './model/observation.ts'
import type { StreamTaker } from './stream/server.ts'

export interface Intake extends StreamTaker {
  readonly quarantine: Quarantine
  /** How long the last event had been on its way when it was taken, ms; the largest since the last call. */
  lagMs(): number
}

export interface IntakeParts {
  readonly learner: Learner
  readonly reduce: (raw: RawExchange) => Observation
  /** Wall clock, ms; for the lag alone, nothing that is learnt depends on it. */
  readonly now: () => number
}

/** Takes what the data plane sends: parses, reduces contents at once, and hands over to the learner. */
export function createIntake({ learner, reduce, now }: IntakeParts): Intake {
  const quarantine = new Quarantine('stream')
  const readLine = createEventLineReader()
  let lag = 0
  let items = 0

  function behind(time: string, durationMs: number): void {
    lag = Math.max(lag, now() - Date.parse(time) - durationMs)
  }

  /** The event in a line of ours; the parser reads what is not quite as we write it. */
  function recordOf(lines: Buffer, from: number, to: number): ExchangeRecord | string {
    const event = readLine(lines, from, to)
    if (event !== null) return { event, observation: null }
    return parseLine(lines.toString('latin1', from, to), `stream:${items}`, readEventRecord)
  }

  return {
    quarantine,
    lagMs() {
      const largest = lag
      lag = 0
      return largest
    },
    events(lines) {
      let first = true
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(10, start)
        items++
        const record = recordOf(lines, start, end)
        start = end + 1
        if (typeof record === 'string') {
          quarantine.add(`item ${items}`, record)
          continue
        }
        learner.take(record)
        // The first of a chunk waited longest.
        if (first) behind(record.event.time, record.event.durationMs)
        first = false
      }
    },
    exchange(frame: ExchangeFrame) {
      const event = parseLine(frame.line, `stream:${++items}`, readEvent)
      if (typeof event === 'string') return quarantine.add(`item ${items}`, event)
      const { query, requestFields, responseFields, requestBody, responseBody, encrypted } = frame
      let observation: Observation | null = null
      try {
        observation = reduce({ event, query, requestFields, responseFields, requestBody, responseBody, encrypted })
      } catch {
        // What it said is nobody's to read; the event still counts.
        quarantine.add(`item ${items}`, 'the contents could not be reduced')
      }
      learner.take({ event, observation })
      behind(event.time, event.durationMs)
    },
  }
}
