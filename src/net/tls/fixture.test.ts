import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { asClient, listenTls, tlsInput, visitTls } from '../../../test/support/tls-listener.ts'

const folder = resolve(import.meta.dirname, '../../../../shared/fixture')
const skip = existsSync(folder) ? false : 'the shared fixture is not here'

function pair(name: string) {
  return {
    certificate: readFileSync(join(folder, `${name}.crt`), 'utf8'),
    key: readFileSync(join(folder, `${name}.key`), 'utf8'),
  }
}

describe('the shared fixture', { skip }, () => {
  it('lets client.crt in with its SPIFFE id and treats stranger.crt as nobody', async () => {
    const ca = readFileSync(join(folder, 'ca.crt'), 'utf8')
    const listener = await listenTls(tlsInput(pair('server'), { clientAuth: 'optional', clientCa: ca }))
    const client = await visitTls(listener.port, { ca, ...asClient(pair('client')) })
    const stranger = await visitTls(listener.port, { ca, ...asClient(pair('stranger')) })
    const wildcard = await visitTls(listener.port, { ca, servername: 'api.fixture.test' })
    await listener.close()
    assert.deepEqual(client.greeting, { subject: 'CN=fixture-client', error: null, resumed: false })
    assert.equal(listener.infos[0]?.peer?.spiffeId, 'spiffe://fixture.test/client')
    assert.equal(stranger.greeting?.subject, null)
    assert.equal(stranger.greeting?.error, 'DEPTH_ZERO_SELF_SIGNED_CERT')
    assert.equal(wildcard.error, null)
  })
})
