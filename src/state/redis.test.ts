import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { createClient } from 'redis'
import { Secret } from '../core/secret.ts'
import { freePort } from '../../test/support/ports.ts'
import { startRedis } from '../../test/support/redis.ts'
import { needs } from '../../test/support/service.ts'
import { testHost } from '../../test/support/host.ts'
import { watchEviction } from './redis-eviction.ts'
import { bucketScript } from './redis-scripts.ts'
import { openRedisStore } from './redis.ts'
import type { RedisStore } from './redis.ts'
import { createRemoteLimiter } from './remote-limiter.ts'
import type { RemoteLimit } from './remote-limiter.ts'

const hour = 3_600_000
const keyOf = (text: string) => ({ text, remote: null })
const args = ['16', '16000000']
const limitOf = (given: Partial<RemoteLimit>): RemoteLimit => ({
  algorithm: 'token-bucket',
  limit: { amount: 10, windowMs: hour },
  burst: null,
  queue: 20,
  delay: 5_000,
  ...given,
})

/** A store with its log; closed at the end of the scope. */
function open(
  url: string,
  timeoutMs = 2_000,
): { store: RedisStore; lines: ReturnType<typeof testHost>['lines'] } & Disposable {
  const { log, lines } = testHost()
  const store = openRedisStore('shared', { redis: new Secret(url), timeoutMs }, log)
  return { store, lines, [Symbol.dispose]: () => store.close() }
}

/** Three gateways on one server. */
function three(url: string): { gateways: ReadonlyArray<ReturnType<typeof open>> } & Disposable {
  const stack = new DisposableStack()
  const gateways = [1, 2, 3].map(() => stack.use(open(url, 30_000)))
  return { gateways, [Symbol.dispose]: () => stack.dispose() }
}

