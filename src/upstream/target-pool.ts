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

interface Waiter {
  readonly taken: Taken
  readonly timer: NodeJS.Timeout
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

  /** A connection when there is one; `taken` is called exactly once, later. `fresh` never gives a used one. */
  take(taken: Taken, fresh = false): void {
    if (this.#open.size + this.#connecting < this.#settings.connectionsMax) return this.#connect(taken)
    if (fresh) this.#idle.pop()?.abandon()
    if (this.#waiters.length >= WAITERS_MAX)
      return taken(null, {
        kind: 'overloaded',
        reason: `all connections to ${this.target.url} are busy and the queue is full`,
      })
    const waiter: Waiter = {
      taken,
      timer: setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        taken(null, { kind: 'overloaded', reason: `no connection to ${this.target.url} became free in time` })
      }, this.#settings.connectMs),
    }
    this.#waiters.push(waiter)
  }

  /** No new exchanges: idle connections close now, busy ones after their exchange. */
  retire(): void {
    this.#retired = true
    for (const connection of this.#idle.splice(0)) connection.abandon()
  }

  #connect(taken: Taken): void {
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
        taken(null, failure)
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
      taken(connection, null)
    }
    try {
      socket = dial(
        this.target,
        this.#settings.lookup,
        () => settle(null),
        (bytes, length) => connection?.received(bytes, length),
      )
    } catch (error) {
      return taken(null, { kind: 'unreachable', reason: `connecting to ${url} failed: ${String(error)}` })
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
    clearTimeout(waiter.timer)
    waiter.taken(connection, null)
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
    clearTimeout(waiter.timer)
    this.#connect(waiter.taken)
  }
}
