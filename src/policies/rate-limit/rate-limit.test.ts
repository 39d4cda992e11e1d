import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Exchange } from '../../core/exchange.ts'
import type { HostSettings, TestHost } from '../../../test/support/host.ts'
import { testHost } from '../../../test/support/host.ts'
import { exchange } from '../../../test/support/exchange.ts'
import type { ExchangeSettings } from '../../../test/support/exchange.ts'
import { freePort } from '../../../test/support/ports.ts'
import { startRedis } from '../../../test/support/redis.ts'
import { needs } from '../../../test/support/service.ts'
import { Problem } from '../../core/problem.ts'
import { Secret } from '../../core/secret.ts'
import { PASS } from '../../core/verdict.ts'
import type { Verdict } from '../../core/verdict.ts'
import { createCounterMemory } from '../../state/counter-memory.ts'
import { rateLimit } from './policy.ts'
import { schema } from './schema.ts'

/** The check of a limiter with these settings. */
function limiter(settings: Record<string, unknown>, host: TestHost) {
  const compiled = rateLimit.compile(schema.parse(settings), host)
  return async (given: ExchangeSettings = {}): Promise<string> => word(await compiled.request?.(exchange(given)))
}

function word(verdict: Verdict | undefined): string {
  if (verdict === PASS) return 'pass'
  return verdict instanceof Problem ? verdict.code : String(verdict)
}

function hostWith(url: string, timeoutMs = 5_000, more: HostSettings = {}): TestHost {
  return testHost({ ...more, stores: { shared: { redis: new Secret(url), timeoutMs } } })
}

async function repeat(times: number, ask: () => Promise<string>): Promise<string[]> {
  const words: string[] = []
  for (let i = 0; i < times; i++) words.push(await ask())
  return words
}

describe('rate-limit counts', () => {
  const settings = { limit: '2/min', by: ['address'] }

  it('survive a reload, also one that raises the limit', async () => {
    const host = testHost()
    assert.deepEqual(await repeat(3, limiter(settings, host)), ['pass', 'pass', 'rate-limited'])
    assert.equal(await limiter(settings, host)(), 'rate-limited')
    for (const algorithm of ['sliding-window', 'token-bucket']) {
      const window = { ...settings, algorithm, limit: '1/min' }
      const other = testHost()
      assert.equal(await limiter(window, other)(), 'pass')
      assert.equal(await limiter(window, other)(), 'rate-limited')
      if (algorithm === 'sliding-window')
        assert.deepEqual(await repeat(2, limiter({ ...window, limit: '2/min' }, other)), ['pass', 'rate-limited'])
    }
  })

  it('of two entries are two, and of one entry in two workers are one', async () => {
    const counters = testHost().counters
    const entry = (key: string) => testHost({ counters, entry: { key, id: 'rate-limit' } })
    const one = limiter(settings, entry('route/a/rate-limit'))
    const sameElsewhere = limiter(settings, entry('route/a/rate-limit'))
    const other = limiter(settings, entry('route/b/rate-limit'))
    assert.deepEqual(
      [await one(), await sameElsewhere(), await one(), await other()],
      ['pass', 'pass', 'rate-limited', 'pass'],
    )
  })

  it('by an attacker-chosen header of any length and number do not grow the process', async () => {
    const host = testHost({
      counters: { memory: createCounterMemory({ entries: 1 << 16 }), hashKey: new Uint8Array(32) },
    })
    const ask = limiter({ limit: '1/min', by: [{ header: 'x-tenant' }] }, host)
    for (let i = 0; i < 20_000; i++) assert.equal(await ask({ headers: { 'x-tenant': `tenant ${i}` } }), 'pass')
    const long = 'x'.repeat(30_000)
    assert.equal(await ask({ headers: { 'x-tenant': long } }), 'pass')
    assert.equal(await ask({ headers: { 'x-tenant': long } }), 'rate-limited')
    assert.equal(await ask({ headers: { 'x-tenant': 'tenant 0' } }), 'rate-limited')
  })

  it('in the cache of keys do not keep the heads alive that they came from', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const host = testHost({
      counters: { memory: createCounterMemory({ entries: 1 << 16 }), hashKey: new Uint8Array(32) },
    })
    const asks = [[{ header: 'x-tenant' }], [{ header: 'x-tenant' }, 'address']].map(by =>
      limiter({ limit: '9/min', by }, host),
    )
    const filler = 'x'.repeat(30_000)
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 3_000; i++) {
      const headers = { 'x-tenant': `a tenant with a long name ${i}`, cookie: `${filler}${i}` }
      for (const ask of asks) assert.equal(await ask({ headers }), 'pass')
    }
    collect()
    const grown = process.memoryUsage().heapUsed - before
    // 6,000 heads of 30 kB would be 180 MB.
    assert.ok(grown < 20e6, `${Math.round(grown / 1e6)} MB`)
    assert.equal(await asks[0]?.(), 'pass')
  })

  it('a full table refuses new keys with 503 and is counted, the known ones go on', async () => {
    const memory = createCounterMemory({ entries: 1 })
    const host = testHost({ counters: { memory, hashKey: new Uint8Array(32) } })
    const ask = limiter({ limit: '10/h', by: ['address'] }, host)
    const words = new Map<string, number>()
    for (let i = 0; i < 1_000; i++) {
      const answer = await ask({ client: `10.0.${i >> 8}.${i & 255}` })
      words.set(answer, (words.get(answer) ?? 0) + 1)
    }
    assert.deepEqual([...words.keys()].sort(), ['overloaded', 'pass'])
    assert.equal(host.counted.get('rate_limit_table_full'), words.get('overloaded'))
    assert.equal(await ask({ client: '10.0.0.0' }), 'pass')
    host.clock.advance(3_600_000)
    assert.equal(await ask({ client: '10.9.9.9' }), 'pass')
  })
})