/** Asks until the answer is as wanted; the probe of the store decides when. */
async function eventually(ask: () => unknown, wanted: (answer: unknown) => boolean): Promise<unknown> {
  const deadline = AbortSignal.timeout(20_000)
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    assert.equal(deadline.aborted, false, `still ${String(answer)}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

const isReply = (answer: unknown) => Array.isArray(answer)
const isAway = (answer: unknown) => typeof answer === 'string'

/** A TCP relay: `delayMs` on the way to the server; `deaf` connections take everything and answer nothing. */
async function relay(port: number, behaviour: { delayMs?: number; deaf?: (connection: number) => boolean }) {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(client => {
    const deaf = behaviour.deaf?.(++connections) ?? false
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
    client.on('data', bytes => setTimeout(() => upstream.write(bytes), behaviour.delayMs ?? 0))
    upstream.on('data', bytes => deaf || client.write(bytes))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A connection past the product, closed at the end of the scope. */
async function client(url: string) {
  const commands = createClient({ url, RESP: 2, disableClientInfo: true })
  await commands.connect()
  return { commands, [Symbol.dispose]: () => commands.destroy() }
}

/** Sends commands past the product. */
async function admin(url: string, ...commands: readonly string[][]): Promise<unknown[]> {
  using opened = await client(url)
  const replies: unknown[] = []
  for (const command of commands) replies.push(await opened.commands.sendCommand(command))
  return replies
}

describe('a store that is away', needs('redis-server'), () => {
  it('that never was there: a reason within the time, and then at once', async () => {
    using opened = open(`redis://user:hunter2@127.0.0.1:${await freePort()}`)
    assert.match(String(await opened.store.run(bucketScript, 'k', args)), /ECONNREFUSED/)
    assert.equal(typeof opened.store.run(bucketScript, 'k', args), 'string', 'no promise: nobody waits any more')
    assert.doesNotMatch(JSON.stringify(opened.lines), /hunter2/)
  })

  it('that is paused: the one who waits gets its reason, later ones do not wait, and it is used again when it answers', async () => {
    await using server = await startRedis()
    using opened = open(server.url, 100)
    await eventually(() => opened.store.run(bucketScript, 'k', args), isReply)
    opened.lines.length = 0
    server.process.kill('SIGSTOP')
    const waiting = [1, 2, 3].map(() => opened.store.run(bucketScript, 'k', args))
    for (const one of waiting) assert.match(String(await one), /no answer within 100 ms/)
    assert.equal(typeof opened.store.run(bucketScript, 'k', args), 'string')
    server.process.kill('SIGCONT')
    await eventually(() => opened.store.run(bucketScript, 'k', args), isReply)
    assert.deepEqual(
      opened.lines.filter(line => line.message.startsWith('store is')).map(line => line.level),
      ['warn', 'info'],
    )
  })

  it('that is killed and comes back on its port', async () => {
    const first = await startRedis()
    using opened = open(first.url)
    assert.ok(isReply(await opened.store.run(bucketScript, 'k', args)))
    await first.stop()
    await eventually(() => opened.store.run(bucketScript, 'k', args), isAway)
    assert.equal(typeof opened.store.run(bucketScript, 'k', args), 'string')
    await using second = await startRedis({ port: first.port })
    assert.ok(second.port > 0)
    // The script is not known to the new server: EVALSHA falls back to EVAL.
    await eventually(() => opened.store.run(bucketScript, 'k', args), isReply)
  })

  it('whose ACL does not let it count: away, although it answers PING, until the right is given', async () => {
    await using server = await startRedis()
    await admin(server.url, ['ACL', 'SETUSER', 'gate', 'on', '>secret', '~portcullis:*', '+ping', '+get'])
    using opened = open(`redis://gate:secret@127.0.0.1:${server.port}`)
    assert.match(String(await opened.store.run(bucketScript, 'portcullis:k', args)), /NOPERM/)
    // Several probes later it is still one statement in the log.
    for (let i = 0; i < 30; i++) {
      assert.equal(typeof opened.store.run(bucketScript, 'portcullis:k', args), 'string')
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    assert.equal(opened.lines.filter(line => line.message === 'store is not available').length, 1)
    await admin(server.url, ['ACL', 'SETUSER', 'gate', '+eval', '+evalsha', '+set', '+time'])
    await eventually(() => opened.store.run(bucketScript, 'portcullis:k', args), isReply)
  })

  it('with a wrong password, or out of memory, says so to the operator', async () => {
    await using server = await startRedis({ args: ['--requirepass', 'right', '--maxmemory-policy', 'noeviction'] })
    using wrong = open(`redis://:wrong@127.0.0.1:${server.port}`)
    assert.match(String(await wrong.store.run(bucketScript, 'k', args)), /WRONGPASS/)
    using right = open(`redis://:right@127.0.0.1:${server.port}`)
    assert.ok(isReply(await right.store.run(bucketScript, 'k', args)))
    await admin(`redis://:right@127.0.0.1:${server.port}`, ['CONFIG', 'SET', 'maxmemory', '1'])
    assert.match(String(await right.store.run(bucketScript, 'k', args)), /OOM/)
  })

  it('50 ms away: counts within a timeout above that, and is away below it', async () => {
    await using server = await startRedis()
    await using far = await relay(server.port, { delayMs: 50 })
    using patient = open(far.url, 5_000)
    assert.ok(isReply(await patient.store.run(bucketScript, 'k', args)))
    assert.ok(isReply(await patient.store.run(bucketScript, 'k', args)))
    using hasty = open(far.url, 20)
    assert.match(String(await hasty.store.run(bucketScript, 'k', args)), /no answer within 20 ms/)
    assert.equal(typeof hasty.store.run(bucketScript, 'k', args), 'string')
  })

  it('whose connection went dumb is dialled anew', async () => {
    await using server = await startRedis()
    let deaf = false
    const behaviour = { deaf: () => deaf }
    await using path = await relay(server.port, behaviour)
    deaf = true
    using opened = open(path.url, 500)
    assert.ok(isAway(await opened.store.run(bucketScript, 'k', args)))
    deaf = false
    await eventually(() => opened.store.run(bucketScript, 'k', args), isReply)
    assert.ok(path.connections() >= 2)
  })

  it('does nothing after close', async () => {
    await using server = await startRedis()
    using opened = open(server.url)
    assert.ok(isReply(await opened.store.run(bucketScript, 'k', args)))
    opened.store.close()
    assert.equal(opened.store.run(bucketScript, 'k', args), 'the store was closed')
  })
})

