import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { connect, createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { createAuthority } from '../../../test/support/certificates.ts'
import { ConfigError } from '../../core/config-error.ts'
import { Secret } from '../../core/secret.ts'
import { checkUpstreamTls, keepUpstreamSession, type UpstreamTlsInput, upstreamTlsOptions } from './upstream.ts'

const authority = createAuthority()
const stranger = createAuthority('Stranger CA')
after(() => {
  authority.close()
  stranger.close()
})
const named = authority.issue({ subject: '/CN=origin', san: 'DNS:origin.test' })
const addressed = authority.issue({ subject: '/CN=origin', san: 'IP:127.0.0.1' })
const unnamed = authority.issue({ subject: '/CN=127.0.0.1' })
const expired = authority.issue({ subject: '/CN=origin', san: 'DNS:origin.test', expired: true })
const foreign = stranger.issue({ subject: '/CN=origin', san: 'DNS:origin.test' })
const client = authority.issue({ subject: '/CN=gateway', eku: 'clientAuth' })

function input(changes: Partial<UpstreamTlsInput> = {}): UpstreamTlsInput {
  return { ca: authority.certificate, certificate: null, key: null, serverName: null, ...changes }
}

async function origin(options: TlsOptions): Promise<{ server: Server; port: number; close: () => Promise<void> }> {
  const server = createServer(options, socket => {
    socket.on('error', () => {})
    socket.end(`${String(socket.servername)} ${socket.getPeerCertificate().subject?.CN ?? '-'}`)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** What the origin says of the connection, or the error code of the connection. */
function dial(port: number, tls: UpstreamTlsInput, host: string): Promise<{ heard: string; reused: boolean }> {
  return new Promise(resolve => {
    let heard = ''
    let reused = false
    const socket: TLSSocket = connect({ ...upstreamTlsOptions(tls, host), host: '127.0.0.1', port }, () => {
      reused = socket.isSessionReused()
    })
    keepUpstreamSession(socket, tls, host)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      heard += text
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      heard = error.code ?? error.message
    })
    socket.on('close', () => resolve({ heard, reused }))
  })
}

describe('upstream TLS', () => {
  const cases: ReadonlyArray<
    readonly [what: string, server: TlsOptions, tls: UpstreamTlsInput, host: string, heard: string]
  > = [
    ['a certificate of another CA', showing(foreign), input(), 'origin.test', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['an expired certificate', showing(expired), input(), 'origin.test', 'CERT_HAS_EXPIRED'],
    ['a certificate for another name', showing(named), input(), 'other.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'a certificate for the address while a name is configured',
      showing(addressed),
      input(),
      'origin.test',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'a certificate for a name while an address is configured',
      showing(named),
      input(),
      '127.0.0.1',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['the address as common name only', showing(unnamed), input(), '127.0.0.1', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'a private CA while the roots of the system are trusted',
      showing(named),
      input({ ca: null }),
      'origin.test',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'TLS 1.1',
      { ...showing(named), minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
      input(),
      'origin.test',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ],
  ]
  let ran = 0
  for (const [what, server, tls, host, heard] of cases) {
    it(`refuses ${what}`, async () => {
      const target = await origin(server)
      assert.equal((await dial(target.port, tls, host)).heard, heard)
      await target.close()
      ran += 1
    })
  }
  after(() => assert.equal(ran, cases.length))

  it('verifies a name and sends it as SNI', async () => {
    const target = await origin(showing(named))
    assert.equal((await dial(target.port, input(), 'origin.test')).heard, 'origin.test -')
    await target.close()
  })

  it('verifies an address by the IP names and sends no SNI', async () => {
    const target = await origin(showing(addressed))
    assert.equal((await dial(target.port, input(), '127.0.0.1')).heard, 'false -')
    await target.close()
  })

  it('verifies the configured serverName in the place of the host', async () => {
    const target = await origin(showing(named))
    assert.equal((await dial(target.port, input({ serverName: 'origin.test' }), '127.0.0.1')).heard, 'origin.test -')
    await target.close()
  })

  it('shows the client certificate', async () => {
    const target = await origin({ ...showing(named), requestCert: true, ca: authority.certificate })
    const tls = input({ certificate: client.certificate, key: new Secret(client.key) })
    assert.equal((await dial(target.port, tls, 'origin.test')).heard, 'origin.test gateway')
    await target.close()
  })

  it('reuses a session for the same name and never for another, nor under other settings', async () => {
    const target = await origin(showing(authority.issue({ san: 'DNS:origin.test,DNS:other.test' })))
    const tls = input()
    const reused: boolean[] = []
    for (const [settings, host] of [
      [tls, 'origin.test'],
      [tls, 'origin.test'],
      [tls, 'other.test'],
      [input(), 'origin.test'],
    ] as const) {
      reused.push((await dial(target.port, settings, host)).reused)
    }
    await target.close()
    assert.deepEqual(reused, [false, true, false, false])
  })

  const faults: ReadonlyArray<readonly [what: string, tls: UpstreamTlsInput, issue: RegExp]> = [
    ['a CA file without certificates', input({ ca: 'hello' }), /^\/ca: no CA certificate/],
    ['an empty CA file', input({ ca: '' }), /^\/ca: .*empty/],
    ['a certificate without a key', input({ certificate: client.certificate }), /^\/key: .*needs its private key/],
    [
      'a key without a certificate',
      input({ key: new Secret(client.key) }),
      /^\/certificate: .*needs its client certificate/,
    ],
    [
      'a certificate that does not parse',
      input({ certificate: 'x', key: new Secret(client.key) }),
      /^\/certificate: no certificate/,
    ],
    [
      'the key of another',
      input({ certificate: client.certificate, key: new Secret(named.key) }),
      /^\/key: .*does not belong/,
    ],
  ]
  for (const [what, tls, issue] of faults) {
    it(`says at load what is wrong with ${what}`, () => {
      assert.throws(
        () => checkUpstreamTls(tls),
        (error: unknown) => error instanceof ConfigError && issue.test(error.message),
      )
    })
  }

  it('takes good files at load', () => {
    for (const tls of [
      input(),
      input({ ca: null }),
      input({ certificate: client.certificate, key: new Secret(client.key) }),
    ])
      checkUpstreamTls(tls)
  })
})

function showing(pair: { certificate: string; key: string }): TlsOptions {
  return { cert: pair.certificate, key: pair.key }
}
