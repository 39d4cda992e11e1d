// Hot path: runs once for each TLS connection.
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, type SecureContext, type TLSSocket } from 'node:tls'
import { ConnectionTls } from './connection-info.ts'
import { type HandshakeFault, handshakeFault } from './handshake-fault.ts'
import { createPeerCache, type KnownPeer } from './peer.ts'
import { contextOptions, type TlsSettings, trustRevision } from './settings.ts'

export interface TlsEndpointInit {
  readonly settings: TlsSettings
  /** 48 bytes, the same in all workers; see tickets.ts. */
  readonly ticketKeys: Buffer
  /** A finished handshake. The socket has noDelay set and allows half-open. */
  readonly onConnection: (socket: TLSSocket, info: ConnectionTls) => void
  /** A failed one: the kind for metrics, the client's address ('' when unknown), words for the log. The socket is gone. */
  readonly onHandshakeError: (fault: HandshakeFault, address: string, reason: string) => void
  /** Asked before each handshake, which costs a millisecond of CPU and 50 KB: false closes the connection at once. Without it all are let in. */
  readonly admit?: (socket: Socket) => boolean
  /** A whole handshake must be done within this, ms. */
  readonly handshakeTimeoutMs?: number
  /** Wall clock, ms since the epoch: a resumed session must not outlive the peer's certificate. */
  readonly now?: () => number
}

/** One TLS listener in one worker. */
export interface TlsEndpoint {
  /** Call `listen` on it, or emit `connection` into it. */
  readonly server: Server
  /** From now on new connections follow these; handshakes under way and open connections keep what they started with. */
  update(settings: TlsSettings, ticketKeys: Buffer): void
}

/** Makes the listener's server: plain TCP in front, and behind it one TLS server for each generation of settings. */
export function createTlsEndpoint(init: TlsEndpointInit): TlsEndpoint {
  const identify = createPeerCache()
  let current = createGeneration(init, init.settings, init.ticketKeys, identify, isCurrentTrust)
  function isCurrentTrust(revision: string): boolean {
    return trustRevision(current.settings) === revision
  }
  const { admit } = init
  const server = createTcpServer({ noDelay: true, allowHalfOpen: true }, socket => {
    if (admit === undefined || admit(socket)) current.accept(socket)
    else socket.destroy()
  })
  return {
    server,
    update(settings, ticketKeys) {
      // Most reloads touch no certificate, and making contexts costs a millisecond each.
      if (settings.revision === current.settings.revision && ticketKeys.equals(current.ticketKeys)) return
      current = createGeneration(init, settings, ticketKeys, identify, isCurrentTrust)
    },
  }
}

/**
 * The TLS server for one set of settings. It is never changed, only followed by another: so a handshake that was begun before a reload
 * knows for certain under which trust it was judged; `setSecureContext` on one server would leave that to chance.
 */
interface Generation {
  readonly settings: TlsSettings
  readonly ticketKeys: Buffer
  readonly accept: (socket: Socket) => void
}

type Identify = (certificate: NonNullable<ReturnType<TLSSocket['getPeerX509Certificate']>>) => KnownPeer