describe('one limit over three gateways on one store', needs('redis-server'), () => {
  const exact: Array<readonly [string, number, Partial<RemoteLimit>]> = [
    ['token bucket', 100, { limit: { amount: 100, windowMs: hour } }],
    ['sliding window of one cell each', 100, { algorithm: 'sliding-window', limit: { amount: 100, windowMs: hour } }],
    ['sliding window of five a cell', 5_000, { algorithm: 'sliding-window', limit: { amount: 5_000, windowMs: hour } }],
    [
      'leaky bucket',
      21,
      { algorithm: 'leaky-bucket', limit: { amount: 1_000, windowMs: hour }, queue: 20, delay: hour },
    ],
  ]
  for (const [name, amount, limit] of exact) {
    it(`${name}: of 20 times the limit exactly ${amount} are admitted`, async () => {
      await using server = await startRedis()
      using opened = three(server.url)
      const limiters = opened.gateways.map(({ store }) => createRemoteLimiter(store, limitOf(limit)))
      let admitted = 0
      for (let offered = 0; offered < Math.min(20 * amount, 20_000); offered += 300) {
        const asked = Array.from({ length: 300 }, (_, i) => limiters[i % 3]?.take(keyOf('one key')))
        for (const decision of await Promise.all(asked)) {
          assert.equal(typeof decision, 'object', String(decision))
          if (typeof decision === 'object' && decision.outcome === 'pass') admitted++
        }
      }
      assert.equal(admitted, amount)
    })
  }

  it('a bucket that refills admits within 1 % of its rate at 20 times the load', async () => {
    await using server = await startRedis()
    using opened = three(server.url)
    const limit = limitOf({ limit: { amount: 500, windowMs: 1_000 }, burst: 500 })
    const limiters = opened.gateways.map(({ store }) => createRemoteLimiter(store, limit))
    using watcher = await client(server.url)
    const clock = async () => {
      const [seconds, micros] = (await watcher.commands.sendCommand(['TIME'])) as [string, string]
      return Number(seconds) * 1_000 + Number(micros) / 1_000
    }
    // Connected before the clock starts: an idle bucket does not fill beyond its size.
    for (const limiter of limiters) assert.equal(typeof (await limiter.take(keyOf('another key'))), 'object')
    // The clock is read around the first and the last round, so that a pause of this machine is on nobody's account.
    const began: [number, number] = [await clock(), 0]
    const ended: [number, number] = [0, 0]
    let admitted = 0
    let refused = 0
    let waitedMs = 0
    for (let round = 0; ; round++) {
      assert.ok(round < 5_000)
      ended[0] = await clock()
      refused = 0
      const decisions = await Promise.all(Array.from({ length: 60 }, (_, i) => limiters[i % 3]?.take(keyOf('one key'))))
      for (const decision of decisions) {
        if (typeof decision !== 'object') assert.fail(String(decision))
        if (decision.outcome === 'pass') admitted++
        else {
          refused++
          waitedMs = Math.max(waitedMs, decision.resetMs)
        }
      }
      ended[1] = await clock()
      if (round === 0) began[1] = ended[1]
      // A refusal: the bucket was empty at the end.
      if (refused > 0 && ended[0] - began[0] >= 1_500) break
    }
    const given = (fromMs: number, toMs: number) => 500 + ((toMs - fromMs) / 1_000) * 500
    const [least, most] = [given(began[1], ended[0]), given(began[0], ended[1])]
    assert.ok(admitted <= most * 1.01, `${admitted} admitted, at most ${most}`)
    assert.ok(admitted >= least * 0.99, `${admitted} admitted, at least ${least}`)
    assert.ok(waitedMs <= 3, 'the wait is never longer than one interval')
  })

  it('a sliding window lets the next one in when its oldest admission is a window old, not earlier', async () => {
    await using server = await startRedis()
    using opened = open(server.url)
    const limiter = createRemoteLimiter(
      opened.store,
      limitOf({ algorithm: 'sliding-window', limit: { amount: 3, windowMs: 1_000 } }),
    )
    const admitted: Array<{ readonly askedAt: number; readonly knownAt: number }> = []
    await eventually(
      async () => {
        const askedAt = performance.now()
        const decision = await limiter.take(keyOf('one key'))
        if (typeof decision !== 'object') assert.fail(String(decision))
        assert.ok(decision.remaining >= 0 && decision.remaining < 3)
        assert.ok(decision.resetMs <= 1_000)
        if (decision.outcome === 'pass') admitted.push({ askedAt, knownAt: performance.now() })
        return admitted.length
      },
      count => count === 6,
    )
    // Each admission happened between question and answer, so between these two lies a window at least, however slow the machine.
    for (const [i, { askedAt }] of admitted.slice(0, -3).entries())
      assert.ok((admitted[i + 3]?.knownAt ?? 0) - askedAt > 999, JSON.stringify(admitted))
  })

  it('keys hold no identifier, and expire', async () => {
    await using server = await startRedis()
    using opened = open(server.url)
    for (const algorithm of ['token-bucket', 'sliding-window', 'leaky-bucket'] as const)
      await createRemoteLimiter(opened.store, limitOf({ algorithm })).take(keyOf('alice@example.com 192.0.2.1'))
    const [keys] = (await admin(server.url, ['KEYS', '*'])) as [string[]]
    const counters = keys.filter(key => /^portcullis:[bw]\d*:\{[\w-]{22}\}$/.test(key))
    assert.equal(counters.length, 2)
    for (const ttl of await admin(server.url, ...counters.map(key => ['PTTL', key]))) assert.ok(Number(ttl) > 0)
  })
})

