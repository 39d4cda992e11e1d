import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { exchange } from '../../../test/support/exchange.ts'
import { testHost, type TestHost } from '../../../test/support/host.ts'
import { startJwksServer } from '../../../test/support/jwks-server.ts'
import { issuerKey, tokenBy } from '../../../test/support/tokens.ts'
import type { KeyAnswer, KeySet } from '../../core/host.ts'
import { Problem } from '../../core/problem.ts'
import { Secret } from '../../core/secret.ts'
import { PASS, SKIP } from '../../core/verdict.ts'
import { createKeyService } from '../../identity/key-service.ts'
import { staticKeySet } from '../../identity/static-keys.ts'
import { createWorkerKeys } from '../../identity/worker-keys.ts'
import type { JwtConfig } from './config.ts'
import { jwt } from './policy.ts'
import { schema } from './schema.ts'

const issuer = 'https://issuer.example/'
const now = Date.UTC(2026, 0, 1)
const at = now / 1_000
const good = { iss: issuer, aud: 'orders', sub: 'alice', iat: at - 10, exp: at + 300 }

async function checkOf(host: TestHost, settings: Readonly<Record<string, unknown>> = {}) {
  const config = (await schema.parseAsync({ issuer, audience: 'orders', ...settings })) as JwtConfig
  const compiled = jwt.compile(config, host)
  return (token: string) => {
    const time = { time: host.clock.now(), startedMs: host.clock.monotonic() }
    const x = exchange({ ...time, headers: { Authorization: `Bearer ${token}` } })
    return { x, verdict: compiled.request?.(x) }
  }
}

function codeOf(verdict: unknown): string {
  if (verdict === PASS) return 'pass'
  if (verdict === SKIP) return 'skip'
  return verdict instanceof Problem ? verdict.code : typeof verdict
}

const remote = { jwks: 'https://issuer.example/jwks' }

describe('algorithms, with tokens made by another library', () => {
  const names = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

  it('verifies each one, and none of them when the payload or the list says otherwise', async () => {
    let ran = 0
    for (const alg of names) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
      const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg } as Record<string, unknown>
      const token = await new SignJWT(good).setProtectedHeader({ alg, kid: 'k' }).sign(privateKey)
      const set = { keys: () => staticKeySet({ keys: [jwk] }), now }
      const check = await checkOf(testHost(set), { ...remote, algorithms: [alg] })
      assert.equal(check(token).verdict, PASS, alg)
      const [head = '', , signature = ''] = token.split('.')
      const forged = Buffer.from(JSON.stringify({ ...good, sub: 'root' })).toString('base64url')
      assert.equal(codeOf(check(`${head}.${forged}.${signature}`).verdict), 'credential-invalid', alg)
      const others = names.filter(name => name !== alg)
      const strict = await checkOf(testHost(set), { ...remote, algorithms: others })
      assert.equal(codeOf(strict(token).verdict), 'credential-invalid', `${alg} is not listed`)
      ran++
    }
    assert.equal(ran, 11)
  })

  it('verifies HS256, HS384 and HS512 with a secret, and never with another one', async () => {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const secret = randomBytes(48).toString('base64')
      const token = await new SignJWT(good).setProtectedHeader({ alg }).sign(createSecretKey(secret, 'utf8'))
      const check = await checkOf(testHost({ now }), { secret, algorithms: [alg] })
      assert.equal(check(token).verdict, PASS)
      const other = await checkOf(testHost({ now }), { secret: `${secret}!`, algorithms: [alg] })
      assert.equal(codeOf(other(token).verdict), 'credential-invalid')
    }
  })

  it('warns about shared secrets without showing them', async () => {
    const config = (await schema.parseAsync({
      issuer,
      audience: 'orders',
      secret: 's'.repeat(32),
      algorithms: 'HS256',
    })) as JwtConfig
    assert.ok(config.secret instanceof Secret)
    assert.match(jwt.warnings?.(config).join('\n') ?? '', /shared secret/)
    assert.ok(!JSON.stringify([jwt.warnings?.(config), config]).includes('ssss'))
    assert.deepEqual(jwt.keySources?.(config), [])
  })
})

