// Hot path: once per exchange.
import type { Exchange } from '../core/exchange.ts'
import type { Outcome } from '../core/outcome.ts'
import { createEventLine } from './event.ts'
import type { WorkerMetrics } from './metrics/worker.ts'
import type { RingWriter } from './ring.ts'

/** Where ended exchanges go: counted in the metrics, written once as an event. */
export interface Recorder {
  exchange(x: Exchange, outcome: Outcome): void
  /** Events are written from now on, or not: at each commit, by whether any sink is configured. Metrics always count. */
  writeEvents(on: boolean): void
}

export interface RecorderParts {
  /** null: events are never written, and nothing is serialized. */
  readonly ring: RingWriter | null
  readonly metrics: WorkerMetrics
  /** Keys the hashes of masked segments; the same in all workers. */
  readonly hashKey: Uint8Array
}

/** One per worker. A full ring drops the event and counts it; the exchange never waits. */
export function createRecorder({ ring, metrics, hashKey }: RecorderParts): Recorder {
  const eventLine = createEventLine(hashKey)
  let out = ring
  return {
    exchange(x, outcome) {
      metrics.exchange(x, outcome)
      if (out !== null && !out.write(eventLine(x, outcome))) metrics.eventDropped()
    },
    writeEvents(on) {
      out = on ? ring : null
    },
  }
}
