// Hot path: once per exchange, live.
import type { ExchangeFrame } from '../events/stream/frame-decoder.ts'
import { readEventRecord } from './ingest/exchanges/events.ts'
import { readEvent } from './ingest/exchanges/event.ts'
import { parseLine } from './ingest/exchanges/json-lines.ts'
import { Quarantine } from './ingest/quarantine.ts'
import type { Learner } from './learner.ts'
import type { RawExchange } from './model/exchange.ts'
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
  let lag = 0
  let items = 0

  function behind(time: string, durationMs: number): void {
    lag = Math.max(lag, now() - Date.parse(time) - durationMs)
  }

  return {
    quarantine,
    lagMs() {
      const largest = lag
      lag = 0
      return largest
    },
    events(lines) {
      const text = lines.toString('latin1')
      let first = true
      for (let start = 0; start < text.length; ) {
        const end = text.indexOf('\n', start)
        const record = parseLine(text.slice(start, end), `stream:${++items}`, readEventRecord)
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
