import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { arrived, coolDownMs, openKeyWorld, type KeyWorld } from '../../test/support/key-world.ts'
import { issuerKey } from '../../test/support/tokens.ts'
import { createWorkerKeys } from './worker-keys.ts'

const first = issuerKey('ES256', 'first').jwk
const second = issuerKey('ES256', 'second').jwk
const issuer = 'https://issuer.example/'

describe('the key service', () => {
  let world: KeyWorld
  beforeEach(async () => {
    world = await openKeyWorld({ keys: [first] })
  })
  afterEach(() => world.close())

  it('gives each worker the keys, synchronously readable', async () => {
    await world.service.require([world.source()])
    const sets = [world.worker()(world.source()), world.worker()(world.source()), world.worker()(world.source())]
    for (const set of sets) {
      await arrived(set, one => one.state === 'ready')
      assert.equal(set.candidates('first').length, 1)
      assert.equal(set.candidates('first')[0]?.key.asymmetricKeyType, 'ec')
      assert.equal(set.candidates('second').length, 0)
      assert.equal(set.candidates('__proto__').length, 0)
      assert.equal(set.candidates(null).length, 1)
    }
    assert.equal(world.server.requests.length, 1)
  })

  it('fetches once in 15 s whatever kids arrive at however many workers', async () => {
    const sets = [world.worker()(world.source()), world.worker()(world.source()), world.worker()(world.source())]
    await world.service.require([world.source()])
    await Promise.all(sets.map(set => arrived(set, one => one.state === 'ready')))
    for (let ms = 0; ms < 15_000; ms += 1_000) {
      const answers = await Promise.all(
        sets.flatMap((set, worker) => Array.from({ length: 20 }, (_, i) => set.want(`kid-${ms}-${worker}-${i}`))),
      )
      assert.deepEqual(new Set(answers), new Set(['unknown']))
      await world.service.tick()
      world.clock.advance(1_000)
    }
    assert.equal(world.server.requests.length, 1, 'no fetch but the first in 15 s')
    world.clock.advance(coolDownMs - 15_000)
    const answers = await Promise.all(sets.flatMap(set => Array.from({ length: 50 }, (_, i) => set.want(`late-${i}`))))
    assert.deepEqual(new Set(answers), new Set(['unknown']))
    assert.equal(world.server.requests.length, 2, 'one fetch for all of them, over all workers')
  })

  it('no two fetches within any 15 s of an hour under a storm, background refresh and outages included', async () => {
    const set = world.worker()(world.source())
    const times: number[] = []
    world.server.answer = (_, response) => {
      times.push(world.clock.monotonic())
      // Good for ten minutes, then away for ten, and so on.
      const away = Math.floor(world.clock.monotonic() / 600_000) % 2 === 1
      if (away) response.writeHead(500).end()
      else response.writeHead(200, { 'cache-control': 'max-age=20' }).end(JSON.stringify({ keys: [first] }))
    }
    await world.service.require([world.source()])
    for (let second = 0; second < 3_600; second++) {
      world.clock.advance(1_000)
      await Promise.all([world.service.tick(), set.want(`kid-${second}`)])
    }
    assert.ok(times.length > 100, `${times.length} fetches`)
    for (let i = 1; i < times.length; i++) assert.ok((times[i] as number) - (times[i - 1] as number) >= 15_000)
  })

  it('accepts a new kid within 30 s and keeps the old one beside it', async () => {
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    world.server.serve({ keys: [first, second] })
    assert.equal(await set.want('second'), 'unknown', 'within the cool-down')
    world.clock.advance(coolDownMs)
    assert.equal(await set.want('second'), 'found')
    assert.ok(set.version > before)
    assert.equal(set.candidates('first').length, 1)
    assert.equal(set.candidates('second').length, 1)
  })

  it('a new kid that one worker asked for is known to all', async () => {
    await world.service.require([world.source()])
    const [one, two] = [world.worker()(world.source()), world.worker()(world.source())]
    await Promise.all([arrived(one, set => set.state === 'ready'), arrived(two, set => set.state === 'ready')])
    world.server.serve({ keys: [first, second] })
    world.clock.advance(coolDownMs)
    assert.equal(await one.want('second'), 'found')
    await arrived(two, set => set.candidates('second').length === 1)
    assert.equal(world.server.requests.length, 2)
  })

  it('drops a key that the issuer removed at the next refresh, 5 minutes by default', async () => {
    world.server.serve({ keys: [first, second] })
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    world.server.serve({ keys: [second] })
    world.clock.advance(300_000)
    await world.service.tick()
    await arrived(set, one => one.candidates('first').length === 0)
    assert.equal(set.candidates('second').length, 1)
  })

  it('an empty set is an answer: the issuer withdrew all keys', async () => {
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    world.server.serve({ keys: [] })
    world.clock.advance(300_000)
    await world.service.tick()
    await arrived(set, one => one.candidates(null).length === 0)
    assert.equal(await set.want('first'), 'unknown')
  })

  it('keeps the version when a refresh brings nothing new, by ETag or by content', async () => {
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    world.clock.advance(300_000)
    await world.service.tick()
    assert.equal(world.server.requests.length, 2)
    world.server.answer = (_, response) => response.end(JSON.stringify({ keys: [{ ...first, note: 'new' }] }))
    world.clock.advance(300_000)
    await world.service.tick()
    assert.equal(world.server.requests.length, 3)
    assert.equal(world.service.status()[0]?.version, before)
    assert.equal(world.service.status()[0]?.ageMs, 0)
  })

  it('serves stale keys until max-stale, then is unavailable, then recovers', async () => {
    const stale = world.source({ maxStaleMs: 60_000 })
    await world.service.require([stale])
    const set = world.worker()(stale)
    await arrived(set, one => one.state === 'ready')
    world.server.answer = (_, response) => response.writeHead(500).end()
    world.clock.advance(300_000)
    await world.service.tick()
    assert.equal(world.service.status()[0]?.state, 'stale')
    assert.equal(set.candidates('first').length, 1, 'stale-if-error')
    assert.equal(await set.want('new'), 'unavailable', 'an unknown kid cannot be judged while the issuer is away')
    world.clock.advance(60_000)
    assert.equal(set.state, 'unavailable')
    assert.equal(set.candidates('first').length, 0)
    assert.equal(set.candidates(null).length, 0)
    assert.equal(await set.want('first'), 'unavailable')
    assert.equal(world.service.status()[0]?.state, 'unavailable')
    world.server.serve({ keys: [first] })
    world.clock.advance(coolDownMs)
    assert.equal(await set.want('first'), 'found')
    assert.equal(set.state, 'ready')
  })

  it('two sources of one place share the fetch, and each has its own staleness', async () => {
    const [strict, lax] = [world.source({ maxStaleMs: 10_000 }), world.source({ maxStaleMs: 100_000 })]
    await world.service.require([strict, lax])
    const keys = world.worker()
    await arrived(keys(strict), one => one.state === 'ready')
    assert.equal(world.server.requests.length, 1)
    world.clock.advance(310_000)
    assert.deepEqual([keys(strict).state, keys(lax).state], ['unavailable', 'ready'])
  })

  it('keeps a set over a reload, drops it when unused, and never repeats a version', async () => {
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    const before = set.version
    await world.service.require([world.source(), world.source({ issuer: 'https://other.example/' })])
    assert.equal(world.server.requests.length, 2, 'only the new one was fetched')
    assert.equal(set.version, before)
    await world.service.require([])
    await arrived(set, one => one.state === 'unavailable')
    await world.service.require([world.source()])
    await arrived(set, one => one.state === 'ready')
    assert.ok(set.version > before)
  })

  it('honours max-age within 16 s and 1 h', async () => {
    const next = async (header: string, ms: number): Promise<void> => {
      world.server.serve({ keys: [first] }, { 'cache-control': header })
      world.clock.advance(3_600_000)
      await world.service.tick()
      const before = world.server.requests.length
      world.clock.advance(ms * 0.9 - 1)
      await world.service.tick()
      assert.equal(world.server.requests.length, before, `${header}: not before ${ms}`)
      world.clock.advance(ms * 0.1 + 1)
      await world.service.tick()
      assert.equal(world.server.requests.length, before + 1, `${header}: by ${ms}`)
    }
    await world.service.require([world.source()])
    await next('public, max-age=600', 600_000)
    await next('max-age=1', 16_000 / 0.9)
    await next('no-store', 16_000 / 0.9)
    await next('max-age=999999', 3_600_000)
    await next('s-maxage=20', 300_000)
  })

  it('a worker whose port closed waits for nobody', async () => {
    const channel = new MessageChannel()
    world.service.attach(channel.port1)
    const set = createWorkerKeys(channel.port2, world.clock)(world.source())
    world.server.answer = () => {}
    void world.service.require([world.source()])
    const asked = set.want('first')
    const closed = once(channel.port2, 'close')
    channel.port2.close()
    await closed
    assert.equal(await asked, 'unavailable')
  })

  it('a source written in the configuration is ready at once and asks nobody', async () => {
    const set = world.worker()({ issuer, keys: { keys: [first] } })
    await world.service.require([{ issuer, keys: { keys: [first] } }])
    assert.equal(set.state, 'ready')
    assert.equal(set.candidates('first').length, 1)
    assert.equal(await set.want('other'), 'unknown')
    assert.deepEqual(world.service.status(), [])
  })

  it('says when an issuer goes and comes, once each, and never its keys', async () => {
    await world.service.require([world.source()])
    world.server.answer = (_, response) => response.writeHead(500).end()
    for (let i = 0; i < 5; i++) {
      world.clock.advance(300_000)
      await world.service.tick()
    }
    world.server.serve({ keys: [first, { ...second, d: 'c2VjcmV0' }] })
    world.clock.advance(300_000)
    await world.service.tick()
    assert.deepEqual(
      world.log.map(line => line.replace(/ \{.*/, '')),
      [
        'keys of an issuer arrived',
        'keys of an issuer cannot be fetched',
        'a key of an issuer does not count',
        'an issuer answers again',
      ],
    )
    assert.ok(!world.log.join().includes('c2VjcmV0'))
    assert.ok(!world.log.join().includes(String(first['x'])))
  })
})
