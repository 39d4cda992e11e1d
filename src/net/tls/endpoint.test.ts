import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { Secret } from '../../core/secret.ts'
import { createAuthority, type TestCertificate } from '../../../test/support/certificates.ts'
import { type ConnectionTls, servesHost } from './connection-info.ts'
import { createTlsEndpoint, type TlsEndpointInit } from './endpoint.ts'
import { compileTls, type TlsInput } from './settings.ts'
import { createTicketKeys } from './tickets.ts'

const authority = createAuthority()
const other = createAuthority('Stranger CA')
after(() => {
  authority.close()
  other.close()
})
const serverPair = authority.issue({ subject: '/CN=localhost', san: 'DNS:localhost,IP:127.0.0.1', eku: 'serverAuth' })

/** Settings of a listener with the plain server certificate, changed as the test wants. */
function input(changes: Partial<TlsInput> = {}): TlsInput {
  return {
    certificates: [entry(serverPair)],
    minVersion: 'TLSv1.3',
    clientAuth: 'none',
    clientCa: null,
    crls: [],
    requireEku: false,
    ...changes,
  }
}

function entry(pair: TestCertificate): TlsInput['certificates'][number] {
  return { certificate: pair.certificate, key: new Secret(pair.key), passphrase: null }
}

function asking(clientAuth: 'optional' | 'required', changes: Partial<TlsInput> = {}): TlsInput {
  return input({ clientAuth, clientCa: authority.certificate, ...changes })
}

/** A listener that answers each connection with the JSON of its facts and remembers the last ones. */
async function listen(tls: TlsInput, more: Partial<TlsEndpointInit> = {}) {
  const infos: ConnectionTls[] = []
  const faults: Array<[fault: string, address: string, reason: string]> = []
  const sockets = new Set<TLSSocket>()
  const ticketKeys = createTicketKeys()
  const endpoint = createTlsEndpoint({
    settings: compileTls(tls),
    ticketKeys,
    onConnection(socket, info) {
      sockets.add(socket)
      infos.push(info)
      socket.on('error', () => socket.destroy())
      socket.on('end', () => socket.end())
      socket.write(
        JSON.stringify({ subject: info.peer?.subject ?? null, error: info.peerError, resumed: info.resumed }),
      )
    },
    onHandshakeError: (...fault) => faults.push(fault),
    ...more,
  })
  endpoint.server.on('connection', socket => socket.remoteAddress)
  endpoint.server.listen(0, '127.0.0.1')
  await once(endpoint.server, 'listening')
  return {
    endpoint,
    ticketKeys,
    infos,
    faults,
    port: (endpoint.server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      endpoint.server.close()
      await once(endpoint.server, 'close')
    },
  }
}

interface Answer {
  subject: string | null
  error: string | null
  resumed: boolean
}

/** Connects, waits for the server's first bytes or for the end; a failed handshake is an answer of null. */
function visit(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ answer: Answer | null; session: Buffer | null; error: Error | null; shown: string }> {
  return new Promise(resolve => {
    let session: Buffer | null = null
    let error: Error | null = null
    let answer: Answer | null = null
    let shown = ''
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate, ...options })
    socket.on('secureConnect', () => {
      shown = socket.getPeerCertificate().subject?.CN?.toString() ?? ''
    })
    socket.on('session', got => {
      session = got
    })
    socket.on('data', bytes => {
      answer = JSON.parse(bytes.toString()) as Answer
      socket.end()
    })
    socket.on('error', caught => {
      error = caught
    })
    socket.on('close', () => resolve({ answer, session, error, shown }))
  })
}

describe('client certificates', () => {
  const pairs = {
    good: authority.issue({ subject: '/O=Example/CN=client', eku: 'clientAuth' }),
    'without EKU': authority.issue({ subject: '/CN=plain' }),
    'X.509 v1': authority.issue({ subject: '/CN=old', version1: true }),
    expired: authority.issue({ subject: '/CN=late', eku: 'clientAuth', expired: true }),
    'for servers only': authority.issue({ subject: '/CN=server', eku: 'serverAuth' }),
    stranger: other.issue({ subject: '/CN=client', eku: 'clientAuth' }),
    none: null,
  }
  const cases: Array<[mode: 'none' | 'optional' | 'required', who: keyof typeof pairs, outcome: string]> = [
    ['required', 'none', 'no handshake: certificate-missing'],
    ['required', 'stranger', 'no handshake: certificate-refused'],
    ['required', 'expired', 'no handshake: certificate-refused'],
    ['required', 'for servers only', 'no handshake: certificate-refused'],
    ['required', 'good', 'CN=client,O=Example'],
    ['required', 'without EKU', 'CN=plain'],
    ['required', 'X.509 v1', 'CN=old'],
    ['optional', 'none', 'nobody'],
    ['optional', 'stranger', 'nobody: UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['optional', 'expired', 'nobody: CERT_HAS_EXPIRED'],
    ['optional', 'for servers only', 'nobody: INVALID_PURPOSE'],
    ['optional', 'good', 'CN=client,O=Example'],
    ['optional', 'without EKU', 'CN=plain'],
    ['optional', 'X.509 v1', 'CN=old'],
    ['none', 'none', 'nobody'],
    ['none', 'good', 'nobody'],
    ['none', 'stranger', 'nobody'],
  ]
  let ran = 0
  for (const [mode, who, outcome] of cases) {
    it(`clientAuth ${mode}, certificate ${who}: ${outcome}`, async () => {
      const listener = await listen(mode === 'none' ? input() : asking(mode))
      const pair = pairs[who]
      const { answer } = await visit(listener.port, pair === null ? {} : { cert: pair.certificate, key: pair.key })
      const seen =
        answer === null
          ? `no handshake: ${listener.faults[0]?.[0]}`
          : (answer.subject ?? (answer.error === null ? 'nobody' : `nobody: ${answer.error}`))
      assert.equal(seen, outcome)
      await listener.close()
      ran += 1
    })
  }
  after(() => assert.equal(ran, cases.length))
})

describe('sni', () => {
  it('serves', () =>
    assert.equal(
      servesHost({ version: '', cipher: '', serverName: null, resumed: false, peer: null, peerError: null }, 'x'),
      true,
    ))
})
