import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { createAuthority } from '../../../test/support/certificates.ts'
import { asClient, certificateEntry, listenTls, tlsInput, visitTls } from '../../../test/support/tls-listener.ts'
import { compileTls, type TlsInput, trustChanged, trustRevision } from './settings.ts'
import { createTicketKeys } from './tickets.ts'

const authority = createAuthority()
const next = createAuthority('Next CA')
after(() => {
  authority.close()
  next.close()
})
const server = authority.issue({ subject: '/CN=first', san: 'DNS:localhost', eku: 'serverAuth' })
const renewed = authority.issue({ subject: '/CN=second', san: 'DNS:localhost', eku: 'serverAuth' })
const client = authority.issue({ subject: '/CN=client', eku: 'clientAuth' })
const trusting = { ca: authority.certificate }
const asHolder = { ...trusting, ...asClient(client) }

function asking(changes: Partial<TlsInput> = {}): TlsInput {
  return tlsInput(server, { clientAuth: 'required', clientCa: authority.certificate, ...changes })
}

function session(visit: { session: Buffer | null }): { session: Buffer } {
  assert.ok(visit.session, 'a session was offered')
  return { session: visit.session }
}

describe('resumption', () => {
  it('resumes with the peer certificate, and on another worker with the same keys', async () => {
    const one = await listenTls(asking())
    const two = await listenTls(asking(), { ticketKeys: one.ticketKeys })
    const first = await visitTls(one.port, asHolder)
    const again = await visitTls(two.port, { ...asHolder, ...session(first) })
    await Promise.all([one.close(), two.close()])
    assert.deepEqual(again.greeting, { subject: 'CN=client', error: null, resumed: true })
  })

  it('makes a full handshake when the keys were rotated, though the trust is the same', async () => {
    const listener = await listenTls(asking())
    const first = await visitTls(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking()), createTicketKeys())
    const again = await visitTls(listener.port, { ...asHolder, ...session(first) })
    await listener.close()
    assert.deepEqual(again.greeting, { subject: 'CN=client', error: null, resumed: false })
  })

  it('keeps sessions over a reload that changes nothing about trust', async () => {
    const listener = await listenTls(asking())
    const first = await visitTls(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking({ certificates: [certificateEntry(renewed)] })), listener.ticketKeys)
    const again = await visitTls(listener.port, { ...asHolder, ...session(first) })
    await listener.close()
    assert.equal(again.greeting?.resumed, true)
  })

  it('never resumes a session made with another CA, even with the same keys', async () => {
    const listener = await listenTls(asking())
    const first = await visitTls(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking({ clientCa: next.certificate })), listener.ticketKeys)
    const again = await visitTls(listener.port, { ...asHolder, ...session(first) })
    await listener.close()
    assert.equal(again.greeting, null)
    assert.equal(listener.faults[0]?.[0], 'certificate-refused')
  })

  it('holds to all of this in TLS 1.2 too', async () => {
    const options = { ...asHolder, maxVersion: 'TLSv1.2' } as const
    const old = { minVersion: 'TLSv1.2' } as const
    const listener = await listenTls(asking(old))
    const first = await visitTls(listener.port, options)
    const again = await visitTls(listener.port, { ...options, ...session(first) })
    listener.endpoint.update(compileTls(asking({ ...old, clientCa: next.certificate })), listener.ticketKeys)
    const late = await visitTls(listener.port, { ...options, ...session(first) })
    await listener.close()
    assert.deepEqual([again.protocol, again.greeting?.resumed, late.greeting], ['TLSv1.2', true, null])
  })

  it('never carries a session from an open listener to one that requires a certificate', async () => {
    const open = await listenTls(tlsInput(server))
    const closed = await listenTls(asking(), { ticketKeys: open.ticketKeys })
    const first = await visitTls(open.port, trusting)
    const again = await visitTls(closed.port, { ...trusting, ...session(first) })
    await Promise.all([open.close(), closed.close()])
    assert.equal(again.greeting, null)
    assert.equal(closed.faults[0]?.[0], 'certificate-missing')
  })

  it('does not let a resumed session outlive the certificate of its peer', async () => {
    let now = Date.now()
    const required = await listenTls(asking(), { now: () => now })
    const optional = await listenTls(asking({ clientAuth: 'optional' }), { now: () => now })
    const first = await visitTls(required.port, asHolder)
    const second = await visitTls(optional.port, asHolder)
    now += 31 * 86_400_000
    const refused = await visitTls(required.port, { ...asHolder, ...session(first) })
    const nobody = await visitTls(optional.port, { ...asHolder, ...session(second) })
    await Promise.all([required.close(), optional.close()])
    assert.equal(refused.greeting, null)
    assert.deepEqual(
      required.faults.map(([kind, , reason]) => [kind, reason]),
      [['certificate-refused', 'CERT_HAS_EXPIRED']],
    )
    assert.deepEqual(nobody.greeting, { subject: null, error: 'CERT_HAS_EXPIRED', resumed: true })
  })
})

