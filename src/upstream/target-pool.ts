// Hot path: every exchange takes its connection here.
import type { LookupFunction, Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { UpstreamConnection, type UpstreamTimeouts } from '../net/h1/upstream-connection.ts'
import type { Pulse } from '../net/pulse.ts'
import { dial } from './dial.ts'

/** One address behind a service. */
export interface TargetSettings {
  /** As written in the configuration, for events and messages. */
  readonly url: string
  /** Authority for `Host` when the service says so. */
  readonly authority: string
  readonly address:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string }
  /** null for plain HTTP. `options` are made anew for each connection, `keep` remembers its session for the next. */
  readonly tls: { options(): ConnectionOptions; keep(socket: TLSSocket): void } | null
}

export interface PoolSettings {
  readonly connectMs: number
  readonly timeouts: UpstreamTimeouts
  /** Connections to one target from one worker. */
  readonly connectionsMax: number
  /** How names become addresses (resolve.ts). */
  readonly lookup: LookupFunction
}

/** Why there is no connection. */
export type NoConnection = { readonly kind: 'unreachable' | 'timeout' | 'overloaded'; readonly reason: string }

export type Taken = (connection: UpstreamConnection | null, failure: NoConnection | null) => void

/** Somebody who asked for a connection and has none yet. */
export interface Waiting {
  /** Gives the place up: `taken` is not called any more. A connection that was being set up goes to the next in the queue. */
  giveUp(): void
}

/** Errors of connecting that say that this machine has run out of something, and nothing about the service: 503, not 502. */
const ownShortage: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** More waiting than this is a service that cannot keep up: better a quick 503 than a slow one. */
const WAITERS_MAX = 1024

/** Keep-alive connections to one target. The most recently used one is taken first, so that unused ones age and close. */
export class TargetPool {
  readonly target: TargetSettings
  readonly #settings: PoolSettings
  readonly #pulse: Pulse
  readonly #count: (delta: number) => void
  readonly #idle: UpstreamConnection[] = []
  readonly #waiters: Waiter[] = []
  readonly #open = new Set<UpstreamConnection>()
  #connecting = 0
  #retired = false

  /** `count` hears of each connection that opens (+1) and closes (-1). */
  constructor(target: TargetSettings, settings: PoolSettings, pulse: Pulse, count: (delta: number) => void) {
    this.target = target
    this.#settings = settings
    this.#pulse = pulse
    this.#count = count
  }

  /** An idle connection at once, or null. */
  takeIdle(): UpstreamConnection | null {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined) return null
      if (connection.open) return connection
    }
  }

  /** A connection when there is one; `taken` is called at most once, and always unless the place is given up. `fresh` never gives a used one. */
  take(taken: Taken, fresh = false): Waiting {
    const waiter = new Waiter(taken, this.#waiters)
    if (this.#open.size + this.#connecting < this.#settings.connectionsMax) {
      this.#connect(waiter)
      return waiter
    }
    if (fresh) this.#idle.pop()?.abandon()
    const { url } = this.target
    if (this.#waiters.length >= WAITERS_MAX)
      waiter.settle(null, { kind: 'overloaded', reason: `all connections to ${url} are busy and the queue is full` })
    else
      waiter.queue(this.#settings.connectMs, {
        kind: 'overloaded',
        reason: `no connection to ${url} became free in time`,
      })
    return waiter
  }

  /** No new exchanges: idle connections close now, busy ones after their exchange. */
  retire(): void {
    this.#retired = true
    for (const connection of this.#idle.splice(0)) connection.abandon()
  }

  #connect(waiter: Waiter): void {
    const { url } = this.target
    let connection: UpstreamConnection | null = null
    let settled = false
    let socket: Socket
    const settle = (failure: NoConnection | null): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      this.#connecting--
      if (failure !== null) {
        socket.destroy()
        waiter.settle(null, failure)
        this.#next()
        return
      }
      connection = new UpstreamConnection(
        socket,
        this.#pulse,
        this.#settings.timeouts,
        c => this.#returned(c),
        c => this.#closed(c),
      )
      this.#open.add(connection)
      this.#count(1)
      if (!waiter.settle(connection, null)) this.#returned(connection)
    }
    try {
      socket = dial(
        this.target,
        this.#settings.lookup,
        () => settle(null),
        (bytes, length) => connection?.received(bytes, length),
      )
    } catch (error) {
      waiter.settle(null, { kind: 'unreachable', reason: `connecting to ${url} failed: ${String(error)}` })
      return
    }
    this.#connecting++
    const { connectMs } = this.#settings
    const timer = setTimeout(
      () => settle({ kind: 'timeout', reason: `connecting to ${url} took longer than ${connectMs} ms` }),
      connectMs,
    )
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle({
        kind: ownShortage.has(error.code ?? '') ? 'overloaded' : 'unreachable',
        reason: `connecting to ${url} failed: ${error.code ?? ''} ${error.message}`,
      }),
    )
    socket.once('close', () =>
      settle({ kind: 'unreachable', reason: `${url} closed the connection while it was being set up` }),
    )
  }

  #returned(connection: UpstreamConnection): void {
    if (this.#retired) return connection.abandon()
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      this.#idle.push(connection)
      return
    }
    waiter.settle(connection, null)
  }

  #closed(connection: UpstreamConnection): void {
    if (!this.#open.delete(connection)) return
    this.#count(-1)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#next()
  }

  /** Room became free: the first in the queue gets a connection of its own. */
  #next(): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) return
    waiter.leaveQueue()
    this.#connect(waiter)
  }
}

class Waiter implements Waiting {
  #taken: Taken | null
  readonly #queue: Waiter[]
  #timer: NodeJS.Timeout | undefined

  constructor(taken: Taken, queue: Waiter[]) {
    this.#taken = taken
    this.#queue = queue
  }

  queue(withinMs: number, failure: NoConnection): void {
    this.#timer = setTimeout(() => this.settle(null, failure), withinMs)
    this.#queue.push(this)
  }

  leaveQueue(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const index = this.#queue.indexOf(this)
    if (index >= 0) this.#queue.splice(index, 1)
  }

  /** False: nobody waits here any more. */
  settle(connection: UpstreamConnection | null, failure: NoConnection | null): boolean {
    const taken = this.#taken
    this.giveUp()
    taken?.(connection, failure)
    return taken !== null
  }

  giveUp(): void {
    this.#taken = null
    this.leaveQueue()
  }
}
