import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createAuthority } from '../../../test/support/certificates.ts'
import { asClient, certificateEntry, listenTls, tlsInput, visitTls } from '../../../test/support/tls-listener.ts'
import { servesHost } from './connection-info.ts'
import { createTicketKeys } from './tickets.ts'
import { compileTls } from './settings.ts'

const authority = createAuthority()
after(() => authority.close())
const first = authority.issue({
  subject: '/CN=default',
  san: 'DNS:localhost,DNS:fallback.test,IP:127.0.0.1,IP:2001:db8::1',
})
const shop = authority.issue({ subject: '/CN=shop', san: 'DNS:shop.test,DNS:*.shop.test' })
const exact = authority.issue({ subject: '/CN=exact', san: 'DNS:api.shop.test' })
const nameless = authority.issue({ subject: '/CN=old.test' })
const settings = tlsInput(first, { certificates: [first, shop, exact, nameless].map(certificateEntry) })

/** The test looks at which certificate is shown, not whether it fits the name. */
const looking = { ca: authority.certificate, checkServerIdentity: () => undefined }

describe('server name indication', () => {
  const cases: ReadonlyArray<readonly [serverName: string, shown: string]> = [
    ['shop.test', 'shop'],
    ['SHOP.Test', 'shop'],
    ['www.shop.test', 'shop'],
    ['WWW.Shop.TEST', 'shop'],
    ['api.shop.test', 'exact'],
    ['API.shop.test', 'exact'],
    ['a.b.shop.test', 'default'],
    ['old.test', 'nameless'],
    ['unknown.test', 'default'],
    ['localhost', 'default'],
    ['', 'default'],
  ]
  let ran = 0
  for (const [servername, shown] of cases) {
    it(`shows the certificate ${shown} for ${JSON.stringify(servername)}`, async () => {
      const listener = await listenTls(settings)
      const visit = await visitTls(listener.port, { ...looking, servername })
      await listener.close()
      assert.equal(visit.shown, shown === 'nameless' ? 'old.test' : shown)
      assert.equal(listener.infos[0]?.serverName, servername === '' ? null : servername.toLowerCase())
      ran += 1
    })
  }
  after(() => assert.equal(ran, cases.length))

  it('asks for client certificates and resumes under every certificate alike', async () => {
    const client = authority.issue({ subject: '/CN=client' })
    const listener = await listenTls({ ...settings, clientAuth: 'required', clientCa: authority.certificate })
    const refused = await visitTls(listener.port, { ...looking, servername: 'shop.test' })
    const options = { ...looking, servername: 'shop.test', ...asClient(client) }
    const full = await visitTls(listener.port, options)
    const again = await visitTls(listener.port, { ...options, session: full.session ?? Buffer.alloc(0) })
    listener.endpoint.update(compileTls(settings), createTicketKeys())
    const open = await visitTls(listener.port, { ...looking, servername: 'shop.test' })
    await listener.close()
    assert.equal(refused.greeting, null)
    assert.deepEqual([full.greeting?.subject, full.greeting?.resumed], ['CN=client', false])
    assert.deepEqual([again.greeting?.subject, again.greeting?.resumed], ['CN=client', true])
    assert.deepEqual([open.greeting?.subject, open.shown], [null, 'shop'])
  })
})

describe('host on a connection', () => {
  const cases: ReadonlyArray<readonly [serverName: string, host: string, serves: boolean]> = [
    ['shop.test', 'old.test', false],
    ['shop.test', 'localhost', false],
    ['shop.test', 'a.b.shop.test', false],
    ['shop.test', 'shop.test.evil', false],
    ['api.shop.test', 'shop.test', false],
    ['shop.test', '127.0.0.1', false],
    ['shop.test', 'shop.test', true],
    ['shop.test', 'www.shop.test', true],
    ['localhost', '127.0.0.1', true],
    ['localhost', '[2001:db8:0::1]', true],
    ['unknown.test', 'fallback.test', true],
    ['unknown.test', 'unknown.test', true],
    ['unknown.test', 'other.test', false],
    ['', 'whatever.test', true],
  ]
  it('is served when it is the SNI name or a name of the certificate shown for it', async () => {
    const listener = await listenTls(settings)
    for (const [servername] of cases) await visitTls(listener.port, { ...looking, servername })
    await listener.close()
    assert.equal(listener.infos.length, cases.length)
    cases.forEach(([servername, host, serves], index) => {
      const info = listener.infos[index]
      assert.ok(info)
      assert.equal(servesHost(info, host), serves, `${servername} → ${host}`)
    })
  })

  it('is refused on facts that no endpoint made, unless it is the SNI name', () => {
    const info = { version: '', cipher: '', serverName: 'a.test', resumed: false, peer: null, peerError: null }
    assert.equal(servesHost(info, 'b.test'), false)
    assert.equal(servesHost(info, 'a.test'), true)
  })
})
