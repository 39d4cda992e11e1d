import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, beforeEach, afterEach, describe, it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { fakeClock, type FakeClock } from '../../test/support/host.ts'
import { startJwksServer, type JwksServer } from '../../test/support/jwks-server.ts'
import { issuerKey } from '../../test/support/tokens.ts'
import type { KeySet, KeySource } from '../core/host.ts'
import type { FetchDocument } from './fetch-document.ts'
import { createKeyService, type KeyService, type KeyServiceWorld } from './key-service.ts'
import { createWorkerKeys } from './worker-keys.ts'

// Real HTTP servers, real MessageChannels, and time that only the test moves.

const first = issuerKey('ES256', 'first').jwk
const second = issuerKey('ES256', 'second').jwk
const issuer = 'https://issuer.example/'
const unusedMs = 16_000

describe('the key service', () => {
  let server: JwksServer
  let clock: FakeClock
  let service: KeyService
  let log: string[]
  const channels: MessageChannel[] = []

  beforeEach(async () => {
    server = await startJwksServer()
    server.serve({ keys: [first] })
    clock = fakeClock(Date.UTC(2026, 0, 1), 5_000)
    log = []
    service = start()
  })
  afterEach(async () => {
    await service.close()
    for (const { port1, port2 } of channels.splice(0)) {
      port1.close()
      port2.close()
    }
    await server.close()
  })

  function start(settings: Partial<KeyServiceWorld> = {}): KeyService {
    const line = (message: string, facts: object = {}): void => void log.push(`${message} ${JSON.stringify(facts)}`)
    return createKeyService({ clock, log: { info: line, warn: line, error: line }, ...settings })
  }

  /** One more worker, over a channel of its own. */
  function worker(): (source: KeySource) => KeySet {
    const channel = new MessageChannel()
    channels.push(channel)
    service.attach(channel.port1)
    return createWorkerKeys(channel.port2, clock)
  }

  function source(settings: Partial<KeySource> = {}): KeySource {
    return { issuer, jwks: `${server.origin}/jwks`, ...settings }
  }

  /** Until messages that were posted have arrived. */
  async function arrived(set: KeySet, done: (set: KeySet) => boolean): Promise<void> {
    for (let turn = 0; turn < 1_000 && !done(set); turn++) await new Promise(resolve => setImmediate(resolve))
    assert.ok(done(set), 'the change never arrived')
  }

  it('gives each worker the keys, synchronously readable', async () => {
    await service.require([source()])
    const sets = [worker()(source()), worker()(source()), worker()(source())]
    for (const set of sets) {
      await arrived(set, one => one.state === 'ready')
      assert.equal(set.candidates('first').length, 1)
      assert.equal(set.candidates('first')[0]?.key.asymmetricKeyType, 'ec')
      assert.equal(set.candidates('second').length, 0)
      assert.equal(set.candidates('__proto__').length, 0)
      assert.equal(set.candidates(null).length, 1)
    }
    assert.equal(server.requests.length, 1)
  })

  it('fetches once in 15 s whatever kids arrive at however many workers', async () => {
    const sets = [worker()(source()), worker()(source()), worker()(source())]
    await service.require([source()])
    await Promise.all(sets.map(set => arrived(set, one => one.state === 'ready')))
    for (let ms = 0; ms < 15_000; ms += 1_000) {
      const answers = await Promise.all(
        sets.flatMap((set, worker) => Array.from({ length: 20 }, (_, i) => set.want(`kid-${ms}-${worker}-${i}`))),
      )
      assert.deepEqual(new Set(answers), new Set(['unknown']))
      await service.tick()
      clock.advance(1_000)
    }
    assert.equal(server.requests.length, 1, 'no fetch but the first in 15 s')
    clock.advance(unusedMs - 15_000)
    const answers = await Promise.all(sets.flatMap(set => Array.from({ length: 50 }, (_, i) => set.want(`late-${i}`))))
    assert.deepEqual(new Set(answers), new Set(['unknown']))
    assert.equal(server.requests.length, 2, 'one fetch for all of them, over all workers')
  })

  it('no two fetches within any 15 s of an hour under a storm, background refresh and outages included', async () => {
    const set = worker()(source())
    const times: number[] = []
    server.answer = (_, response) => {
      times.push(clock.monotonic())
      // Good for ten minutes, then away for ten, and so on.
      const away = Math.floor(clock.monotonic() / 600_000) % 2 === 1
      if (away) response.writeHead(500).end()
      else response.writeHead(200, { 'cache-control': 'max-age=20' }).end(JSON.stringify({ keys: [first] }))
    }
    await service.require([source()])
    for (let second = 0; second < 3_600; second++) {
      clock.advance(1_000)
      await Promise.all([service.tick(), set.want(`kid-${second}`)])
    }
    assert.ok(times.length > 100, `${times.length} fetches`)
    for (let i = 1; i < times.length; i++) assert.ok((times[i] as number) - (times[i - 1] as number) >= 15_000)
  })

  it('accepts a new kid within 30 s and keeps the old one beside it', async () => {
    await service.require([source()])
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    server.serve({ keys: [first, second] })
    assert.equal(await set.want('second'), 'unknown', 'within the cool-down')
    clock.advance(unusedMs)
    assert.equal(await set.want('second'), 'found')
    assert.ok(set.version > before)
    assert.equal(set.candidates('first').length, 1)
    assert.equal(set.candidates('second').length, 1)
  })

  it('a new kid that one worker asked for is known to all', async () => {
    await service.require([source()])
    const [one, two] = [worker()(source()), worker()(source())]
    await Promise.all([arrived(one, set => set.state === 'ready'), arrived(two, set => set.state === 'ready')])
    server.serve({ keys: [first, second] })
    clock.advance(unusedMs)
    assert.equal(await one.want('second'), 'found')
    await arrived(two, set => set.candidates('second').length === 1)
    assert.equal(server.requests.length, 2)
  })

  it('drops a key that the issuer removed at the next refresh, 5 minutes by default', async () => {
    server.serve({ keys: [first, second] })
    await service.require([source()])
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    server.serve({ keys: [second] })
    clock.advance(300_000)
    await service.tick()
    await arrived(set, one => one.candidates('first').length === 0)
    assert.equal(set.candidates('second').length, 1)
  })

  it('an empty set is an answer: the issuer withdrew all keys', async () => {
    await service.require([source()])
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    server.serve({ keys: [] })
    clock.advance(300_000)
    await service.tick()
    await arrived(set, one => one.candidates(null).length === 0)
    assert.equal(await set.want('first'), 'unknown')
  })

  it('keeps the version when a refresh brings nothing new, by ETag or by content', async () => {
    await service.require([source()])
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    clock.advance(300_000)
    await service.tick()
    assert.equal(server.requests.length, 2)
    server.answer = (_, response) => response.end(JSON.stringify({ keys: [{ ...first, note: 'new' }] }))
    clock.advance(300_000)
    await service.tick()
    assert.equal(server.requests.length, 3)
    assert.equal(service.status()[0]?.version, before)
    assert.equal(service.status()[0]?.ageMs, 0)
  })

  it('serves stale keys until max-stale, then is unavailable, then recovers', async () => {
    const stale = source({ maxStaleMs: 60_000 })
    await service.require([stale])
    const set = worker()(stale)
    await arrived(set, one => one.state === 'ready')
    server.answer = (_, response) => response.writeHead(500).end()
    clock.advance(300_000)
    await service.tick()
    assert.equal(service.status()[0]?.state, 'stale')
    assert.equal(set.candidates('first').length, 1, 'stale-if-error')
    assert.equal(await set.want('new'), 'unavailable', 'an unknown kid cannot be judged while the issuer is away')
    clock.advance(60_000)
    assert.equal(set.state, 'unavailable')
    assert.equal(set.candidates('first').length, 0)
    assert.equal(set.candidates(null).length, 0)
    assert.equal(await set.want('first'), 'unavailable')
    assert.equal(service.status()[0]?.state, 'unavailable')
    server.serve({ keys: [first] })
    clock.advance(unusedMs)
    assert.equal(await set.want('first'), 'found')
    assert.equal(set.state, 'ready')
  })

  it('two sources of one place share the fetch, and each has its own staleness', async () => {
    const [strict, lax] = [source({ maxStaleMs: 10_000 }), source({ maxStaleMs: 100_000 })]
    await service.require([strict, lax])
    const keys = worker()
    await arrived(keys(strict), one => one.state === 'ready')
    assert.equal(server.requests.length, 1)
    clock.advance(310_000)
    assert.deepEqual([keys(strict).state, keys(lax).state], ['unavailable', 'ready'])
  })

  const broken: ReadonlyArray<readonly [what: string, answer: JwksServer['answer'], error: RegExp]> = [
    ['status 500', (_, response) => response.writeHead(500).end('{"keys":[]}'), /status 500/],
    ['status 204', (_, response) => response.writeHead(204).end(), /status 204/],
    [
      'a redirect to a private address',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /redirect/,
    ],
    ['a redirect to itself', (_, response) => response.writeHead(308, { location: '/other' }).end(), /redirect/],
    ['garbage', (_, response) => response.end('<html>'), /JSON/],
    ['another document', (_, response) => response.end('{"key":"value"}'), /JWK Set/],
    ['a duplicate member', (_, response) => response.end('{"keys":[],"keys":[]}'), /JSON/],
    ['a document of 2 MiB', (_, response) => response.end(`{"keys":[],"x":"${'x'.repeat(2 ** 21)}"}`), /longer/],
    ['an endless document', (_, response) => endless(response), /longer/],
    [
      'a compressed document',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      /compressed/,
    ],
    ['a connection that breaks', request => request.socket.destroy(), /./],
    [
      'a body that breaks',
      (_, response) =>
        void response.writeHead(200, { 'content-length': '100' }).write('{"keys"', () => response.destroy()),
      /./,
    ],
    ['silence', () => {}, /in time/],
    ['a body that stalls', (_, response) => void response.writeHead(200).write('{"keys":['), /in time/],
  ]

  let ran = 0
  for (const [what, answer, error] of broken) {
    it(`${what}: no keys, 503, and the last good ones stay`, async () => {
      await service.close()
      service = start({ timeoutMs: 300 })
      server.answer = answer
      await service.require([source()])
      const set = worker()(source())
      assert.equal(set.state, 'unavailable')
      assert.equal(await set.want('first'), 'unavailable')
      assert.match(service.status()[0]?.lastError ?? '', error)
      assert.equal(server.requests.length, 1)

      server.serve({ keys: [first] })
      clock.advance(unusedMs)
      assert.equal(await set.want('first'), 'found')
      server.answer = answer
      clock.advance(300_000)
      await service.tick()
      assert.equal(service.status()[0]?.state, 'stale')
      assert.equal(set.candidates('first').length, 1)
      ran++
    })
  }
  after(() => assert.equal(ran, 14, 'every broken answer ran'))

  it('a 304 that nobody asked for brings no keys', async () => {
    server.answer = (_, response) => response.writeHead(304).end()
    await service.require([source()])
    assert.match(service.status()[0]?.lastError ?? '', /status 304/)
    assert.equal(service.status()[0]?.state, 'unavailable')
  })

  it('a request waits at most 500 ms for a slow issuer, and the fetch goes on', async () => {
    let release = (): void => {}
    const waiting = new Promise<void>(resolve => {
      server.answer = (_, response) => {
        release = () => response.end(JSON.stringify({ keys: [first] }))
        resolve()
      }
    })
    const done = service.require([source()])
    const set = worker()(source())
    await waiting
    const startMs = performance.now()
    assert.equal(await set.want('first'), 'unavailable')
    assert.ok(performance.now() - startMs > 450, 'it waited for the fetch under way')
    const again = set.want('first')
    release()
    assert.equal(await again, 'found', 'the next one joined the same fetch')
    await done
    await arrived(set, one => one.state === 'ready')
    assert.equal(server.requests.length, 1)
  })

  it('a late answer cannot undo a newer one, nor bring back a source that was dropped', async () => {
    await service.close()
    const answers: Array<(document: object) => void> = []
    const fetch: FetchDocument = () =>
      new Promise(resolve => {
        answers.push(document =>
          resolve({ status: 200, body: Buffer.from(JSON.stringify(document)), etag: null, maxAgeMs: null }),
        )
      })
    service = start({ fetch, timeoutMs: 50 })
    // This fetch does not listen to its abort: the first attempt is over, its answer still to come.
    await service.require([source()])
    clock.advance(unusedMs)
    const newer = service.tick()
    answers[1]?.({ keys: [second] })
    await newer
    answers[0]?.({ keys: [first] })
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    assert.equal(set.candidates('first').length, 0)
    assert.equal(set.candidates('second').length, 1)

    clock.advance(300_000)
    const last = service.tick()
    await service.require([])
    answers[2]?.({ keys: [first] })
    await last
    await arrived(set, one => one.state === 'unavailable')
    assert.equal(set.candidates(null).length, 0)
    assert.deepEqual(service.status(), [])
  })

  it('keeps a set over a reload, drops it when unused, and never repeats a version', async () => {
    await service.require([source()])
    const set = worker()(source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    await service.require([source(), source({ issuer: 'https://other.example/' })])
    assert.equal(server.requests.length, 2, 'only the new one was fetched')
    assert.equal(set.version, before)
    await service.require([])
    await arrived(set, one => one.state === 'unavailable')
    await service.require([source()])
    await arrived(set, one => one.state === 'ready')
    assert.ok(set.version > before)
  })

  it('honours max-age within 16 s and 1 h', async () => {
    const next = async (header: string, ms: number): Promise<void> => {
      server.serve({ keys: [first] }, { 'cache-control': header })
      clock.advance(3_600_000)
      await service.tick()
      const before = server.requests.length
      clock.advance(ms * 0.9 - 1)
      await service.tick()
      assert.equal(server.requests.length, before, `${header}: not before ${ms}`)
      clock.advance(ms * 0.1 + 1)
      await service.tick()
      assert.equal(server.requests.length, before + 1, `${header}: by ${ms}`)
    }
    await service.require([source()])
    await next('public, max-age=600', 600_000)
    await next('max-age=1', 16_000 / 0.9)
    await next('no-store', 16_000 / 0.9)
    await next('max-age=999999', 3_600_000)
    await next('s-maxage=20', 300_000)
  })

  it('a worker whose port closed waits for nobody', async () => {
    const channel = new MessageChannel()
    service.attach(channel.port1)
    const set = createWorkerKeys(channel.port2, clock)(source())
    server.answer = () => {}
    void service.require([source()])
    const asked = set.want('first')
    const closed = once(channel.port2, 'close')
    channel.port2.close()
    await closed
    assert.equal(await asked, 'unavailable')
  })

  it('a source written in the configuration is ready at once and asks nobody', async () => {
    const set = worker()({ issuer, keys: { keys: [first] } })
    await service.require([{ issuer, keys: { keys: [first] } }])
    assert.equal(set.state, 'ready')
    assert.equal(set.candidates('first').length, 1)
    assert.equal(await set.want('other'), 'unknown')
    assert.deepEqual(service.status(), [])
  })

  it('says when an issuer goes and comes, once each, and never its keys', async () => {
    await service.require([source()])
    server.answer = (_, response) => response.writeHead(500).end()
    for (let i = 0; i < 5; i++) {
      clock.advance(300_000)
      await service.tick()
    }
    server.serve({ keys: [first, { ...second, d: 'c2VjcmV0' }] })
    clock.advance(300_000)
    await service.tick()
    assert.deepEqual(
      log.map(line => line.replace(/ \{.*/, '')),
      [
        'keys of an issuer arrived',
        'keys of an issuer cannot be fetched',
        'a key of an issuer does not count',
        'an issuer answers again',
      ],
    )
    assert.ok(!log.join().includes('c2VjcmV0'))
    assert.ok(!log.join().includes(String(first['x'])))
  })

  describe('by discovery', () => {
    const discovering = (): KeySource => ({ issuer: server.origin, discovery: true })
    const serveDiscovery = (document: object): void => {
      server.answer = (request, response) =>
        response.end(JSON.stringify(request.url === '/keys' ? { keys: [first] } : document))
    }

    it('finds the keys where the issuer says', async () => {
      serveDiscovery({ issuer: server.origin, jwks_uri: `${server.origin}/keys` })
      await service.require([discovering()])
      assert.deepEqual(server.requests, ['/.well-known/openid-configuration', '/keys'])
      assert.equal(service.status()[0]?.state, 'ready')
      clock.advance(300_000)
      await service.tick()
      assert.deepEqual(server.requests.slice(2), ['/keys'], 'the place is remembered')
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
        serveDiscovery(document(server.origin))
        await service.require([discovering()])
        assert.match(service.status()[0]?.lastError ?? '', error)
        assert.equal(service.status()[0]?.state, 'unavailable')
        assert.ok(!server.requests.includes('/keys'))
        ran++
      })
    }
    after(() => assert.equal(ran, 9, 'every refused document ran'))
  })
})

function endless(response: import('node:http').ServerResponse): void {
  const part = Buffer.alloc(65_536, 32)
  const more = (): void => {
    while (!response.destroyed && response.write(part)) {
      // The reader hangs up at its limit.
    }
  }
  response.on('drain', more)
  more()
}