describe('what is remembered of a token', () => {
  const key = issuerKey('ES256', 'k')
  const ready = staticKeySet({ keys: [key.jwk] })

  /** A key set that a test changes. */
  function changing(): { set: KeySet; state: { version: number; state: KeySet['state']; keys: KeySet } } {
    const state: { version: number; state: KeySet['state']; keys: KeySet } = { version: 1, state: 'ready', keys: ready }
    const set: KeySet = {
      get version() {
        return state.version
      },
      get state() {
        return state.state
      },
      candidates: kid => (state.state === 'ready' ? state.keys.candidates(kid) : []),
      want: async (): Promise<KeyAnswer> => (state.state === 'ready' ? 'unknown' : 'unavailable'),
    }
    return { set, state }
  }

  it('verifies once, then finds the same principal again', async () => {
    const host = testHost({ now, keys: () => ready })
    const check = await checkOf(host, remote)
    const token = tokenBy(key, good)
    const first = check(token)
    const again = check(token)
    assert.equal(again.verdict, PASS)
    assert.equal(again.x.principal, first.x.principal)
    assert.ok(Object.isFrozen(first.x.principal) && Object.isFrozen(first.x.principal?.claims))
    assert.equal(host.counted.get('verified'), 1)
  })

  it('two routes of one issuer share the memory and keep their own demands', async () => {
    const host = testHost({ now, keys: () => ready })
    const orders = await checkOf(host, remote)
    const payments = await checkOf(host, { ...remote, audience: 'payments' })
    const strict = await checkOf(host, { ...remote, typ: 'at+jwt' })
    const acr = await checkOf(host, { ...remote, requiredClaims: 'acr' })
    const token = tokenBy(key, good)
    for (let round = 0; round < 2; round++) {
      assert.equal(orders(token).verdict, PASS)
      assert.equal(codeOf(payments(token).verdict), 'credential-invalid')
      assert.equal(codeOf(strict(token).verdict), 'credential-invalid')
      assert.equal(codeOf(acr(token).verdict), 'credential-invalid')
    }
    assert.equal(host.counted.get('verified'), 1)
  })

  it('other algorithms, another issuer or another source share nothing', async () => {
    const host = testHost({ now, keys: () => ready })
    const token = tokenBy(key, good)
    assert.equal((await checkOf(host, remote))(token).verdict, PASS)
    const others = [
      { ...remote, algorithms: ['RS256'] },
      { ...remote, issuer: 'https://other.example/' },
      { jwks: 'https://other.example/jwks' },
    ]
    assert.equal(codeOf((await checkOf(host, others[0]))(token).verdict), 'credential-invalid')
    assert.equal(codeOf((await checkOf(host, others[1]))(token).verdict), 'credential-invalid')
    assert.equal((await checkOf(host, others[2]))(token).verdict, PASS)
    // Once per memory: the one whose algorithms do not fit never got to the signature.
    assert.equal(host.counted.get('verified'), 3)
  })

  it('forgets with the key: a removed key refuses at once', async () => {
    const { set, state } = changing()
    const check = await checkOf(testHost({ now, keys: () => set }), remote)
    const token = tokenBy(key, good)
    assert.equal(check(token).verdict, PASS)
    state.version = 2
    state.keys = staticKeySet({ keys: [issuerKey('ES256', 'other').jwk] })
    assert.equal(codeOf(await check(token).verdict), 'credential-invalid')
  })

  it('is worth nothing within a second once the keys are too old to trust: 503, not 200 and not 401', async () => {
    const { set, state } = changing()
    const host = testHost({ now, keys: () => set })
    const check = await checkOf(host, remote)
    const token = tokenBy(key, good)
    assert.equal(check(token).verdict, PASS)
    state.state = 'unavailable'
    host.clock.advance(1_000)
    assert.equal(codeOf(await check(token).verdict), 'dependency-unavailable')
    assert.equal(codeOf(await check(tokenBy(key, { ...good, exp: at - 999 })).verdict), 'dependency-unavailable')
    state.state = 'ready'
    assert.equal(check(token).verdict, PASS)
  })

  it('ends after 60 s, and with exp whatever the clock does', async () => {
    const host = testHost({ now, keys: () => ready })
    const check = await checkOf(host, remote)
    const token = tokenBy(key, good)
    check(token)
    host.clock.advance(59_999)
    check(token)
    assert.equal(host.counted.get('verified'), 1)
    host.clock.advance(1)
    check(token)
    assert.equal(host.counted.get('verified'), 2)
    host.clock.advance(300_000)
    assert.equal(codeOf(check(token).verdict), 'credential-expired')
  })

  it('a clock that steps across the leeway and back decides each time anew', async () => {
    const host = testHost({ now, keys: () => ready })
    const config = (await schema.parseAsync({ issuer, audience: 'orders', ...remote })) as JwtConfig
    const check = jwt.compile(config, host).request
    const token = tokenBy(key, { ...good, nbf: at - 10 })
    // The wall clock steps; the monotonic one, by which memory ends, does not.
    const codeAt = (time: number): string =>
      codeOf(check?.(exchange({ time, startedMs: 1_000, headers: { Authorization: `Bearer ${token}` } })))
    assert.deepEqual(
      [0, 330_000, 0, -41_000, -40_000, 329_999, 330_000].map(step => codeAt(now + step)),
      ['pass', 'credential-expired', 'pass', 'credential-invalid', 'pass', 'pass', 'credential-expired'],
    )
    assert.equal(host.counted.get('verified'), 1)
  })

  it('a bad signature is remembered for 5 s, so that repeating it costs little', async () => {
    const host = testHost({ now, keys: () => ready })
    const check = await checkOf(host, remote)
    const bad = tokenBy(issuerKey('ES256', 'k'), good)
    for (let i = 0; i < 10; i++) assert.equal(codeOf(check(bad).verdict), 'credential-invalid')
    assert.equal(host.counted.get('signature-refused'), 1)
    host.clock.advance(5_000)
    check(bad)
    assert.equal(host.counted.get('signature-refused'), 2)
  })

  it('answers at once on a hit and on a miss, and waits only for a key', async () => {
    const check = await checkOf(testHost({ now, keys: () => ready }), remote)
    const token = tokenBy(key, good)
    assert.ok(!(check(token).verdict instanceof Promise))
    assert.ok(!(check(token).verdict instanceof Promise))
    assert.ok(check(tokenBy({ ...key, kid: 'new' }, good)).verdict instanceof Promise)
  })
})

