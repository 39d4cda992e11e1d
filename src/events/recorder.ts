// Hot path: once per exchange.
import type { Exchange } from '../core/exchange.ts'
import type { Outcome } from '../core/outcome.ts'
import { createEventLine } from './event.ts'
import type { WorkerMetrics } from './metrics/worker.ts'
import type { RingWriter } from './ring.ts'
import type { Contents } from './stream/frame-encoder.ts'
import type { StreamSender } from './stream/sender.ts'

/** Where ended exchanges go: counted in the metrics, written once as an event, told to insight. */
export interface Recorder {
  /** `contents`: what insight learns from, on routes that learn; it is used before the call returns. */
  exchange(x: Exchange, outcome: Outcome, contents: Contents | null): void
  /** Events are written from now on, or not: at each commit, by whether any sink is configured. Metrics always count. */
  writeEvents(on: boolean): void
}

export interface RecorderParts {
  /** null: events are never written, and nothing is serialized. */
  readonly ring: RingWriter | null
  readonly metrics: WorkerMetrics
  /** To insight; null: it does not run. */
  readonly stream: StreamSender | null
  /** Keys the hashes of masked segments; the same in all workers. */
  readonly hashKey: Uint8Array
}

/** One per worker. A full ring drops the event and counts it; the exchange never waits. */
export function createRecorder({ ring, metrics, stream, hashKey }: RecorderParts): Recorder {
  const eventLine = createEventLine(hashKey)
  let out = ring
  return {
    exchange(x, outcome, contents) {
      metrics.exchange(x, outcome)
      if (out === null && stream === null) return
      const line = eventLine(x, outcome)
      if (out !== null && !out.write(line)) metrics.eventDropped()
      if (stream !== null) stream.exchange(line, contents)
    },
    writeEvents(on) {
      out = on ? ring : null
    },
  }
}
