import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { ControlConfig } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Clock, Log } from '../core/host.ts'
import { packSecrets } from '../core/secret.ts'
import { type CidrSet, createCidrSet } from '../lib/cidr-set.ts'
import { problemAnswer, refuse } from './answer.ts'
import type { ControlLive } from './endpoints.ts'
import { createHandler } from './handler.ts'
import { createHostCheck, type HostCheck, isLoopback } from './host-names.ts'
import { listen } from './listen.ts'
import { tlsOptions } from './tls-options.ts'
import { createTokenCheck, loadControlToken } from './token.ts'

export interface ControlParts {
  readonly config: ControlConfig
  /** Folder of the token; without one there is no control API. */
  readonly stateDir: string
  readonly log: Log
  readonly clock: Clock
  readonly live: ControlLive
}

export interface ControlServer {
  /** Binds the listeners. Rejects with words that name a taken port. */
  start(): Promise<{ readonly port: number; readonly healthPort: number | null }>
  /**
   * After a reload: certificates, client CA, CRLs, hosts and networks as they are now; connections that came in under other terms are closed
   * at their next request. Addresses stay until the next start. Never throws: what cannot be taken over is logged, and the old terms stay.
   */
  renew(config: ControlConfig): void
  /** Ends idle connections, waits at most a second for the others. */
  close(): Promise<void>
}

// An operator's tool and a scraper need little; everything beyond is somebody else.
const limits: ServerOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
  requireHostHeader: false,
}
const connectionsMax = 64

/** The control API on its own listener, and health alone on a second one if asked. Throws an Error when the token file is open to others, a ConfigError when it would be open to the world. */
export function createControlServer({ config, stateDir, log, clock, live }: ControlParts): ControlServer {
  checkReach(config)
  const tokenCheck = createTokenCheck(loadControlToken(stateDir))
  let allowed = networks(config.allow)
  const beyondLoopback = config.address.kind === 'tcp' && !isLoopback(config.address.host)
  let hostCheck: HostCheck = () => false
  let port = 0
  let terms = termsOf(config)
  let openedUnder = new WeakSet<Socket>()
  let complainedAt = Number.NEGATIVE_INFINITY

  function refusedToken(req: IncomingMessage): void {
    if (clock.monotonic() - complainedAt < 60_000) return
    complainedAt = clock.monotonic()
    log.warn('the control API refused a request without the right token', {
      address: req.socket.remoteAddress ?? '',
      path: req.url ?? '',
    })
  }

  const answer = createHandler({ tokenCheck, hostCheck: host => hostCheck(host), live, log, refusedToken })
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    if (openedUnder.has(req.socket)) answer(req, res)
    else req.socket.destroy()
  }
  const tlsServer = config.tls === null ? null : createTlsServer({ ...limits, ...tlsOptions(config.tls) }, handle)
  const server = tlsServer ?? createPlainServer(limits, handle)
  prepare(server)
  server.on(tlsServer === null ? 'connection' : 'secureConnection', (socket: Socket) => openedUnder.add(socket))
  if (beyondLoopback) {
    const refuseStranger = (socket: Socket): void => {
      if (allowed.has(socket.remoteAddress ?? '') !== true) socket.destroy()
    }
    // Before TLS: an address outside the list gets no handshake.
    server.prependListener('connection', refuseStranger)
  }

  const health =
    config.health === null
      ? null
      : createPlainServer(limits, createHandler({ tokenCheck: () => false, hostCheck: null, live, log, refusedToken }))
  if (health !== null) prepare(health)

  return {
    async start() {
      port = await listen(server, config.address, 'control')
      hostCheck = createHostCheck(config.address, port, config.hosts)
      try {
        const healthPort =
          health === null || config.health === null ? null : await listen(health, config.health, 'control.health')
        return { port, healthPort }
      } catch (error) {
        await closeServer(server)
        throw error
      }
    },
    renew(next) {
      try {
        if (termsOf(next) === terms) return
        checkReach({ ...next, address: config.address })
        if (
          JSON.stringify([next.address, next.health]) !== JSON.stringify([config.address, config.health]) ||
          (next.tls === null) !== (config.tls === null)
        ) {
          log.warn('addresses of the control API, and whether it speaks TLS, change at the next start')
        }
        const nextAllowed = networks(next.allow)
        if (tlsServer !== null && next.tls !== null) {
          const options = tlsOptions(next.tls)
          tlsServer.setSecureContext(options)
          // Node reads these two at each connection, but setSecureContext leaves them alone.
          Object.assign(tlsServer, { requestCert: options.requestCert, rejectUnauthorized: options.rejectUnauthorized })
        }
        allowed = nextAllowed
        hostCheck = createHostCheck(config.address, port, next.hosts)
        terms = termsOf(next)
        openedUnder = new WeakSet()
        server.closeIdleConnections()
      } catch (error) {
        log.error(`the control API keeps its old terms: ${(error as Error).message}`)
      }
    },
    async close() {
      await Promise.all([closeServer(server), health === null ? undefined : closeServer(health)])
    },
  }
}

/** Everything that a connection is let in under, as one text to compare. It holds private keys: never print it. */
function termsOf(config: ControlConfig): string {
  return JSON.stringify(packSecrets(config))
}

function networks(allow: readonly string[]): CidrSet {
  const set = createCidrSet(allow)
  if ('has' in set) return set
  throw new ConfigError(set.map(({ index, reason }) => ({ pointer: `/control/allow/${index}`, reason })))
}

function prepare(server: Server): void {
  server.maxConnections = connectionsMax
  server.maxRequestsPerSocket = 1000
  server.maxHeadersCount = 64
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const [code, line] =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? (['head-too-large', '431 Request Header Fields Too Large'] as const)
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? (['request-timeout', '408 Request Timeout'] as const)
          : (['malformed-request', '400 Bad Request'] as const)
    const { type, body } = problemAnswer(refuse(code))
    socket.end(
      `HTTP/1.1 ${line}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    )
  })
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), 1000)
  await promise
  clearTimeout(timer)
}

/** The configuration refuses this too; a server that trusts its caller here would be one mistake from open. */
function checkReach(config: ControlConfig): void {
  if (config.address.kind === 'unix' || isLoopback(config.address.host)) return
  const reason = 'is reachable beyond this machine'
  if (config.tls?.clientAuth !== 'required' || config.tls.clientCa === null) {
    throw new ConfigError({
      pointer: '/control/tls',
      reason: `${reason}, so it needs tls with clientAuth: required and clientCa`,
    })
  }
  if (config.allow.length === 0)
    throw new ConfigError({ pointer: '/control/allow', reason: `${reason}, so it needs the networks that may connect` })
}
