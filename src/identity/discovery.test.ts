import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { openKeyWorld, type KeyWorld } from '../../test/support/key-world.ts'
import { issuerKey } from '../../test/support/tokens.ts'
import type { KeySource } from '../core/host.ts'

const first = issuerKey('ES256', 'first').jwk

describe('keys by discovery', () => {
  let world: KeyWorld
  beforeEach(async () => {
    world = await openKeyWorld({ keys: [first] })
  })
  afterEach(() => world.close())

  const discovering = (): KeySource => ({ issuer: world.server.origin, discovery: true })
  const serveDiscovery = (document: object): void => {
    world.server.answer = (request, response) =>
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [first] } : document))
  }

  it('finds the keys where the issuer says', async () => {
    serveDiscovery({ issuer: world.server.origin, jwks_uri: `${world.server.origin}/keys` })
    await world.service.require([discovering()])
    assert.deepEqual(world.server.requests, ['/.well-known/openid-configuration', '/keys'])
    assert.equal(world.service.status()[0]?.state, 'ready')
    world.clock.advance(300_000)
    await world.service.tick()
    assert.deepEqual(world.server.requests.slice(2), ['/keys'], 'the place is remembered')
  })

  const refused: ReadonlyArray<readonly [what: string, document: (origin: string) => object, error: RegExp]> = [
    ['another issuer', origin => ({ issuer: `${origin}/`, jwks_uri: `${origin}/keys` }), /another issuer/],
    ['no issuer', origin => ({ jwks_uri: `${origin}/keys` }), /another issuer/],
    ['no jwks_uri', origin => ({ issuer: origin }), /missing/],
    ['a jwks_uri of another kind', origin => ({ issuer: origin, jwks_uri: 'file:///etc/passwd' }), /https/],
    ['a jwks_uri over http', origin => ({ issuer: origin, jwks_uri: 'http://issuer.example/keys' }), /https/],
    [
      'an http jwks_uri on another loopback address',
      origin => ({ issuer: origin, jwks_uri: 'http://127.0.0.2:1/keys' }),
      /https/,
    ],
    [
      'a jwks_uri at an inner address',
      origin => ({ issuer: origin, jwks_uri: 'https://169.254.169.254/keys' }),
      /inner address/,
    ],
    [
      'a jwks_uri whose name resolves to an inner address',
      origin => ({ issuer: origin, jwks_uri: 'https://localhost:1/keys' }),
      /inner address/,
    ],
    [
      'a jwks_uri with a password',
      origin => ({ issuer: origin, jwks_uri: 'https://a:b@issuer.example/keys' }),
      /password/,
    ],
  ]
  let ran = 0
  for (const [what, document, error] of refused) {
    it(`refuses ${what}`, async () => {
      serveDiscovery(document(world.server.origin))
      await world.service.require([discovering()])
      assert.match(world.service.status()[0]?.lastError ?? '', error)
      assert.equal(world.service.status()[0]?.state, 'unavailable')
      assert.ok(!world.server.requests.includes('/keys'))
      ran++
    })
  }
  after(() => assert.equal(ran, 9, 'every refused document ran'))
})
