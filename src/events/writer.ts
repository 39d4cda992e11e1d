import type { Clock, Log } from '../core/host.ts'
import type { OpenSink } from '../core/sink.ts'
import type { RingReader } from './ring.ts'
import { countLines, createSinkQueue, type SinkQueue, type SinkStatus } from './sink-queue.ts'

/** A configured sink; `key` tells over reloads that it is the same one (its name and settings). */
export interface SinkPart {
  readonly key: string
  /** Label in metrics and log. */
  readonly name: string
  open(): OpenSink
}

export interface EventWriterParts {
  /** One per worker slot; they outlive the workers. */
  readonly rings: readonly RingReader[]
  readonly sinks: readonly SinkPart[]
  readonly clock: Clock
  readonly log: Log
  /** Between two looks at the rings, ms. */
  readonly everyMs?: number
  /** Bytes that may wait for one sink. */
  readonly queueBytesMax?: number
}

export interface EventWriterStatus {
  /** Lines that the rings refused, over all workers since the start. */
  readonly ringDropped: number
  readonly sinks: readonly SinkStatus[]
}

export interface EventWriter {
  /** After a reload: sinks of the same key stay open with their queues, others are opened and closed (flushed first, bounded). */
  replaceSinks(sinks: readonly SinkPart[]): Promise<void>
  /** SIGUSR2: every sink opens its file anew. */
  reopen(): Promise<void>
  status(): EventWriterStatus
  /** Takes what is in the rings now; for tests and for the moment before a report. */
  drain(): void
  /** Last drain, flush within `withinMs`, then everything is closed. What did not get out is counted and logged. */
  close(withinMs?: number): Promise<void>
}

/** How much is taken from a ring at once: one copy, shared by all sinks. */
const takeBytes = 256 * 1024

/**
 * Moves events from the workers' rings to the sinks, in the main thread. Each sink has a bounded queue of its own: one that blocks or fails
 * loses its own events, counted, and holds up neither the others nor the rings. Without sinks the rings are emptied all the same.
 */
export function createEventWriter(parts: EventWriterParts): EventWriter {
  const { rings, clock, log, everyMs = 25, queueBytesMax = 8 * 1024 * 1024 } = parts
  let closed = false
  let queues = new Map<string, SinkQueue>()
  const openQueue = (part: SinkPart): SinkQueue =>
    createSinkQueue({ name: part.name, sink: part.open(), bytesMax: queueBytesMax, clock, log })
  for (const part of parts.sinks) queues.set(part.key, openQueue(part))

  function drain(): void {
    for (const ring of rings) {
      for (let lines = ring.take(takeBytes); lines !== null; lines = ring.take(takeBytes)) {
        if (queues.size > 0) {
          // The ring's bytes are overwritten once given back; the copy is never changed, so all queues share it.
          const bytes = Buffer.from(lines)
          const copy = { bytes, count: countLines(bytes) }
          for (const queue of queues.values()) queue.push(copy)
        }
        ring.done(lines.length)
      }
    }
  }

  const cancels = rings.map(ring => {
    let cancel = (): void => {}
    const watch = (): void => {
      const asked = ring.halfFull()
      cancel = asked.cancel
      void asked.reached.then(() => {
        if (closed) return
        drain()
        watch()
      })
    }
    watch()
    return () => cancel()
  })
  const timer = setInterval(drain, everyMs)
  timer.unref()

  return {
    drain,
    async replaceSinks(sinks) {
      drain()
      const next = new Map<string, SinkQueue>()
      for (const part of sinks) next.set(part.key, queues.get(part.key) ?? openQueue(part))
      const gone = [...queues].filter(([key]) => !next.has(key)).map(([, queue]) => queue)
      queues = next
      await Promise.all(gone.map(queue => queue.close(2000)))
    },
    async reopen() {
      drain()
      await Promise.all([...queues.values()].map(queue => queue.reopen()))
    },
    status() {
      return {
        ringDropped: rings.reduce((sum, ring) => sum + ring.dropped(), 0),
        sinks: [...queues.values()].map(queue => queue.status()),
      }
    },
    async close(withinMs = 2000) {
      if (closed) return
      closed = true
      clearInterval(timer)
      for (const cancel of cancels) cancel()
      drain()
      await Promise.all([...queues.values()].map(queue => queue.close(withinMs)))
    },
  }
}