describe('rate-limit answers', () => {
  it('of two limiters stand side by side', async () => {
    const host = testHost()
    const x = exchange()
    for (const [name, limit] of [
      ['burst', '5/s'],
      ['daily "quota"', '100/d'],
    ]) {
      const entry = testHost({ counters: host.counters, entry: { key: `route/a/${name}`, id: 'rate-limit' } })
      const compiled = rateLimit.compile(schema.parse({ limit, by: ['address'], name }), entry)
      assert.equal(compiled.request?.(x), PASS)
    }
    assert.deepEqual(x.responseEdits?.set, [
      ['RateLimit', '"burst";r=4;t=1'],
      ['RateLimit-Policy', '"burst";q=5;w=1'],
      ['RateLimit', '"daily \\"quota\\"";r=99;t=864'],
      ['RateLimit-Policy', '"daily \\"quota\\"";q=100;w=86400'],
    ])
  })

  it('are left out when they are switched off', () => {
    const x = exchange()
    const compiled = rateLimit.compile(schema.parse({ limit: '1/s', by: ['address'], headers: false }), testHost())
    assert.equal(compiled.request?.(x), PASS)
    assert.equal(x.responseEdits, null)
  })

  it('are synchronous while nothing has to be waited for', () => {
    for (const algorithm of ['token-bucket', 'leaky-bucket', 'sliding-window']) {
      const compiled = rateLimit.compile(schema.parse({ algorithm, limit: '1/s', by: ['principal'] }), testHost())
      assert.equal(compiled.request?.(exchange()), PASS)
    }
  })

  it('say nothing of the client in the private reason either', async () => {
    const compiled = rateLimit.compile(schema.parse({ limit: '1/h', by: ['address'] }), testHost())
    compiled.request?.(exchange())
    const verdict = await compiled.request?.(exchange())
    assert.ok(verdict instanceof Problem)
    assert.equal(verdict.reason, 'limit of "policy"')
    assert.equal(verdict.detail, undefined)
  })
})

describe('rate-limit phase', () => {
  const phases: ReadonlyArray<readonly [by: unknown[], phase: string]> = [
    [['address'], 'admit'],
    [['address', 'route', 'method', { header: 'x' }, { constant: 'y' }], 'admit'],
    [['principal'], 'limit'],
    [['address', 'api-key'], 'limit'],
    [[{ claim: 'tenant' }], 'limit'],
  ]
  for (const [by, phase] of phases) {
    it(`keyed by ${JSON.stringify(by)} it is ${phase}`, () => {
      const { phase: of } = rateLimit
      assert.equal(typeof of === 'function' ? of(schema.parse({ limit: '1/s', by })) : of, phase)
    })
  }
})

describe('leaky bucket', () => {
  const settings = { algorithm: 'leaky-bucket', limit: '10/s', queue: 2, by: ['address'] }

  it('makes early requests wait for their slots, in order, and refuses beyond the queue', async context => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const ask = limiter(settings, testHost())
    const done: string[] = []
    const asked = ['a', 'b', 'c', 'd'].map(async name => done.push(`${name} ${await ask()}`))
    await turn()
    assert.deepEqual(done.sort(), ['a pass', 'd rate-limited'])
    context.mock.timers.tick(99)
    await turn()
    assert.equal(done.length, 2)
    context.mock.timers.tick(1)
    await turn()
    assert.equal(done[2], 'b pass')
    context.mock.timers.tick(100)
    await Promise.all(asked)
    assert.equal(done[3], 'c pass')
  })

  it('forgets a request whose client went away, and forwards nothing for it', async () => {
    const compiled = rateLimit.compile(schema.parse(settings), testHost())
    assert.equal(compiled.request?.(exchange()), PASS)
    const aborts: Array<() => void> = []
    const ordinary = exchange()
    const x = new Exchange({ ...ordinary, abort: (onAbort: () => void) => void aborts.push(onAbort) })
    const waiting = compiled.request?.(x)
    assert.ok(waiting instanceof Promise)
    for (const abort of aborts) abort()
    assert.equal(word(await waiting), 'rate-limited')
  })
})