describe('reload', () => {
  it('shows the new certificate to new connections', async () => {
    const listener = await listenTls(tlsInput(server))
    const before = await visitTls(listener.port, trusting)
    listener.endpoint.update(compileTls(tlsInput(renewed)), createTicketKeys())
    const afterwards = await visitTls(listener.port, trusting)
    await listener.close()
    assert.deepEqual([before.shown, afterwards.shown], ['first', 'second'])
  })

  it('refuses the holder of a certificate whose CA was removed, and takes the new CA', async () => {
    const holder = next.issue({ subject: '/CN=newcomer', eku: 'clientAuth' })
    const listener = await listenTls(asking())
    const early = await visitTls(listener.port, { ...trusting, ...asClient(holder) })
    listener.endpoint.update(compileTls(asking({ clientCa: next.certificate })), createTicketKeys())
    const late = await visitTls(listener.port, asHolder)
    const welcome = await visitTls(listener.port, { ...trusting, ...asClient(holder) })
    await listener.close()
    assert.deepEqual([early.greeting, late.greeting, welcome.greeting?.subject], [null, null, 'CN=newcomer'])
  })

  it('refuses a certificate from the moment that a CRL names it, resumed or not', async () => {
    const listener = await listenTls(asking())
    const before = await visitTls(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking({ crls: [authority.crl({ revoked: [client] })] })), createTicketKeys())
    const resumed = await visitTls(listener.port, { ...asHolder, ...session(before) })
    const fresh = await visitTls(listener.port, asHolder)
    await listener.close()
    assert.equal(before.greeting?.subject, 'CN=client')
    assert.deepEqual([resumed.greeting, fresh.greeting], [null, null])
    assert.deepEqual(
      listener.faults.map(([, , reason]) => reason),
      ['CERT_REVOKED', 'CERT_REVOKED'],
    )
  })

  it('marks each connection with the trust that it was judged under', async () => {
    const before = compileTls(asking())
    const stricter = compileTls(asking({ requireEku: true }))
    const listener = await listenTls(asking())
    await visitTls(listener.port, asHolder)
    listener.endpoint.update(stricter, createTicketKeys())
    await visitTls(listener.port, asHolder)
    await listener.close()
    assert.deepEqual(
      listener.infos.map(info => info.trust),
      [trustRevision(before), trustRevision(stricter)],
    )
  })
})

describe('a handshake under way during a reload', () => {
  /** Stands between client and listener, lets the first bytes of the client through and holds the rest until told. */
  async function heldConnection(port: number, options: ConnectionOptions) {
    const held: Buffer[] = []
    let holding = true
    let upstream: Socket | null = null
    const serverSpoke = Promise.withResolvers<void>()
    const between = createServer(client => {
      const target = connect(port, '127.0.0.1')
      upstream = target
      let first = true
      client.on('data', bytes => {
        if (first || !holding) target.write(bytes)
        else held.push(Buffer.from(bytes as Buffer))
        first = false
      })
      target.on('data', bytes => {
        client.write(bytes)
        serverSpoke.resolve()
      })
      target.on('close', () => client.destroy())
      client.on('close', () => target.destroy())
      for (const socket of [client, target]) socket.on('error', () => socket.destroy())
    })
    between.listen(0, '127.0.0.1')
    await once(between, 'listening')
    const visit = visitTls((between.address() as AddressInfo).port, options)
    await serverSpoke.promise
    return {
      async finish() {
        holding = false
        for (const bytes of held) upstream?.write(bytes)
        const result = await visit
        between.close()
        await once(between, 'close')
        return result
      },
    }
  }

  it('does not carry the old trust past it', async () => {
    const listener = await listenTls(asking())
    const held = await heldConnection(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking({ clientCa: next.certificate })), createTicketKeys())
    const { greeting } = await held.finish()
    await listener.close()
    assert.equal(greeting, null)
    assert.deepEqual(
      listener.faults.map(([, , reason]) => reason),
      ['the trust changed during the handshake'],
    )
  })

  it('is finished when the trust stays the same', async () => {
    const listener = await listenTls(asking())
    const held = await heldConnection(listener.port, asHolder)
    listener.endpoint.update(compileTls(asking({ certificates: [certificateEntry(renewed)] })), createTicketKeys())
    const { greeting, shown } = await held.finish()
    await listener.close()
    assert.deepEqual([greeting?.subject, shown], ['CN=client', 'first'])
  })
})

describe('trust revision', () => {
  const base = compileTls(asking())
  const changes: ReadonlyArray<readonly [what: string, after: TlsInput, changed: boolean]> = [
    ['another server certificate', asking({ certificates: [certificateEntry(renewed)] }), false],
    ['another lowest version', asking({ minVersion: 'TLSv1.2' }), false],
    ['comments around the CA', asking({ clientCa: `# ours\n${authority.certificate}` }), false],
    ['another CA', asking({ clientCa: next.certificate }), true],
    ['one more CA', asking({ clientCa: authority.certificate + next.certificate }), true],
    ['a CRL', asking({ crls: [authority.crl()] }), true],
    ['optional for required', asking({ clientAuth: 'optional' }), true],
    ['requireEku', asking({ requireEku: true }), true],
    ['no client certificates', tlsInput(server), true],
  ]
  for (const [what, input, changed] of changes) {
    it(`${changed ? 'changes with' : 'is the same with'} ${what}`, () => {
      assert.equal(trustChanged(base, compileTls(input)), changed)
    })
  }
})
