import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Secret } from '../../src/core/secret.ts'
import type { ConnectionTls } from '../../src/net/tls/connection-info.ts'
import { createTlsEndpoint, type TlsEndpoint, type TlsEndpointInit } from '../../src/net/tls/endpoint.ts'
import { compileTls, type TlsInput } from '../../src/net/tls/settings.ts'
import { createTicketKeys } from '../../src/net/tls/tickets.ts'
import type { TestCertificate } from './certificates.ts'

/** TLS settings with one server certificate and no client authentication, changed as the test wants. */
export function tlsInput(server: TestCertificate, changes: Partial<TlsInput> = {}): TlsInput {
  return {
    certificates: [certificateEntry(server)],
    minVersion: 'TLSv1.3',
    clientAuth: 'none',
    clientCa: null,
    crls: [],
    requireEku: false,
    ...changes,
  }
}

export function certificateEntry(pair: TestCertificate): TlsInput['certificates'][number] {
  return { certificate: pair.certificate, key: new Secret(pair.key), passphrase: null }
}

export interface TestListener {
  readonly endpoint: TlsEndpoint
  readonly port: number
  readonly ticketKeys: Buffer
  readonly infos: ConnectionTls[]
  readonly faults: Array<readonly [fault: string, address: string, reason: string]>
  close(): Promise<void>
}

/** A real listener on a free port that greets each connection with the JSON of what it believes about it. */
export async function listenTls(tls: TlsInput, more: Partial<TlsEndpointInit> = {}): Promise<TestListener> {
  const infos: ConnectionTls[] = []
  const faults: Array<readonly [string, string, string]> = []
  const sockets = new Set<TLSSocket>()
  const ticketKeys = more.ticketKeys ?? createTicketKeys()
  const endpoint = createTlsEndpoint({
    settings: compileTls(tls),
    ticketKeys,
    onConnection(socket, info) {
      sockets.add(socket)
      infos.push(info)
      socket.on('error', () => socket.destroy())
      socket.on('end', () => socket.end())
      socket.resume()
      socket.write(greeting(info))
    },
    onHandshakeError: (...fault) => faults.push(fault),
    ...more,
  })
  const { server } = endpoint
  const port = await listening(server)
  return {
    endpoint,
    port,
    ticketKeys,
    infos,
    faults,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export interface Greeting {
  readonly subject: string | null
  readonly error: string | null
  readonly resumed: boolean
}

function greeting(info: ConnectionTls): string {
  return JSON.stringify({
    subject: info.peer?.subject ?? null,
    error: info.peerError,
    resumed: info.resumed,
  } satisfies Greeting)
}

export interface Visit {
  /** null when there was no connection to speak of. */
  readonly greeting: Greeting | null
  /** The last session ticket. */
  readonly session: Buffer | null
  readonly error: NodeJS.ErrnoException | null
  /** Common name of the certificate that the listener showed. */
  readonly shown: string
  readonly protocol: string | null
}

/** Connects as a client that verifies the listener by `ca`, waits for the greeting, says goodbye. */
export function visitTls(port: number, options: ConnectionOptions): Promise<Visit> {
  return new Promise(resolve => {
    let session: Buffer | null = null
    let error: NodeJS.ErrnoException | null = null
    let heard: Greeting | null = null
    let shown = ''
    let protocol: string | null = null
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
    socket.on('secureConnect', () => {
      shown = String(socket.getPeerCertificate().subject?.CN ?? '')
      protocol = socket.getProtocol()
    })
    socket.on('session', got => {
      session = got
    })
    socket.on('data', bytes => {
      heard = JSON.parse(bytes.toString()) as Greeting
      socket.end()
    })
    socket.on('error', (caught: NodeJS.ErrnoException) => {
      error = caught
    })
    socket.on('close', () => resolve({ greeting: heard, session, error, shown, protocol }))
  })
}

/** The same with a client certificate, however weak. */
export function asClient(pair: TestCertificate | null): ConnectionOptions {
  return pair === null
    ? {}
    : { cert: pair.certificate, key: pair.key, ciphers: 'DEFAULT:TLS_AES_128_GCM_SHA256:@SECLEVEL=0' }
}