describe('a store that forgets', needs('redis-server'), () => {
  const warnings = (lines: ReturnType<typeof testHost>['lines']) =>
    lines.filter(line => line.level === 'warn').map(line => line.message)

  it('is told to the operator: its policy, evicted keys, vanished counters', async () => {
    await using server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    using opened = await client(server.url)
    const { commands } = opened
    const { log, lines } = testHost()
    const watch = watchEviction('shared', log, 'epoch one')
    await watch.start(commands)
    assert.match(String(warnings(lines)), /may evict counters.*noeviction/)
    await watch.start(commands)
    assert.equal(lines.length, 1, 'said once')
    const filler = 'x'.repeat(10_000)
    await commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '3mb'])
    for (let i = 0; i < 500; i++) await commands.sendCommand(['SET', `filler:${i}`, filler])
    await watch.start(commands)
    assert.ok(
      warnings(lines).some(text => text.includes('evicted keys')),
      String(warnings(lines)),
    )
    await commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '0'])
    await watch.start(commands)
    const told = lines.length
    await commands.sendCommand(['FLUSHALL'])
    await watch.start(commands)
    assert.ok(
      warnings(lines)
        .slice(told)
        .some(text => text.includes('lost its counters')),
      String(warnings(lines)),
    )
    watch.stop()
  })

  it('says nothing about a server that keeps what it has', async () => {
    await using server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    using opened = await client(server.url)
    const { commands } = opened
    const { log, lines } = testHost()
    const [one, other] = [watchEviction('shared', log, 'one'), watchEviction('shared', log, 'other')]
    for (const watch of [one, other, one, other]) await watch.start(commands)
    assert.deepEqual(lines, [])
    one.stop()
    other.stop()
  })

  it('that may not be asked is told, once', async () => {
    await using server = await startRedis()
    await admin(server.url, [
      'ACL',
      'SETUSER',
      'gate',
      'on',
      '>secret',
      '~portcullis:*',
      '+@scripting',
      '+get',
      '+set',
      '+pexpire',
    ])
    using opened = await client(`redis://gate:secret@127.0.0.1:${server.port}`)
    const { commands } = opened
    const { log, lines } = testHost()
    const watch = watchEviction('shared', log, 'one')
    await watch.start(commands)
    await watch.start(commands)
    assert.deepEqual(warnings(lines), ['store does not say whether it evicts counters: allow it INFO'])
    watch.stop()
  })
})