function createGeneration(
  init: TlsEndpointInit,
  settings: TlsSettings,
  ticketKeys: Buffer,
  identify: Identify,
  isCurrentTrust: (revision: string) => boolean,
): Generation {
  const { trust } = settings
  const asks = trust.clientAuth !== 'none'
  const required = trust.clientAuth === 'required'
  const now = init.now ?? Date.now
  const inner = createTlsServer({
    ...contextOptions(settings, 0, ticketKeys),
    requestCert: asks,
    rejectUnauthorized: required,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: init.handshakeTimeoutMs ?? 10_000,
    // The callback costs a round through JavaScript in every handshake, so only when there is a choice.
    ...(settings.certificates.length > 1 ? { SNICallback: contextChooser(settings, ticketKeys) } : {}),
  })
  inner.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const words = socket.authorizationError ? String(socket.authorizationError) : (error.code ?? error.message)
    const address = addressOf(socket)
    // Node only reports a handshake that took too long; without this its socket would stay open for good.
    socket.destroy()
    init.onHandshakeError(handshakeFault(error, socket), address, words)
  })
  inner.on('secureConnection', (socket: TLSSocket) => {
    const serverName = typeof socket.servername === 'string' ? socket.servername.toLowerCase() : null
    const judged = asks ? judgePeer(socket, settings, identify, now) : nobody
    const outdated = !isCurrentTrust(trust.revision)
    if (outdated || (required && judged.peer === null)) {
      const address = addressOf(socket)
      socket.destroy()
      // A handshake held open over a reload must not carry the old trust past it.
      const reason = outdated ? 'the trust changed during the handshake' : (judged.peerError ?? 'no certificate')
      init.onHandshakeError('certificate-refused', address, reason)
      return
    }
    const index = (serverName === null ? undefined : settings.certificateFor(serverName)) ?? 0
    const info = {
      version: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      serverName,
      resumed: socket.isSessionReused(),
      ...judged,
    }
    init.onConnection(
      socket,
      new ConnectionTls(info, trust.revision, (settings.certificates[index] ?? settings.certificates[0]).names),
    )
  })
  return {
    settings,
    ticketKeys,
    accept(socket) {
      // Asked now, the address is kept: after a failed handshake the system has forgotten it, and the log wants to name the client.
      void socket.remoteAddress
      inner.emit('connection', socket)
    },
  }
}

interface Judged {
  readonly peer: ConnectionTls['peer']
  readonly peerError: string | null
}

const nobody: Judged = { peer: null, peerError: null }

/** OpenSSL has verified chain, dates, purpose and CRLs; here is what it leaves open. Whatever is not certainly good is no peer. */
function judgePeer(socket: TLSSocket, settings: TlsSettings, identify: Identify, now: () => number): Judged {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return nobody
  if (!socket.authorized) return refused(verifyWords(socket.authorizationError))
  let known: KnownPeer
  try {
    known = identify(certificate)
  } catch (error) {
    return refused(`unreadable certificate: ${(error as Error).message}`)
  }
  // A resumed session is not verified again by OpenSSL, however long ago the full handshake was.
  if (known.identity.notAfter < now()) return refused('CERT_HAS_EXPIRED')
  if (settings.trust.requireEku && !known.hasClientAuthEku) return refused('no extendedKeyUsage clientAuth')
  return { peer: known.identity, peerError: null }
}

/** Node has no name for what OpenSSL's security level refuses and says UNSPECIFIED. */
function verifyWords(error: unknown): string {
  const code = String(error ?? 'unverified')
  return code === 'UNSPECIFIED' ? 'key or digest too weak' : code
}

function refused(peerError: string): Judged {
  return { peer: null, peerError }
}

/** Contexts other than the default are made when somebody first asks for the name, so that a hundred certificates cost nothing at a reload. */
function contextChooser(settings: TlsSettings, ticketKeys: Buffer) {
  const contexts = new Map<number, SecureContext>()
  return (serverName: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    const index = settings.certificateFor(serverName.toLowerCase()) ?? 0
    if (index === 0) {
      done(null)
      return
    }
    let context = contexts.get(index)
    if (context === undefined) {
      // The same ticket keys as the default: tickets are made by this context and opened by that one.
      context = createSecureContext(contextOptions(settings, index, ticketKeys))
      contexts.set(index, context)
    }
    done(null, context)
  }
}

/** A failed TLS socket has lost its handle; the TCP socket below it still knows the address, because it was asked before. */
function addressOf(socket: TLSSocket): string {
  const below = (socket as { _parent?: Socket })._parent
  return socket.remoteAddress ?? below?.remoteAddress ?? ''
}