describe('with a real key service', () => {
  it('accepts the token of a new key, and answers 503 when the issuer is away', async () => {
    const server = await startJwksServer()
    const channel = new MessageChannel()
    let work: ReturnType<typeof createWorkerKeys> | undefined
    const host = testHost({ now, keys: source => (work as ReturnType<typeof createWorkerKeys>)(source) })
    const service = createKeyService({ clock: host.clock, log: host.log })
    try {
      service.attach(channel.port1)
      work = createWorkerKeys(channel.port2, host.clock)
      const [one, two] = [issuerKey('ES256', 'one'), issuerKey('ES256', 'two')]
      const jwks = `${server.origin}/jwks`
      const check = await checkOf(host, { jwks })
      server.answer = (_, response) => response.writeHead(500).end()
      await service.require([{ issuer, jwks, maxStaleMs: 600_000 }])
      assert.equal(codeOf(await check(tokenBy(one, good)).verdict), 'dependency-unavailable')

      server.serve({ keys: [one.jwk] })
      host.clock.advance(16_000)
      assert.equal(await check(tokenBy(one, good)).verdict, PASS)
      server.serve({ keys: [one.jwk, two.jwk] })
      assert.equal(codeOf(await check(tokenBy(two, good)).verdict), 'credential-invalid', 'fetched and unknown')
      host.clock.advance(16_000)
      assert.equal(await check(tokenBy(two, good)).verdict, PASS)
      assert.equal(check(tokenBy(one, good)).verdict, PASS, 'old and new together')
      assert.equal(server.requests.length, 3)
    } finally {
      await service.close()
      channel.port1.close()
      channel.port2.close()
      await server.close()
    }
  })

  it('a set without kids rotates when a signature fails', async () => {
    const server = await startJwksServer()
    const channel = new MessageChannel()
    let work: ReturnType<typeof createWorkerKeys> | undefined
    const host = testHost({ now, keys: source => (work as ReturnType<typeof createWorkerKeys>)(source) })
    const service = createKeyService({ clock: host.clock, log: host.log })
    try {
      service.attach(channel.port1)
      work = createWorkerKeys(channel.port2, host.clock)
      const [one, two] = [issuerKey('ES256', 'one'), issuerKey('ES256', 'two')]
      const nameless = (key: typeof one) => ({ ...key.jwk, kid: undefined })
      const jwks = `${server.origin}/jwks`
      const check = await checkOf(host, { jwks })
      server.serve({ keys: [nameless(one)] })
      await service.require([{ issuer, jwks, maxStaleMs: 600_000 }])
      assert.equal(await check(tokenBy(one, good, { kid: undefined })).verdict, PASS)
      server.serve({ keys: [nameless(two)] })
      const token = tokenBy(two, good, { kid: undefined })
      assert.equal(codeOf(await check(token).verdict), 'credential-invalid')
      host.clock.advance(16_000)
      assert.equal(await check(token).verdict, PASS)
      assert.equal(codeOf(await check(tokenBy(one, good, { kid: undefined })).verdict), 'credential-invalid')
    } finally {
      await service.close()
      channel.port1.close()
      channel.port2.close()
      await server.close()
    }
  })
})

describe('clock drift', () => {
  const key = issuerKey('ES256', 'k')
  const ready = staticKeySet({ keys: [key.jwk] })

  async function reasonAfter(count: number, iat: (i: number) => number, last: object): Promise<string> {
    const check = await checkOf(testHost({ now, keys: () => ready }), remote)
    for (let i = 0; i < count; i++) await check(tokenBy(key, { ...good, jti: String(i), iat: iat(i) })).verdict
    const verdict = (await check(tokenBy(key, { ...good, ...last })).verdict) as Problem
    return verdict.reason ?? ''
  }

  it('is named when tokens consistently come before they are issued', async () => {
    const reason = await reasonAfter(10, i => at + 115 + i, { nbf: at + 120, iat: at + 120 })
    assert.match(reason, /clock drift: .* 120 s before they are issued/)
  })

  it('is named when not one token is ever young', async () => {
    const reason = await reasonAfter(20, i => at - 400 - i, { exp: at - 100, iat: at - 400 })
    assert.match(reason, /clock drift: even the youngest .* 400 s old/)
  })

  it('is not named for one odd token, for old tokens among young ones, or from few tokens', async () => {
    assert.doesNotMatch(await reasonAfter(10, () => at - 5, { nbf: at + 120, iat: at + 120 }), /drift/)
    assert.doesNotMatch(await reasonAfter(20, i => at - 5 - i * 60, { exp: at - 100, iat: at - 400 }), /drift/)
    assert.doesNotMatch(await reasonAfter(3, () => at + 120, { nbf: at + 120, iat: at + 120 }), /drift/)
  })
})
