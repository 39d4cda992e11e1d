import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { exchange } from '../../../test/support/exchange.ts'
import { testHost, type TestHost } from '../../../test/support/host.ts'
import { issuerKey } from '../../../test/support/tokens.ts'
import type { Check } from '../../core/policy.ts'
import { Problem } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'
import { createKeyService, type KeyService } from '../../identity/key-service.ts'
import { createWorkerKeys } from '../../identity/worker-keys.ts'
import type { JwtConfig } from './config.ts'
import { jwt } from './policy.ts'
import { schema } from './schema.ts'

// A real OpenID provider that no one here wrote: tokens of its token endpoint, keys by discovery, rotation.

const [old, young] = [issuerKey('RS256', 'old'), issuerKey('ES256', 'young')]
const privateJwk = (key: typeof old) => ({
  ...key.privateKey.export({ format: 'jwk' }),
  kid: key.kid,
  alg: key.alg,
  use: 'sig',
})

describe('tokens of oidc-provider, keys by discovery', () => {
  const http = createServer((request, response) => answer(request, response))
  const channel = new MessageChannel()
  let answer: ReturnType<Provider['callback']>
  let issuer = ''
  let host: TestHost
  let service: KeyService
  let check: Check

  before(async () => {
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    await issue(old)
    host = testHost({ now: Date.now(), keys: source => keys(source) })
    service = createKeyService({ clock: host.clock, log: host.log })
    service.attach(channel.port1)
    const keys = createWorkerKeys(channel.port2, host.clock)
    const config = (await schema.parseAsync({
      issuer,
      audience: 'urn:orders',
      discovery: true,
      typ: 'at+jwt',
    })) as JwtConfig
    void service.require(jwt.keySources?.(config) ?? [])
    check = jwt.compile(config, host).request as Check
  })
  after(async () => {
    await service.close()
    channel.port1.close()
    channel.port2.close()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
  })

  /** From now on the provider signs with this key alone. */
  async function issue(key: typeof old): Promise<void> {
    const provider = await makeProvider(issuer, key)
    answer = provider.callback()
  }

  async function token(resource = 'urn:orders'): Promise<string> {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('shop:shop-secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', resource }),
    })
    const body = (await response.json()) as { access_token: string }
    assert.equal(response.status, 200, JSON.stringify(body))
    return body.access_token
  }

  async function judge(value: string): Promise<{ code: string; reason: string; scopes: readonly string[] }> {
    const time = { time: Date.now(), startedMs: host.clock.monotonic() }
    const x = exchange({ ...time, headers: { Authorization: `Bearer ${value}` } })
    const verdict = await check(x)
    if (verdict === PASS) return { code: 'pass', reason: '', scopes: x.principal?.scopes ?? [] }
    return {
      code: verdict instanceof Problem ? verdict.code : 'other',
      reason: verdict instanceof Problem ? (verdict.reason ?? '') : '',
      scopes: [],
    }
  }

  it('refuses its token for another API, and one with another signature', async () => {
    assert.match((await judge(await token('urn:payments'))).reason, /audience/)
    const good = await token()
    const forged = `${good.slice(0, good.lastIndexOf('.'))}.${'A'.repeat(342)}`
    assert.match((await judge(forged)).reason, /signature/)
  })

  it('accepts its access token and reads scopes', async () => {
    assert.deepEqual(await judge(await token()), { code: 'pass', reason: '', scopes: ['read'] })
  })

  it('follows when the provider changes its key, and then refuses the old one', async () => {
    const before = await token()
    await issue(young)
    const rotated = await token()
    assert.equal((await judge(before)).code, 'pass', 'the set is not refreshed yet')
    assert.equal((await judge(rotated)).code, 'credential-invalid', 'within the cool-down')
    host.clock.advance(16_000)
    assert.equal((await judge(rotated)).code, 'pass')
    assert.equal((await judge(before)).code, 'credential-invalid', 'its key is gone from the set')
  })
})

/** The part of oidc-provider that is used here; the package brings no types. */
interface Provider {
  callback(): (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void
}

async function makeProvider(issuer: string, key: typeof old): Promise<Provider> {
  const name: string = 'oidc-provider'
  const { Provider } = (await import(name)) as { Provider: new (issuer: string, settings: object) => Provider }
  return new Provider(issuer, {
    clients: [
      {
        client_id: 'shop',
        client_secret: 'shop-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: key.alg,
      },
    ],
    jwks: { keys: [privateJwk(key)] },
    scopes: ['read'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'read',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: key.alg } },
        }),
      },
    },
  })
}
