import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../../core/host.ts'
import { createFrameDecoder, type ExchangeFrame, FrameError } from '../../events/stream/frame-decoder.ts'

/** What arrives from the data plane. */
export interface StreamTaker {
  /** Whole lines of the event log; a view. */
  events(lines: Buffer): void
  exchange(frame: ExchangeFrame): void
}

export interface StreamStatus {
  readonly connections: number
  /** Bytes that were not of the protocol; each ended its connection. */
  readonly refused: number
  /** What the senders lost, over all connections. */
  readonly eventsDropped: number
  readonly contentsDropped: number
}

export interface StreamServer {
  status(): StreamStatus
  /** What lies in the sockets is still taken; then everything is closed. */
  close(): Promise<void>
}

/** Longest path of a Unix socket on Linux, bytes. */
const pathBytesMax = 107
/** One per worker, and some for restarts. */
const connectionsMax = 512

/**
 * Listens at `path`, a Unix socket for the owner alone. The folder must belong to this process: what lies at `path` is removed. Reading a chunk is done when the
 * next one is read, so a slow learner fills the socket, and the sender drops and counts. Rejects with words when it cannot listen.
 */
export async function openStreamServer(path: string, taker: StreamTaker, log: Log): Promise<StreamServer> {
  if (Buffer.byteLength(path) > pathBytesMax)
    throw new Error(`the path of the socket ${path} is longer than ${pathBytesMax} bytes; choose a shorter stateDir`)
  const open = new Set<Socket>()
  let refused = 0
  let eventsGone = 0
  let contentsGone = 0
  const lost = new Map<Socket, { events: number; contents: number }>()

  function connected(socket: Socket): void {
    open.add(socket)
    let worker = -1
    const decode = createFrameDecoder({
      hello: index => {
        worker = index
      },
      events: lines => taker.events(lines),
      exchange: frame => taker.exchange(frame),
      dropped: (events, contents) => lost.set(socket, { events, contents }),
    })
    socket.on('data', chunk => {
      try {
        decode(chunk as Buffer)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        refused++
        log.warn(`the stream of a worker was ended: ${error.message}`, { worker })
        socket.destroy()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      open.delete(socket)
      const counts = lost.get(socket)
      lost.delete(socket)
      eventsGone += counts?.events ?? 0
      contentsGone += counts?.contents ?? 0
    })
  }

  rmSync(path, { force: true })
  const server: Server = createServer({ allowHalfOpen: false }, connected)
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
  chmodSync(path, 0o600)
  server.on('error', error => log.error('the stream socket failed', { cause: error.message }))

  return {
    status() {
      let [events, contents] = [eventsGone, contentsGone]
      for (const counts of lost.values()) {
        events += counts.events
        contents += counts.contents
      }
      return { connections: open.size, refused, eventsDropped: events, contentsDropped: contents }
    },
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      // The workers are gone by now, or are told to reconnect: what they had written is read until their end.
      const ends = [...open].map(socket => new Promise(resolve => socket.once('close', resolve)))
      const { promise: late, resolve: giveUp } = Promise.withResolvers<void>()
      const timer = setTimeout(giveUp, drainMs)
      await Promise.race([Promise.all(ends), late])
      clearTimeout(timer)
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

const drainMs = 500
