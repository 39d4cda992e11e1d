// Hot path: once per exchange while insight runs.
import { connect, type Socket } from 'node:net'
import type { Log } from '../../core/host.ts'
import { type Contents, createFrameEncoder } from './frame-encoder.ts'

/** The data plane's end of the stream to insight: takes what it is given or drops it, counted; never waits, never throws. */
export interface StreamSender {
  /** `contents` null: the event alone. */
  exchange(line: string, contents: Contents | null): void
  /** Sends what is gathered and ends the connection. */
  close(): void
}

export interface StreamSenderParts {
  /** Path of insight's Unix socket. */
  readonly path: string
  readonly worker: number
  readonly log: Log
  /** Hears of each loss. */
  readonly dropped: () => void
  /** Between two sendings, ms. */
  readonly everyMs?: number
  readonly batchBytes?: number
}

/** Batches on their way in the kernel's or libuv's hands; one more is being filled. Beyond that insight is behind, and what comes is dropped. */
const underWayMax = 2
const reconnectMs = [100, 250, 500, 1000, 2000, 5000]

/** Connects at once and again whenever the connection is lost, with growing pauses: insight starts after the workers, and may be replaced. */
export function createStreamSender({
  path,
  worker,
  log,
  dropped,
  everyMs = 50,
  batchBytes,
}: StreamSenderParts): StreamSender {
  let encoder = createFrameEncoder(batchBytes)
  let socket: Socket | null = null
  let ready = false
  let underWay = 0
  /** Exchanges in the batch that is being filled, and in those on their way. */
  let gathered = 0
  let sent = 0
  let attempts = 0
  let closed = false
  let lost = { events: 0, contents: 0, told: 0 }
  let retry: NodeJS.Timeout | undefined

  function open(): void {
    const made = connect(path)
    socket = made
    made.unref()
    made.once('connect', () => {
      encoder = createFrameEncoder(batchBytes)
      lost = { events: 0, contents: 0, told: 0 }
      underWay = 0
      gathered = 0
      sent = 0
      attempts = 0
      ready = encoder.hello(worker)
    })
    // Insight never answers; what it says is not read.
    made.resume()
    made.on('error', () => {})
    made.once('close', () => {
      if (ready) log.warn('the stream to insight is interrupted; what is not sent is counted', { worker })
      for (let i = ready ? gathered + sent : 0; i > 0; i--) dropped()
      ready = false
      socket = null
      if (closed) return
      retry = setTimeout(open, reconnectMs[Math.min(attempts++, reconnectMs.length - 1)])
      retry.unref()
    })
  }

  function send(): void {
    if (!ready || socket === null || underWay >= underWayMax) return
    if (lost.events + lost.contents > lost.told && encoder.dropped(lost.events, lost.contents))
      lost.told = lost.events + lost.contents
    const batch = encoder.take()
    if (batch === null) return
    underWay++
    const [from, of, count] = [socket, encoder, gathered]
    sent += count
    gathered = 0
    from.write(batch, error => {
      // The encoder of an earlier connection is gone with it; a batch that failed ends the connection and is counted there.
      if (of !== encoder || (error ?? null) !== null) return
      underWay--
      sent -= count
      of.giveBack(batch)
    })
  }

  const timer = setInterval(send, everyMs)
  timer.unref()
  open()

  /** Into the batch, or into the next one when this one is full. */
  function put(line: string, contents: Contents | null): boolean {
    const taken = contents === null ? encoder.event(line) : encoder.exchange(line, contents)
    if (taken) return true
    send()
    return encoder.waiting === 0 && (contents === null ? encoder.event(line) : encoder.exchange(line, contents))
  }

  return {
    exchange(line, contents) {
      if (!ready) return dropped()
      if (put(line, contents)) gathered++
      else if (contents !== null && put(line, null)) {
        gathered++
        lost.contents++
      } else {
        lost.events++
        dropped()
      }
    },
    close() {
      closed = true
      clearInterval(timer)
      clearTimeout(retry)
      send()
      socket?.end()
    },
  }
}
