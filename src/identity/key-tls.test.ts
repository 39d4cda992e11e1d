import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createAuthority, type TestAuthority, type TestCertificate } from '../../test/support/certificates.ts'
import { openKeyWorld, type KeyWorld } from '../../test/support/key-world.ts'
import { issuerKey } from '../../test/support/tokens.ts'

describe('issuers over TLS', () => {
  const jwk = issuerKey('ES256', 'k').jwk
  let authority: TestAuthority
  let stranger: TestAuthority
  let world: KeyWorld

  before(async () => {
    authority = createAuthority('Issuer CA')
    stranger = createAuthority('Stranger CA')
    world = await openKeyWorld({ keys: [] })
  })
  after(async () => {
    await world.close()
    authority.close()
    stranger.close()
  })

  /** State and error after one attempt at a server with that certificate. */
  async function attempt(server: TestCertificate, ca: string | undefined): Promise<string> {
    const http = createServer({ cert: server.certificate, key: server.key }, (_, response) =>
      response.end(JSON.stringify({ keys: [jwk] })),
    )
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    const jwks = `https://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`
    await world.service.require([{ issuer: 'https://issuer.example/', jwks, ...(ca === undefined ? {} : { ca }) }])
    const [status] = world.service.status()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
    return `${status?.state} ${status?.lastError ?? ''}`
  }

  it('refuses a certificate of a CA that nobody named', async () => {
    const server = authority.issue({ san: 'IP:127.0.0.1', eku: 'serverAuth' })
    assert.match(await attempt(server, undefined), /^unavailable .*(?:certificate|issuer)/i)
    assert.match(await attempt(server, stranger.certificate), /^unavailable .*(?:certificate|issuer)/i)
  })

  it('refuses a certificate for another name, and one that has ended', async () => {
    const ca = authority.certificate
    assert.match(
      await attempt(authority.issue({ san: 'DNS:other.example', eku: 'serverAuth' }), ca),
      /^unavailable .*ALTNAME/,
    )
    assert.match(await attempt(authority.issue({ san: 'IP:127.0.0.1', expired: true }), ca), /^unavailable .*EXPIRED/)
  })

  it('accepts a certificate of the CA that the configuration names', async () => {
    const server = authority.issue({ san: 'IP:127.0.0.1', eku: 'serverAuth' })
    assert.equal(await attempt(server, authority.certificate), 'ready ')
  })
})
