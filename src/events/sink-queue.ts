import type { Clock, Log } from '../core/host.ts'
import type { OpenSink } from '../core/sink.ts'

export interface SinkStatus {
  readonly name: string
  /** Events lost since the sink was opened: no room in the queue, or a failed write. */
  readonly dropped: number
  readonly written: number
  readonly queuedBytes: number
  /** The last write failed. */
  readonly failing: boolean
}

/** Whole lines and how many: counted once for all sinks. */
export interface Lines {
  readonly bytes: Uint8Array
  readonly count: number
}

export interface SinkQueue {
  /** Takes whole lines that nobody changes any more, or counts them as lost. */
  push(lines: Lines): void
  reopen(): Promise<void>
  status(): SinkStatus
  /** Flushes for at most `withinMs`, then closes for good; never rejects. */
  close(withinMs: number): Promise<void>
}

export interface SinkQueueParts {
  readonly name: string
  readonly sink: OpenSink
  readonly bytesMax: number
  readonly clock: Clock
  readonly log: Log
}

/** A write larger than this is no faster and delays the first line in it. */
const batchBytes = 256 * 1024
const complainEveryMs = 60_000

/** One sink with its own bounded queue and one write at a time. Losses are counted, and told once a minute. */
export function createSinkQueue({ name, sink, bytesMax, clock, log }: SinkQueueParts): SinkQueue {
  let waiting: Lines[] = []
  let waitingBytes = 0
  let writingBytes = 0
  let dropped = 0
  let complained = false
  let written = 0
  let failing = false
  let complainedAt = Number.NEGATIVE_INFINITY
  let closing = false
  let running: Promise<void> | null = null

  function complain(why: string): void {
    if (clock.monotonic() - complainedAt < complainEveryMs) return
    complainedAt = clock.monotonic()
    log.error(`events are being lost at sink ${name}: ${why}`, { sink: name, lost: dropped })
    complained = true
  }

  function nextBatch(): Lines {
    let chunks = 0
    let bytes = 0
    let count = 0
    for (const chunk of waiting) {
      if (chunks > 0 && bytes + chunk.bytes.length > batchBytes) break
      chunks++
      bytes += chunk.bytes.length
      count += chunk.count
    }
    const batch = waiting.splice(0, chunks)
    waitingBytes -= bytes
    if (batch.length === 1) return batch[0] as Lines
    return {
      bytes: Buffer.concat(
        batch.map(chunk => chunk.bytes),
        bytes,
      ),
      count,
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = nextBatch()
      writingBytes = batch.bytes.length
      try {
        await sink.write(batch.bytes)
        written += batch.count
        failing = false
        if (complained && waitingBytes < bytesMax / 2) {
          complained = false
          log.info(`events are written again at sink ${name}`, { sink: name, lost: dropped })
        }
      } catch (error) {
        // The sink may know that a part got out (file: whole lines before the disk was full).
        const got = (error as { writtenBytes?: unknown }).writtenBytes
        const kept = typeof got === 'number' ? countLines(batch.bytes.subarray(0, got)) : 0
        written += kept
        dropped += batch.count - kept
        failing = true
        complain((error as Error).message)
      }
      writingBytes = 0
    }
    running = null
  }

  return {
    push(lines) {
      if (closing || waitingBytes + writingBytes + lines.bytes.length > bytesMax) {
        dropped += lines.count
        if (!closing) complain(`it takes events more slowly than they come, and ${bytesMax} bytes wait already`)
        return
      }
      waiting.push(lines)
      waitingBytes += lines.bytes.length
      running ??= run()
    },
    async reopen() {
      try {
        await sink.reopen?.()
      } catch (error) {
        failing = true
        complain((error as Error).message)
      }
    },
    status() {
      return { name, dropped, written, queuedBytes: waitingBytes + writingBytes, failing }
    },
    async close(withinMs) {
      closing = true
      if (running !== null) await within(running, withinMs)
      const left = waiting.reduce((sum, chunk) => sum + chunk.count, 0)
      waiting = []
      waitingBytes = 0
      dropped += left
      if (left > 0) log.error(`sink ${name} did not take its last events in time`, { sink: name, lost: left })
      await within(
        sink
          .close()
          .catch((error: unknown) =>
            log.error(`sink ${name} did not close: ${(error as Error).message}`, { sink: name }),
          ),
        withinMs,
      )
    },
  }
}

/** How many lines end in `bytes`. */
export function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** Waits for `work`, but no longer than `ms`. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
