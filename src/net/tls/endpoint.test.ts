import assert from 'node:assert/strict'
import { connect as connectTcp } from 'node:net'
import { once } from 'node:events'
import { after, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { createAuthority, type TestCertificate } from '../../../test/support/certificates.ts'
import { asClient, listenTls, tlsInput, visitTls } from '../../../test/support/tls-listener.ts'
import type { TlsInput } from './settings.ts'

const authority = createAuthority()
const other = createAuthority('Stranger CA')
const middle = authority.subordinate('Middle CA')
after(() => {
  authority.close()
  other.close()
})
const server = authority.issue({ subject: '/CN=localhost', san: 'DNS:localhost', eku: 'serverAuth' })
const trusting = { ca: authority.certificate }

function asking(clientAuth: 'optional' | 'required', changes: Partial<TlsInput> = {}): TlsInput {
  return tlsInput(server, { clientAuth, clientCa: authority.certificate, ...changes })
}

const good = authority.issue({ subject: '/O=Example/CN=client', eku: 'clientAuth' })
const pairs: Record<string, TestCertificate | null> = {
  none: null,
  stranger: other.issue({ subject: '/CN=client', eku: 'clientAuth' }),
  expired: authority.issue({ subject: '/CN=late', eku: 'clientAuth', expired: true }),
  'for servers only': authority.issue({ subject: '/CN=server', eku: 'serverAuth' }),
  'for any purpose': authority.issue({ subject: '/CN=any', eku: 'anyExtendedKeyUsage' }),
  'RSA of 1024 bits': authority.issue({ subject: '/CN=small', key: 'rsa:1024' }),
  'signed with SHA-1': authority.issue({ subject: '/CN=sha1', digest: 'sha1' }),
  'of an unknown middle CA': middle.issue({ subject: '/CN=deep' }),
  good,
  'without EKU': authority.issue({ subject: '/CN=plain' }),
  'X.509 v1': authority.issue({ subject: '/CN=old', version1: true }),
  'with a NUL in a name': authority.issue({ subject: '/CN=nul', san: 'URI:a b' }),
}
const deep = pairs['of an unknown middle CA'] as TestCertificate
pairs['with its middle CA'] = { certificate: deep.certificate + middle.certificate, key: deep.key }

type Mode = 'none' | 'optional' | 'required' | 'required with requireEku' | 'optional with requireEku'
const cases: ReadonlyArray<readonly [mode: Mode, who: string, outcome: string]> = [
  ['required', 'none', 'no handshake: certificate-missing'],
  ['required', 'stranger', 'no handshake: certificate-refused'],
  ['required', 'expired', 'no handshake: certificate-refused'],
  ['required', 'for servers only', 'no handshake: certificate-refused'],
  ['required', 'for any purpose', 'no handshake: certificate-refused'],
  ['required', 'RSA of 1024 bits', 'no handshake: certificate-refused'],
  ['required', 'signed with SHA-1', 'no handshake: certificate-refused'],
  ['required', 'of an unknown middle CA', 'no handshake: certificate-refused'],
  ['required', 'with a NUL in a name', 'no handshake: certificate-refused'],
  ['required', 'with its middle CA', 'CN=deep'],
  ['required', 'good', 'CN=client,O=Example'],
  ['required', 'without EKU', 'CN=plain'],
  ['required', 'X.509 v1', 'CN=old'],
  ['optional', 'none', 'nobody'],
  ['optional', 'stranger', 'nobody: UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['optional', 'expired', 'nobody: CERT_HAS_EXPIRED'],
  ['optional', 'for servers only', 'nobody: INVALID_PURPOSE'],
  ['optional', 'for any purpose', 'nobody: INVALID_PURPOSE'],
  ['optional', 'RSA of 1024 bits', 'nobody: key or digest too weak'],
  ['optional', 'signed with SHA-1', 'nobody: key or digest too weak'],
  ['optional', 'with a NUL in a name', 'nobody: unreadable certificate: forbidden character in subjectAltName'],
  ['optional', 'good', 'CN=client,O=Example'],
  ['optional', 'without EKU', 'CN=plain'],
  ['optional', 'X.509 v1', 'CN=old'],
  ['required with requireEku', 'without EKU', 'no handshake: certificate-refused'],
  ['required with requireEku', 'X.509 v1', 'no handshake: certificate-refused'],
  ['required with requireEku', 'good', 'CN=client,O=Example'],
  ['optional with requireEku', 'without EKU', 'nobody: no extendedKeyUsage clientAuth'],
  ['none', 'none', 'nobody'],
  ['none', 'good', 'nobody'],
  ['none', 'stranger', 'nobody'],
]

describe('client certificates', () => {
  let ran = 0
  for (const [mode, who, outcome] of cases) {
    it(`clientAuth ${mode}, certificate ${who}: ${outcome}`, async () => {
      const requireEku = mode.endsWith('requireEku')
      const listener = await listenTls(
        mode === 'none'
          ? tlsInput(server)
          : asking(mode.startsWith('required') ? 'required' : 'optional', { requireEku }),
      )
      const visit = await visitTls(listener.port, { ...trusting, ...asClient(pairs[who] ?? null) })
      await listener.close()
      assert.equal(seen(visit.greeting, listener.faults), outcome)
      assert.equal(listener.infos.length, visit.greeting === null ? 0 : 1, 'a failed handshake is no connection')
      if (visit.greeting === null) assert.equal(listener.faults[0]?.[1], '127.0.0.1')
      ran += 1
    })
  }
  after(() => assert.equal(ran, cases.length))
})

describe('revocation', () => {
  const revoked = authority.issue({ subject: '/CN=gone', eku: 'clientAuth' })
  const crl = authority.crl({ revoked: [revoked] })

  it('refuses a revoked certificate and lets the others in', async () => {
    const listener = await listenTls(asking('required', { crls: [crl] }))
    const bad = await visitTls(listener.port, { ...trusting, ...asClient(revoked) })
    const twin = await visitTls(listener.port, { ...trusting, ...asClient(good) })
    await listener.close()
    assert.equal(bad.greeting, null)
    assert.deepEqual(
      listener.faults.map(([fault, , reason]) => [fault, reason]),
      [['certificate-refused', 'CERT_REVOKED']],
    )
    assert.equal(twin.greeting?.subject, 'CN=client,O=Example')
  })

  it('treats a revoked certificate as nobody where certificates are optional', async () => {
    const listener = await listenTls(asking('optional', { crls: [crl] }))
    const { greeting } = await visitTls(listener.port, { ...trusting, ...asClient(revoked) })
    await listener.close()
    assert.deepEqual(greeting, { subject: null, error: 'CERT_REVOKED', resumed: false })
  })

  it('checks the whole chain: a middle CA without a CRL of its own, or a revoked one, lets nobody in', async () => {
    const below = pairs['with its middle CA'] as TestCertificate
    const missing = await listenTls(asking('optional', { crls: [crl] }))
    const first = await visitTls(missing.port, { ...trusting, ...asClient(below) })
    await missing.close()
    const clientCa = authority.certificate + middle.certificate
    const cut = await listenTls(
      asking('optional', { clientCa, crls: [authority.crl({ revoked: [middle] }), middle.crl()] }),
    )
    const second = await visitTls(cut.port, { ...trusting, ...asClient(below) })
    await cut.close()
    const whole = await listenTls(asking('optional', { clientCa, crls: [crl, middle.crl()] }))
    const third = await visitTls(whole.port, { ...trusting, ...asClient(below) })
    await whole.close()
    assert.deepEqual(
      [first.greeting?.error, second.greeting?.error, third.greeting?.error],
      ['UNABLE_TO_GET_CRL', 'CERT_REVOKED', null],
    )
    assert.equal(third.greeting?.subject, 'CN=deep')
  })

  it('refuses everybody of a CA whose CRL is out of date', async () => {
    const listener = await listenTls(asking('optional', { crls: [authority.crl({ expired: true })] }))
    const { greeting } = await visitTls(listener.port, { ...trusting, ...asClient(good) })
    await listener.close()
    assert.deepEqual(greeting, { subject: null, error: 'CRL_HAS_EXPIRED', resumed: false })
  })
})

describe('protocol', () => {
  const attempts: ReadonlyArray<readonly [name: string, options: object, fault: string]> = [
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, 'protocol-version'],
    ['only h2 by ALPN', { ALPNProtocols: ['h2'] }, 'no-application-protocol'],
    ['only finite-field groups', { ecdhCurve: 'ffdhe2048' }, 'no-shared-cipher'],
  ]
  let ran = 0
  for (const [name, options, fault] of attempts) {
    it(`refuses a client that offers ${name}`, async () => {
      const listener = await listenTls(tlsInput(server))
      const { greeting, error } = await visitTls(listener.port, { ...trusting, ...options })
      await listener.close()
      assert.equal(greeting, null)
      assert.notEqual(error, null)
      assert.deepEqual(
        listener.faults.map(([kind]) => kind),
        [fault],
      )
      ran += 1
    })
  }
  after(() => assert.equal(ran, attempts.length))

  it('speaks TLS 1.2 where that is allowed, with AEAD suites and forward secrecy only', async () => {
    const listener = await listenTls(tlsInput(server, { minVersion: 'TLSv1.2' }))
    const old = { ...trusting, maxVersion: 'TLSv1.2' } as const
    const modern = await visitTls(listener.port, old)
    const cbc = await visitTls(listener.port, { ...old, ciphers: 'ECDHE-ECDSA-AES128-SHA256' })
    await listener.close()
    assert.equal(modern.protocol, 'TLSv1.2')
    assert.match(listener.infos[0]?.cipher ?? '', /^TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256$/)
    assert.equal(cbc.greeting, null)
    assert.deepEqual(
      listener.faults.map(([kind]) => kind),
      ['no-shared-cipher'],
    )
  })

  it('refuses renegotiation, with which a client could make handshakes on one connection without end', async () => {
    const listener = await listenTls(tlsInput(server, { minVersion: 'TLSv1.2' }))
    const socket = connect({
      port: listener.port,
      host: '127.0.0.1',
      servername: 'localhost',
      maxVersion: 'TLSv1.2',
      ...trusting,
    })
    await once(socket, 'data')
    const refusal = await new Promise<Error | null>(resolve => {
      socket.on('error', resolve)
      socket.renegotiate({}, resolve)
    })
    socket.destroy()
    await listener.close()
    assert.match(String(refusal), /no renegotiation/i)
  })

  for (const key of ['rsa:2048', 'ed25519'] as const) {
    it(`serves a certificate with a key of ${key}`, async () => {
      const listener = await listenTls(tlsInput(authority.issue({ san: 'DNS:localhost', eku: 'serverAuth', key })))
      const { greeting } = await visitTls(listener.port, trusting)
      await listener.close()
      assert.equal(greeting?.error, null)
    })
  }

  it('agrees on http/1.1 and on TLS 1.3 with AES-128-GCM', async () => {
    const listener = await listenTls(tlsInput(server))
    const { protocol } = await visitTls(listener.port, { ...trusting, ALPNProtocols: ['h2', 'http/1.1'] })
    await listener.close()
    assert.equal(protocol, 'TLSv1.3')
    assert.equal(listener.infos[0]?.cipher, 'TLS_AES_128_GCM_SHA256')
  })

  it('ends a handshake that is not done in time, however slowly its bytes go on coming', async () => {
    const listener = await listenTls(tlsInput(server), { handshakeTimeoutMs: 300 })
    const socket = connectTcp(listener.port, '127.0.0.1')
    socket.on('error', () => {})
    const hello = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...Buffer.alloc(500)])
    let at = 0
    const drip = setInterval(() => socket.write(hello.subarray(at, ++at)), 20)
    await once(socket, 'close')
    clearInterval(drip)
    await listener.close()
    assert.ok(at < hello.length, 'closed while bytes were still coming')
    assert.deepEqual(
      listener.faults.map(([kind]) => kind),
      ['timeout'],
    )
  })

  it('spends no handshake on a connection that is not admitted', async () => {
    const asked: string[] = []
    const listener = await listenTls(tlsInput(server), {
      admit(socket) {
        asked.push(socket.remoteAddress ?? '')
        return asked.length > 1
      },
    })
    const first = await visitTls(listener.port, trusting)
    const second = await visitTls(listener.port, trusting)
    await listener.close()
    assert.deepEqual([first.greeting === null, second.greeting === null], [true, false])
    assert.deepEqual(asked, ['127.0.0.1', '127.0.0.1'])
    assert.equal(listener.faults.length, 0)
  })

  it('answers plain HTTP and noise with the end of the connection', async () => {
    const listener = await listenTls(tlsInput(server))
    for (const noise of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\0\0\0\0\0\0\0\0\0\0\0\0']) {
      const socket = connectTcp(listener.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(noise)
      socket.resume()
      await once(socket, 'close')
    }
    await listener.close()
    assert.equal(listener.infos.length, 0)
    assert.deepEqual(
      listener.faults.map(([kind]) => kind),
      ['not-tls', 'not-tls'],
    )
  })
})

function seen(
  greeting: { subject: string | null; error: string | null } | null,
  faults: ReadonlyArray<readonly [string, ...string[]]>,
): string {
  if (greeting === null) return `no handshake: ${faults[0]?.[0]}`
  return greeting.subject ?? (greeting.error === null ? 'nobody' : `nobody: ${greeting.error}`)
}
