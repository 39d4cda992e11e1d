// Hot path: once per exchange.
import type { Exchange } from '../core/exchange.ts'
import type { Outcome } from '../core/outcome.ts'
import { createEventLine } from './event.ts'
import type { WorkerMetrics } from './metrics/worker.ts'
import type { RingWriter } from './ring.ts'

/** Where ended exchanges go: counted in the metrics, written once as an event. */
export interface Recorder {
  exchange(x: Exchange, outcome: Outcome): void
}

export interface RecorderParts {
  /** null when no sink is configured: then nothing is serialized. */
  readonly ring: RingWriter | null
  readonly metrics: WorkerMetrics
  /** Keys the hashes of masked segments; the same in all workers. */
  readonly hashKey: Uint8Array
}

/** One per worker. A full ring drops the event and counts it; the exchange never waits. */
export function createRecorder({ ring, metrics, hashKey }: RecorderParts): Recorder {
  const eventLine = createEventLine(hashKey)
  return {
    exchange(x, outcome) {
      metrics.exchange(x, outcome)
      if (ring !== null && !ring.write(eventLine(x, outcome))) metrics.eventDropped()
    },
  }
}
