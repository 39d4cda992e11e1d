import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import type { JwksServer } from '../../test/support/jwks-server.ts'
import { arrived, coolDownMs, openKeyWorld, type KeyWorld } from '../../test/support/key-world.ts'
import { issuerKey } from '../../test/support/tokens.ts'
import type { FetchDocument } from './fetch-document.ts'

const first = issuerKey('ES256', 'first').jwk
const second = issuerKey('ES256', 'second').jwk

describe('issuers that fail', () => {
  let world: KeyWorld
  beforeEach(async () => {
    world = await openKeyWorld({ keys: [first] })
  })
  afterEach(() => world.close())

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
      await world.restart({ timeoutMs: 300 })
      world.server.answer = answer
      await world.service.require([world.source()])
      const set = world.worker()(world.source())
      assert.equal(set.state, 'unavailable')
      assert.equal(await set.want('first'), 'unavailable')
      assert.match(world.service.status()[0]?.lastError ?? '', error)
      assert.equal(world.server.requests.length, 1)

      world.server.serve({ keys: [first] })
      world.clock.advance(coolDownMs)
      assert.equal(await set.want('first'), 'found')
      world.server.answer = answer
      world.clock.advance(300_000)
      await world.service.tick()
      assert.equal(world.service.status()[0]?.state, 'stale')
      assert.equal(set.candidates('first').length, 1)
      ran++
    })
  }
  after(() => assert.equal(ran, 14, 'every broken answer ran'))

  it('a 304 that nobody asked for brings no keys', async () => {
    world.server.answer = (_, response) => response.writeHead(304).end()
    await world.service.require([world.source()])
    assert.match(world.service.status()[0]?.lastError ?? '', /status 304/)
    assert.equal(world.service.status()[0]?.state, 'unavailable')
  })

  it('a request waits at most 500 ms for a slow issuer, and the fetch goes on', async () => {
    let release = (): void => {}
    const waiting = new Promise<void>(resolve => {
      world.server.answer = (_, response) => {
        release = () => response.end(JSON.stringify({ keys: [first] }))
        resolve()
      }
    })
    const done = world.service.require([world.source()])
    const set = world.worker()(world.source())
    await waiting
    const startMs = performance.now()
    assert.equal(await set.want('first'), 'unavailable')
    assert.ok(performance.now() - startMs > 450, 'it waited for the fetch under way')
    const again = set.want('first')
    release()
    assert.equal(await again, 'found', 'the next one joined the same fetch')
    await done
    await arrived(set, one => one.state === 'ready')
    assert.equal(world.server.requests.length, 1)
  })

  it('the 15 s count from the end of an attempt, since its request may have left late', async () => {
    let fetches = 0
    const fetch: FetchDocument = async () => {
      fetches++
      // Slow to connect: the issuer saw the request only at the end.
      world.clock.advance(4_900)
      return { status: 200, body: Buffer.from(JSON.stringify({ keys: [first] })), etag: null, maxAgeMs: 0 }
    }
    await world.restart({ fetch })
    await world.service.require([world.source()])
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    world.clock.advance(15_000)
    await Promise.all([world.service.tick(), set.want('new')])
    assert.equal(fetches, 1)
    world.clock.advance(1_000)
    await Promise.all([world.service.tick(), set.want('new')])
    assert.equal(fetches, 2)
  })

  it('a late answer cannot undo a newer one, nor bring back a source that was dropped', async () => {
    const answers: Array<(document: object) => void> = []
    const fetch: FetchDocument = () =>
      new Promise(resolve => {
        answers.push(document =>
          resolve({ status: 200, body: Buffer.from(JSON.stringify(document)), etag: null, maxAgeMs: null }),
        )
      })
    await world.restart({ fetch, timeoutMs: 50 })
    // This fetch does not listen to its abort: the first attempt is over, its answer still to come.
    await world.service.require([world.source()])
    world.clock.advance(coolDownMs)
    const newer = world.service.tick()
    answers[1]?.({ keys: [second] })
    await newer
    answers[0]?.({ keys: [first] })
    const set = world.worker()(world.source())
    await arrived(set, one => one.state === 'ready')
    assert.equal(set.candidates('first').length, 0)
    assert.equal(set.candidates('second').length, 1)

    world.clock.advance(300_000)
    const last = world.service.tick()
    await world.service.require([])
    answers[2]?.({ keys: [first] })
    await last
    await arrived(set, one => one.state === 'unavailable')
    assert.equal(set.candidates(null).length, 0)
    assert.deepEqual(world.service.status(), [])
  })
})

function endless(response: ServerResponse): void {
  const part = Buffer.alloc(65_536, 32)
  const more = (): void => {
    while (!response.destroyed && response.write(part)) {
      // The reader hangs up at its limit.
    }
  }
  response.on('drain', more)
  more()
}