describe('rate-limit with a store that is away', () => {
  const settings = { limit: '2/min', by: ['address'], store: 'shared' }
  const words: ReadonlyArray<readonly [onUnavailable: string, words: string[]]> = [
    ['deny', ['dependency-unavailable', 'dependency-unavailable', 'dependency-unavailable']],
    ['local', ['pass', 'pass', 'rate-limited']],
    ['allow', ['pass', 'pass', 'pass']],
  ]
  for (const [onUnavailable, expected] of words) {
    it(`${onUnavailable}: ${expected.join(', ')}`, async () => {
      const host = hostWith(`redis://:hunter2@127.0.0.1:${await freePort()}`)
      assert.deepEqual(await repeat(3, limiter({ ...settings, onUnavailable }, host)), expected)
      assert.equal(host.counted.get('rate_limit_store_unavailable'), 3)
      assert.doesNotMatch(JSON.stringify(host.lines), /hunter2/)
      host.close()
    })
  }

  it('local is the default', async () => {
    const host = hostWith(`redis://127.0.0.1:${await freePort()}`)
    assert.deepEqual(await repeat(3, limiter(settings, host)), ['pass', 'pass', 'rate-limited'])
    host.close()
  })

  it('allow is noted in the event', async () => {
    const host = hostWith(`redis://127.0.0.1:${await freePort()}`)
    const compiled = rateLimit.compile(schema.parse({ ...settings, onUnavailable: 'allow' }), host)
    const x = exchange()
    assert.equal(await compiled.request?.(x), PASS)
    assert.equal(x.observed?.[0]?.code, 'dependency-unavailable')
    host.close()
  })

  it('deny is a 503 that says when to come back, never a 401, 403 or 429', async () => {
    const host = hostWith(`redis://127.0.0.1:${await freePort()}`)
    const compiled = rateLimit.compile(schema.parse({ ...settings, onUnavailable: 'deny' }), host)
    const verdict = await compiled.request?.(exchange())
    assert.ok(verdict instanceof Problem)
    assert.equal(verdict.status, 503)
    assert.deepEqual(verdict.headers, [['Retry-After', '1']])
    assert.match(verdict.reason ?? '', /ECONNREFUSED/)
    host.close()
  })

  it('a configuration that is only checked dials nobody', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    let connections = 0
    server.on('connection', socket => {
      connections++
      socket.destroy()
    })
    const host = hostWith(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
    limiter(settings, host)
    host.close()
    const used = hostWith(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
    limiter(settings, used)
    await once(server, 'connection')
    used.close()
    assert.equal(connections, 1)
    assert.deepEqual(host.lines, [])
    await new Promise(resolve => server.close(resolve))
  })
})

describe('rate-limit with a store', needs('redis-server'), () => {
  it('is one limit for two gateways, and a fleet without it never admits more than limit × (nodes + 1)', async () => {
    const server = await startRedis()
    await using _server = server
    const settings = {
      algorithm: 'sliding-window',
      limit: '10/h',
      by: ['address'],
      store: 'shared',
      onUnavailable: 'local',
    }
    const hosts = [hostWith(server.url), hostWith(server.url)]
    const gateways = hosts.map(host => limiter(settings, host))
    let admitted = 0
    const ask = async (times: number) => {
      for (let i = 0; i < times; i++) if ((await gateways[i % 2]?.()) === 'pass') admitted++
    }
    await ask(40)
    assert.equal(admitted, 10)
    await server.stop()
    await ask(100)
    assert.equal(admitted, 30)
    for (const host of hosts) host.close()
  })

  it('carries the fields and the wait of a leaky bucket', async () => {
    await using server = await startRedis()
    const host = hostWith(server.url)
    const compiled = rateLimit.compile(
      schema.parse({ algorithm: 'leaky-bucket', limit: '100/s', queue: 5, by: ['address'], store: 'shared' }),
      host,
    )
    const [first, second] = [exchange(), exchange()]
    assert.deepEqual(await Promise.all([compiled.request?.(first), compiled.request?.(second)]), [PASS, PASS])
    assert.match(JSON.stringify(first.responseEdits?.set), /"RateLimit","\\"policy\\";r=5;t=1"/)
    host.close()
  })
})
