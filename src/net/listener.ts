import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { addressBlock, unmapAddress } from '../lib/address.ts'
import { shareReadBuffer } from './accepted-socket.ts'
import { ServerConnection, type ServerSettings } from './h1/server-connection.ts'
import { ConnectionTls } from './tls/connection-info.ts'
import { createTlsEndpoint, type TlsEndpoint } from './tls/endpoint.ts'
import type { HandshakeFault } from './tls/handshake-fault.ts'
import { type TlsSettings, trustRevision } from './tls/settings.ts'

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export interface ConnectionLimits {
  /** Open connections of this worker; the surplus is closed before a byte is read. */
  connectionsMax: number
  connectionsPerAddressMax: number
}

export interface ListenerInit {
  readonly address: ListenAddress
  readonly settings: ServerSettings
  readonly limits: ConnectionLimits
  /** null for plaintext. */
  readonly tls: { readonly settings: TlsSettings; readonly ticketKeys: Buffer } | null
  readonly opened: () => void
  readonly handshakeFailed: (fault: HandshakeFault, address: string, reason: string) => void
  /** Accepting failed after the start. */
  readonly acceptFailed: (error: Error) => void
  /** The surplus connection of that address was closed. */
  readonly shed: (address: string) => void
}

/** Open connections that lost their trust are cut after this, ms: within the 5 s of DESIGN §5. */
const REVOKED_GRACE_MS = 4000

/** One listening address in one worker, with its connections. */
export class Listener {
  readonly #init: ListenerInit
  readonly #server: Server
  readonly #endpoint: TlsEndpoint | null
  readonly #connections = new Set<ServerConnection>()
  readonly #perAddress = new Map<string, number>()
  #revision = ''
  /** Connections that the system gave us, their handshake done or not. */
  #accepted = 0

  constructor(init: ListenerInit) {
    this.#init = init
    if (init.tls === null) {
      this.#endpoint = null
      this.#server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
        if (!this.#admits(socket)) return void socket.destroy()
        this.#count(socket)
        this.#accept(socket, null)
      })
      return
    }
    this.#revision = trustRevision(init.tls.settings)
    this.#endpoint = createTlsEndpoint({
      ...init.tls,
      admit: socket => {
        const admitted = this.#admits(socket)
        if (admitted) this.#count(socket)
        return admitted
      },
      onConnection: (socket: TLSSocket, info: ConnectionTls) => this.#accept(socket, info),
      onHandshakeError: init.handshakeFailed,
    })
    this.#server = this.#endpoint.server
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Resolves when it accepts. Rejects with the system's error. */
  listen(): Promise<void> {
    const { address } = this.#init
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      const done = (): void => {
        this.#server.off('error', reject)
        // What goes wrong later, such as too few descriptors to accept, must not end the worker.
        this.#server.on('error', this.#init.acceptFailed)
        if (address.kind === 'unix') chmodSync(address.path, 0o660)
        resolve()
      }
      // All workers accept on the same port, and the kernel spreads new connections over them (DESIGN §3).
      if (address.kind === 'tcp')
        this.#server.listen({ host: address.host, port: address.port, reusePort: true, backlog: 4096 }, done)
      else {
        // Main has made sure that nobody answers there; what is left is the socket file of a process that is gone.
        rmSync(address.path, { force: true })
        this.#server.listen({ path: address.path, backlog: 4096 }, done)
      }
    })
  }

  /** New certificates, trust or limits. Connections whose client was verified under another trust end: idle ones now, busy ones after their answer, all within 4 s. */
  update(tls: ListenerInit['tls'], limits: ConnectionLimits): void {
    Object.assign(this.#init.limits, limits)
    if (tls === null || this.#endpoint === null) return
    this.#endpoint.update(tls.settings, tls.ticketKeys)
    const revision = trustRevision(tls.settings)
    if (revision === this.#revision) return
    this.#revision = revision
    const revoked = [...this.#connections].filter(
      ({ tls: info }) => info instanceof ConnectionTls && info.trust !== revision,
    )
    for (const connection of revoked) {
      if (connection.busy) connection.drain()
      else connection.destroy()
    }
    setTimeout(() => {
      for (const connection of revoked) connection.destroy()
    }, REVOKED_GRACE_MS).unref()
  }

  /** Accepts no more; open connections end after their exchange. */
  close(): void {
    this.#server.close()
    for (const connection of this.#connections) connection.drain()
  }

  /** Cuts what is still open. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  /** The connection is gone; called by the handler that its settings name. */
  forget(connection: ServerConnection): void {
    this.#connections.delete(connection)
  }

  /** Is there room for one more from there? The surplus is closed before a byte is read. One IPv6 client has a whole /64 of addresses. */
  #admits(socket: Socket): boolean {
    const { limits } = this.#init
    const address = addressBlock(socket.remoteAddress ?? '')
    // Callers on a Unix socket have no address and are not limited as if they were one.
    const crowded = address !== '' && (this.#perAddress.get(address) ?? 0) >= limits.connectionsPerAddressMax
    if (this.#accepted < limits.connectionsMax && !crowded) return true
    this.#init.shed(address)
    return false
  }

  /** Counts a connection from its first packet on, so that handshakes that never end are limited too. */
  #count(socket: Socket): void {
    const address = addressBlock(socket.remoteAddress ?? '')
    this.#accepted++
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
    socket.once('close', () => {
      this.#accepted--
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
    })
  }

  #accept(socket: Socket, info: ConnectionTls | null): void {
    this.#init.opened()
    const client = { address: unmapAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    const feeds = shareReadBuffer(socket, (bytes, length) => connection.received(bytes, length))
    const connection = new ServerConnection(socket, client, info, this.#init.settings, feeds)
    this.#connections.add(connection)
  }
}
